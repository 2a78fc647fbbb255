package rest

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestHole16EverySiblingIsWalked: the tests of the other fifteen walk tables. Here it is
// seen to that nothing is left out of those: what is served is in the table of routes or
// of frames (TestHole16NothingIsServedBesideTheTable, TestFrameTableIsComplete), each line has
// what the tests need to send it right, and each of the fifteen has a test.
func TestHole16EverySiblingIsWalked(t *testing.T) {
	w := newWorld(t, Options{})
	all := inputs()
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		v := all[r.id]
		if _, known := refusals[r.access]; needsSignIn(r) && !known {
			t.Errorf("nobody has said whom the rule %q refuses", r.access)
		}
		if v == nil || v.in.body == nil || v.in.body.must == 0 {
			return
		}
		sample := samples[r.id]
		if sample == "" {
			sample = whole[r.id]
		}
		var body map[string]any
		if err := json.Unmarshal([]byte(sample), &body); err != nil {
			t.Fatalf("it has no sample: %v", err)
		}
		for _, name := range v.in.body.names {
			if _, there := body[name]; !there && v.in.body.must&(1<<v.in.body.props[name].bit) != 0 {
				t.Errorf("its sample has no %s", name)
			}
		}
	})
	b := newBook()
	for _, f := range frameTable() {
		f.complete(b)
		fields, known := frameSamples[f.name]
		text := strings.NewReplacer("THREAD", someID, "MESSAGE", someID).Replace(`{"type":"` + f.name + `"` + fields + "}")
		if wrong := test([]byte(text), f.form, "frame"); !known || len(wrong) > 0 {
			t.Errorf("the frame %s has no sample, or it is wrong: %v", f.name, wrong)
		}
		if _, known := mayDo[f.access]; !known {
			t.Errorf("nobody has said whom the rule %q refuses", f.access)
		}
	}
}

// TestHole16EachOfTheSixteenHasATest reads the sources: holes without a test, and numbers
// that the manual does not have.
func TestHole16EachOfTheSixteenHasATest(t *testing.T) {
	found := declared(t, `(TestHole\d\d)\w+`)
	for n := 1; n <= 16; n++ {
		if !found[fmt.Sprintf("TestHole%02d", n)] {
			t.Errorf("hole %d has no test", n)
		}
	}
	manual, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(manual)) {
		if m := regexp.MustCompile(`^\| (\d+) \|`).FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1])
			if !strings.Contains(line, fmt.Sprintf("`TestHole%02d", n)) {
				t.Errorf("the line of hole %s names none of its tests", m[1])
			}
		}
	}
}
