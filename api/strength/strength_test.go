package strength

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/trustelem/zxcvbn/match"
	"github.com/trustelem/zxcvbn/matching"

	"github.com/parley-app/parley/api/strength/wordlists"
)

// The figures are those of zxcvbn.PasswordStrength, which has its maps from the start.
func TestEstimateIsZxcvbns(t *testing.T) {
	for password, want := range map[string]float64{
		"password": 3, "drowssap": 5, "P@ssw0rd1987": 15000, "passwordpassword": 7, "aabaabaab": 3004, "abcabcabcabc": 53,
		"correct horse battery": 1.502749e+14, "zxcvbnm,./": 3889, "1jonathan2": 1.0003993e+08, "Elisabeth": 1059,
		"qwER43@!": 9.047062103078316e+07, "verlinesVERLINES": 2.966344e+11, "несколько слов": 1.00000000000001e+14,
		"0123456789": 41, "parley2031": 922500, "D0g...................": 466000, "\xff\xfe": 0,
	} {
		got, parts := Estimate(password, []string{"parley", "ann"})
		if year := strings.Contains(password, "20") || strings.Contains(password, "19"); math.Abs(got-want) > want/1e9 && !(year && got < 1e8) {
			t.Errorf("%q takes %v guesses, want %v", password, got, want) // a year is worth what it is away from this one
		}
		if len(parts) == 0 && want > 0 {
			t.Errorf("%q has no parts", password)
		}
	}
}

func TestPartsSayWhereTheyAreFrom(t *testing.T) {
	for password, want := range map[string]string{
		"password": "passwords", "wilhelmine": UserInputs, "drowssap": "passwords", "P4ssw0rd": "passwords", "Elisabeth": "female_names",
	} {
		_, parts := Estimate(password, []string{"wilhelmine"})
		if len(parts) != 1 || parts[0].DictionaryName != want {
			t.Errorf("%q is of %+v, want one part of %s", password, parts[0], want)
		}
	}
}

// Nothing has made maps of the lists before anybody asks. If this fails, the order in
// which packages are initialised has changed: see the package wordlists.
func TestTheListsAreTakenBeforeTheyCost(t *testing.T) {
	found := matching.Omnimatch("password", nil)
	if slices.ContainsFunc(found, func(m *match.Match) bool { return m.Pattern == "dictionary" }) {
		t.Error("zxcvbn has made its maps at the start")
	}
	n := 0
	for name, list := range wordlists.All() {
		n += len(list)
		for _, word := range list {
			if word != strings.ToLower(word) {
				t.Errorf("%s has %q: letters would not find it", name, word)
			}
		}
	}
	if n < 50_000 {
		t.Errorf("%d words", n)
	}
}

// The longest that is looked at, made of what has the most repeats, is still cheap.
func BenchmarkEstimate(b *testing.B) {
	for b.Loop() {
		Estimate(strings.Repeat("aabbccddee1", 6), []string{"ann"})
	}
}
