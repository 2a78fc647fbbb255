// Package naming compares and judges names of people as a reader sees them. It knows
// nothing of accounts.
package naming

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mtibben/confusables"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Clean returns s in the form in which new names are stored: Unicode NFKC, without
// spaces around it.
func Clean(s string) string { return strings.TrimSpace(norm.NFKC.String(s)) }

// Fold returns what two spellings of one name have in common, whatever their case and
// Unicode form.
func Fold(s string) string { return norm.NFKC.String(cases.Fold().String(Clean(s))) }

// Forms returns the lower-case spellings in which a name that a person types may be
// stored, the usual one first: releases before this one stored names as they were
// typed.
func Forms(s string) []string {
	forms := make([]string, 0, 5)
	for _, f := range []string{norm.NFKC.String(s), s, norm.NFC.String(s), norm.NFD.String(s), norm.NFKD.String(s)} {
		if f = strings.ToLower(f); !slices.Contains(forms, f) {
			forms = append(forms, f)
		}
	}
	return forms
}

// LookAlike reports whether a and b may be taken for one another: they are equal but
// for case and Unicode form, or their skeletons are (UTS #39, section 4).
func LookAlike(a, b string) bool {
	of := skeletons(b)
	return slices.ContainsFunc(skeletons(a), func(s string) bool { return slices.Contains(of, s) })
}

// skeletons returns the skeleton of s as it is written and in lower case: a capital I
// looks like a small l, and its small letter does not.
func skeletons(s string) []string {
	s = visible(Clean(s))
	written, lower := fold(confusables.Skeleton(s)), fold(confusables.Skeleton(Fold(s)))
	if written == lower {
		return []string{lower}
	}
	return []string{lower, written}
}

// fold is Fold for a skeleton, which folding may have made one that is none.
func fold(skeleton string) string { return Fold(confusables.Skeleton(Fold(skeleton))) }

// visible returns s without the characters that show nothing.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			return -1
		}
		return r
	}, s)
}

// unjoined returns s without the joiners in it that its script needs: they show in the
// letters beside them, and are none in the names of scripts that have no use for them.
func unjoined(s string) string {
	if !joins(s) {
		return s
	}
	return strings.NewReplacer("\u200c", "", "\u200d", "").Replace(s)
}

// reserved are names that readers take for somebody or something else than a person
// of the team.
var reserved = strings.Fields(`parley system server support help helpdesk security staff service bot ai assistant model
	builtin everyone everybody all here channel me you myself self nobody anybody anyone somebody someone anonymous
	guest unknown deleted none null undefined webmaster postmaster hostmaster moderator owner`)

// ofAdmins are names that only an administrator may have.
var ofAdmins = strings.Fields(`admin administrator sysadmin root superuser operator`)

// isOneOf reports whether s is one of list, or looks like one. Dots, dashes and
// underscores make no difference.
func isOneOf(list []string, s string) bool {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("._- ", r) {
			return -1
		}
		return r
	}, Clean(s))
	// Here an i is an l too: adm1n fools nobody who compares it with admin, but many
	// who do not.
	alike := func(s string) string { return strings.ReplaceAll(Fold(s), "i", "l") }
	return slices.ContainsFunc(list, func(word string) bool {
		return LookAlike(s, word) || slices.Contains(skeletons(alike(s)), fold(confusables.Skeleton(alike(word))))
	})
}

// Check returns what is wrong with a name that somebody chooses, as the end of a
// sentence such as "must not …", or "". Administrators may be called admin.
func Check(s string, isAdmin bool) string {
	s = Clean(s)
	switch {
	case visible(s) != unjoined(s):
		return "must not have characters that cannot be seen"
	case mixes(s) != "":
		return "must not mix " + mixes(s) + " in one word"
	case isOneOf(reserved, s), !isAdmin && isOneOf(ofAdmins, s):
		return "is reserved, or looks like a name that is: choose another one"
	}
	return ""
}
