package naming_test

import (
	"slices"
	"testing"

	"github.com/parley-app/parley/store/naming"
)

func TestLookAlike(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"ann", "аnn", true},                         // Cyrillic a
		{"paypa", "раура", true},                     // all Cyrillic
		{"Alice", "AIice", true},                     // capital I
		{"alice", "a1ice", true},                     // one
		{"bob", "b0b", true},                         // zero
		{"corner", "comer", true},                    // rn
		{"ann", "ANN", true},                         // case
		{"zoë", "zoe\u0308", true},                   // NFD
		{"ann", "ａｎｎ", true},                         // full width
		{"ann", "𝒶𝓃𝓃", true},                         // mathematical
		{"ann", "a\u200dnn", true},                   // joiner
		{"ann", "a\u00adnn", true},                   // soft hyphen
		{"office", "oﬃce", true},                     // ligature
		{"omega", "οmega", true},                     // Greek o
		{"ann", "anna", false},                       //
		{"zoe", "zoë", false},                        // another letter
		{"ann.b", "annb", false},                     //
		{"marie", "maria", false},                    //
		{"кот", "kot", false},                        //
		{"田中", "山田", false},                          //
		{"müller", "muller", false},                  //
		{"strasse", "straße", true},                  // folded
		{"İstanbul", "i\u0307stanbul", true},         // folded
		{"user1", "user2", false},                    //
		{"ben", "jen", false},                        //
		{"scope", "ѕсоре", true},                     // all Cyrillic
		{"lan", "Ian", true},                         //
		{"\u0627\u062d\u0645\u062f", "ahmed", false}, // Arabic
	} {
		if got := naming.LookAlike(tt.a, tt.b); got != tt.want {
			t.Errorf("%q and %q: %v", tt.a, tt.b, got)
		}
		if got := naming.LookAlike(tt.b, tt.a); got != tt.want {
			t.Errorf("%q and %q: %v", tt.b, tt.a, got)
		}
	}
}

func TestCheck(t *testing.T) {
	for name, ok := range map[string]bool{
		"ann": true, "Zoë": true, "кот": true, "田中": true, "tanaka田中": true, "たなかさん": true, "김철수": true, "김-kim": true, "αλέξης": true,
		"أحمد": true, "ann.b-c_9": true, "user10": true, "adminka": true, "allan": true, "herero": true, "melanie": true, "李2": true,
		"аnn": false, "annа": false, "αnna": false, "ann김": true, "кот김": false, "a\u200dnn": false, "a\u202enn": false,
		"admin": false, "Admin": false, "ADMIN": false, "аdmin": false, "adm1n": false, "admln": false, "ad.min": false, "a-d-m-i-n": false, "ａｄｍｉｎ": false,
		"root": false, "r00t": false, "system": false, "Parley": false, "par1ey": false, "everyone": false, "all": false, "a11": false, "here": false, "me": false,
		"Анна IT": true, "Аnna IT": false, "می\u200cخواهم": true, "Ann 👩\u200d💻": true, "assistant": false, "support": false, "builtin": false, "model": false, "administrator": false, "rnodel": false,
	} {
		if got := naming.Check(name, false); (got == "") != ok {
			t.Errorf("%q: %q", name, got)
		}
	}
}

// Who runs the instance may be called so; everybody else's names are still taken.
func TestAdministratorsMayBeCalledSo(t *testing.T) {
	for name, ok := range map[string]bool{"admin": true, "root": true, "Administrator": true, "system": false, "everyone": false, "аdmin": false} {
		if got := naming.Check(name, true); (got == "") != ok {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func TestForms(t *testing.T) {
	for _, name := range []string{"Zoë", "Zoe\u0308", "ＺＯＥ\u0308"} {
		if got := naming.Forms(name); got[0] != "zoë" || naming.Fold(name) != "zoë" || naming.Clean(name) == "" {
			t.Errorf("%q: %q", name, got)
		}
	}
	if got := naming.Forms("ann"); !slices.Equal(got, []string{"ann"}) {
		t.Errorf("ann has %q", got)
	}
}
