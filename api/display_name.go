package api

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/parley-app/parley/store"
)

// MaxDisplayName is how many characters a display name may have.
const MaxDisplayName = 80

// maxMarks is how many combining marks may follow one another in a display name. No
// language needs more; names with hundreds of them cover the lines around them.
const maxMarks = 4

// cleanDisplayName returns s in the form in which it is stored: NFC, without white
// space around it and with single spaces inside. It refuses what is invisible, or
// would change the text that stands beside the name.
func cleanDisplayName(s string) (string, error) {
	refuse := func(why string) (string, error) { return "", store.Invalid("body.display_name", why) }
	if !utf8.ValidString(s) {
		return refuse("must be UTF-8 text")
	}
	if strings.ContainsFunc(s, isUnfitForNames) {
		return refuse("must not contain control characters, characters that change the direction of text, or characters that show as nothing")
	}
	s = norm.NFC.String(strings.Join(strings.Fields(s), " "))
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		return refuse("must not be blank")
	case n > MaxDisplayName:
		return refuse("must have at most 80 characters; this one has " + itoa(n))
	case !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }):
		return refuse("must contain a letter or a digit")
	case hasMarkPile(s):
		return refuse("has too many accents on one letter")
	}
	return s, nil
}

// isUnfitForNames reports whether r has no place in a name. Joiners stay: Persian,
// the languages of India and composed emoji need them.
func isUnfitForNames(r rune) bool {
	const joiners = "\u200c\u200d"
	switch r {
	case '\u115f', '\u1160', '\u2800', '\u3164', '\uffa0', unicode.ReplacementChar: // fillers: letters that show as nothing
		return true
	}
	if r == '\t' || r == '\n' || r == '\r' {
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp) && !strings.ContainsRune(joiners, r)
}

func hasMarkPile(s string) bool {
	marks := 0
	for _, r := range s {
		if !unicode.Is(unicode.M, r) {
			marks = 0
			continue
		}
		if marks++; marks > maxMarks {
			return true
		}
	}
	return false
}

// setDisplayName gives u the display name s. A name that looks like another person's
// is refused as a conflict.
func setDisplayName(tx *store.Tx, u *store.User, s string) (err error) {
	if s, err = cleanDisplayName(s); err != nil {
		return err
	}
	if s == u.Name() {
		return nil
	}
	if err := CheckName(tx, "body.display_name", s, u); err != nil {
		return err
	}
	if u.DisplayName = s; s == u.Username {
		u.DisplayName = ""
	}
	return nil
}
