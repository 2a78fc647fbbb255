package inspect

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxName is how many bytes a cleaned name has at most: what the usual file
// systems take.
const MaxName = 255

// Name makes a name that is safe to show, to log and to save under, of what a
// client calls a file: the last part of a path of whatever system, without
// characters that control, hide or turn text around, that no system reserves. Of
// names that are too long the end goes, but not the extension. What is no name
// at all becomes "file". Cleaning a clean name changes nothing.
func Name(s string) string {
	s = strings.ToValidUTF8(s, "")
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = norm.NFC.String(strings.Map(printable, s))
	s = strings.Join(strings.Fields(s), " ")
	s = strings.TrimLeft(strings.TrimRight(s, ". "), ". ~")
	if s == "" {
		return "file"
	}
	if isDevice(s) {
		s = "_" + s
	}
	return shorten(s, MaxName)
}

// printable drops what shows as nothing or changes how the rest shows, and
// replaces what some system reserves.
func printable(r rune) rune {
	switch {
	case strings.ContainsRune(`<>:"|?*`, r):
		return '_'
	case r == '\u200c' || r == '\u200d': // joiners that Persian and emoji need
		return r
	case unicode.IsSpace(r), unicode.Is(unicode.Zs, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point):
		return -1
	}
	return r
}

// isDevice says whether Windows takes the name for a device, whatever its
// extension.
func isDevice(s string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(s), ".")
	stem = strings.TrimSpace(stem)
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	for _, kind := range []string{"COM", "LPT"} {
		n, ok := strings.CutPrefix(stem, kind)
		if ok && utf8.RuneCountInString(n) == 1 && strings.Contains("0123456789¹²³", n) {
			return true
		}
	}
	return false
}

// shorten cuts the end of the name off, before its extension, at a whole
// character.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	stem, ext := s, ""
	if i := strings.LastIndexByte(s, '.'); i > 0 && len(s)-i <= 32 {
		stem, ext = s[:i], s[i:]
	}
	cut := most - len(ext)
	for cut > 0 && !norm.NFC.PropertiesString(stem[cut:]).BoundaryBefore() || !utf8.RuneStart(stem[cut]) {
		cut--
	}
	return strings.TrimRight(stem[:cut], ". ") + ext
}

// Extension returns the extension of a name in lower case, with its dot, or "".
func Extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return strings.ToLower(name[i:])
	}
	return ""
}
