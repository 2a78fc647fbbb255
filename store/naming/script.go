package naming

import (
	"slices"
	"strings"
	"unicode"
)

// together are the scripts that one name may mix: those that are written together in
// one language (UTS #39, section 5.2, "highly restrictive").
var together = [][]string{
	{"Latin", "Han", "Hiragana", "Katakana"},
	{"Latin", "Han", "Bopomofo"},
	{"Latin", "Han", "Hangul"},
}

// mixes names the scripts of the first word in s that must not have them together, ""
// if there is none.
func mixes(s string) string {
	for word := range strings.FieldsSeq(s) {
		if scripts := mixesIn(word); scripts != "" {
			return scripts
		}
	}
	return ""
}

func mixesIn(word string) string {
	found := scriptsOf(word)
	if len(found) < 2 || slices.ContainsFunc(together, func(may []string) bool { return within(found, may) }) {
		return ""
	}
	return strings.Join(found[:len(found)-1], ", ") + " and " + found[len(found)-1] + " letters"
}

func within(found, may []string) bool {
	return !slices.ContainsFunc(found, func(script string) bool { return !slices.Contains(may, script) })
}

// scriptsOf returns the scripts of the letters in s, in their order. Digits, marks and
// signs that all scripts share are of none.
func scriptsOf(s string) (found []string) {
	for _, r := range s {
		if name := scriptOf(r); name != "" && !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	return found
}

func scriptOf(r rune) string {
	if r < unicode.MaxASCII {
		if unicode.IsLetter(r) {
			return "Latin"
		}
		return ""
	}
	if unicode.In(r, unicode.Common, unicode.Inherited) {
		return ""
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return ""
}

// joins reports whether s has a letter of a script that is written with joiners, or a
// symbol, such as those of composed emoji.
func joins(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.So, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi,
			unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar)
	})
}
