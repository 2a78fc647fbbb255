// Package strength estimates how many attempts a guesser who tries the likely ones first
// needs to guess a password. The estimator is zxcvbn, which works offline; see wordlists
// for why its parts are put together here.
package strength

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn/match"
	"github.com/trustelem/zxcvbn/matching"
	"github.com/trustelem/zxcvbn/scoring"

	"github.com/parley-app/parley/api/strength/wordlists"
)

// A Part is a piece of a password that a guesser has a way to come by.
type Part = match.Match

// UserInputs is the DictionaryName of a Part that was found among what the caller said.
const UserInputs = "user_inputs"

// Estimate returns the number of guesses, and the parts in which a guesser would take
// the password, in their order. about is what is known of the person, the likeliest first.
// It takes some milliseconds of a core. Bytes that are no text take no guess at all.
func Estimate(password string, about []string) (guesses float64, parts []*Part) {
	if !utf8.ValidString(password) {
		return 0, nil
	}
	r := scoring.MostGuessableMatchSequence(password, find(password, about), false)
	return r.Guesses, r.Sequence
}

// find returns all that may be a part of the password, overlapping as it is.
func find(password string, about []string) []*Part {
	found := matching.Omnimatch(password, about)
	lists, may := wordlists.All(), lettersOf(password)
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		for _, m := range matching.Omnimatch(password, may.words(lists[name])) {
			if m.Pattern == "dictionary" { // all else was found above
				m.DictionaryName = name
				found = append(found, m)
			}
		}
	}
	for _, m := range found {
		if m.Pattern == "repeat" { // was found without the lists
			m.BaseGuesses, m.BaseMatches = Estimate(m.BaseToken, nil)
		}
	}
	match.Sort(found)
	return found
}

// letters are the bytes that a word may be made of to be found in a password.
type letters [256]bool

// disguises are the letters that zxcvbn knows to be written in other ways.
var disguises = map[byte]string{
	'4': "a", '@': "a", '8': "b", '(': "c", '{': "c", '[': "c", '<': "c", '3': "e", '6': "g", '9': "g", '1': "il", '!': "i", '|': "il",
	'0': "o", '$': "s", '5': "s", '+': "t", '7': "lt", '%': "x", '2': "z",
}

func lettersOf(password string) (may letters) {
	for _, b := range []byte(password + strings.ToLower(password)) {
		may[b] = true
		for _, letter := range []byte(disguises[b]) {
			may[letter] = true
		}
	}
	return may
}

// words returns a list that is empty where the words are that cannot be found, so that
// the others keep their ranks: making a map of all is what takes long.
func (may *letters) words(list []string) []string {
	out := make([]string, len(list))
	for i, word := range list {
		if may.spell(word) {
			out[i] = word
		}
	}
	return out
}

func (may *letters) spell(word string) bool {
	for i := range len(word) {
		if !may[word[i]] {
			return false
		}
	}
	return true
}
