package api

import (
	"strings"
	"unicode"

	"github.com/parley-app/parley/api/strength"
)

// fewGuesses is how many attempts by a guesser who tries the likely ones first a
// password must outlast (zxcvbn's score 3): a stolen hash of the default cost
// costs months on one machine, an account behind the sign-in limit for ever.
const fewGuesses = 1e8

// foreignWords are those that people of other languages build passwords around;
// the estimator's own lists are English. The likeliest stand first.
var foreignWords = strings.Fields(`parley
	passwort kennwort geheim hallo willkommen schatz sommer winter herbst frühling fruehling benutzer
	motdepasse bonjour soleil bienvenue azerty qwertz contraseña contrasena clave hola wachtwoord welkom
	senha parola haslo heslo losenord salasana sifre januar februar märz april juni juli oktober dezember
	montag dienstag mittwoch donnerstag freitag samstag sonntag administrator`)

// weakness says in a sentence why a password is guessed too easily, or "".
func weakness(password string, about []string) string {
	words := append(own(about), foreignWords...)
	guesses, parts := strength.Estimate(password, words)
	if guesses >= fewGuesses {
		return ""
	}
	return reason(parts, len(password)) + ": use several unrelated words, or a password manager"
}

// own returns what a guesser would try of what is known of a person: every text
// whole, and each of its words of three letters or more.
func own(about []string) []string {
	words := []string{}
	for _, text := range about {
		words = append(words, text)
		for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if len(w) >= 3 {
				words = append(words, w)
			}
		}
	}
	return words
}

// reason names the longest part that makes a password guessable.
func reason(parts []*strength.Part, length int) string {
	var longest *strength.Part
	for _, m := range parts {
		if m.Pattern != "bruteforce" && (longest == nil || m.J-m.I > longest.J-longest.I) {
			longest = m
		}
	}
	if longest == nil {
		return "is too easily guessed"
	}
	whole := longest.I == 0 && longest.J == length-1
	switch longest.Pattern {
	case "dictionary":
		return dictionaryReason(longest, whole)
	case "spatial":
		return "follows the keys of a keyboard, which is guessed early"
	case "repeat":
		return "repeats itself, which is guessed early"
	case "sequence":
		return "counts up or down, which is guessed early"
	case "date", "regex":
		return "is built around a date, which is guessed early"
	}
	return "is too easily guessed"
}

func dictionaryReason(m *strength.Part, whole bool) string {
	switch {
	case m.DictionaryName == strength.UserInputs:
		return "is built around a name or word that anybody would try here"
	case m.DictionaryName == "passwords" && whole:
		return "is among the passwords that are used most, and tried first"
	case m.DictionaryName == "passwords":
		return "is built around one of the passwords that are used most"
	}
	return "is built around a common word or name"
}
