package llm

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// maxTerm bounds a term in bytes; what is longer is told apart by its beginning.
const maxTerm = 64

// terms calls fn for every term of s that a search compares: words in lower
// case without their English endings, and, of scripts that put no spaces between
// words, all pairs of neighbouring characters. A term is valid until fn returns.
func terms(s string, fn func(term []byte)) {
	var buf [maxTerm + utf8.UTFMax]byte
	w := buf[:0]
	ascii := true
	flush := func() {
		if len(w) > 0 {
			if ascii {
				w = stem(w)
			}
			fn(w)
		}
		w, ascii = buf[:0], true
	}
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			i++
			switch {
			case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			case 'A' <= c && c <= 'Z':
				c += 'a' - 'A'
			default:
				flush()
				continue
			}
			if len(w) < maxTerm {
				w = append(w, c)
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case spaceless(r):
			flush()
			i += pairs(s[i:], fn)
			continue
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			if ascii = false; len(w) < maxTerm {
				w = utf8.AppendRune(w, unicode.ToLower(r))
			}
		case unicode.In(r, unicode.Mn, unicode.Cf): // accents of their own, joiners: part of the word, not of the term
		default:
			flush()
		}
		i += size
	}
	flush()
}

// pairs calls fn for the neighbouring characters at the beginning of s that stand
// in a script without spaces, and returns how many bytes they take. A character
// alone is a term of its own.
func pairs(s string, fn func([]byte)) int {
	var buf [2 * utf8.UTFMax]byte
	end, last, n := 0, 0, 0
	for end < len(s) {
		r, size := utf8.DecodeRuneInString(s[end:])
		if !spaceless(r) {
			break
		}
		if n++; n > 1 {
			fn(append(buf[:0], s[last:end+size]...))
		}
		last = end
		end += size
	}
	if n == 1 {
		fn(append(buf[:0], s[:end]...))
	}
	return end
}

// spaceless says whether a character belongs to a script whose words are not, or
// not reliably, set apart by spaces.
func spaceless(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) && !unicode.IsPunct(r)
}

// stem takes the commonest English endings off a word in lower case, so that
// "boats" finds "boat" and "making" finds "make". It only has to do the same to
// question and text, not to be right.
func stem(w []byte) []byte {
	switch {
	case ends(w, "ies", 5):
		w = append(w[:len(w)-3], 'y')
	case ends(w, "sses", 5), ends(w, "xes", 5), ends(w, "ches", 5), ends(w, "shes", 5):
		w = w[:len(w)-2]
	case ends(w, "s", 4) && !ends(w, "ss", 0) && !ends(w, "us", 0) && !ends(w, "is", 0):
		w = w[:len(w)-1]
	}
	switch {
	case ends(w, "ing", 6) && vowel(w[:len(w)-3]):
		w = single(w[:len(w)-3])
	case ends(w, "ed", 5) && vowel(w[:len(w)-2]):
		w = single(w[:len(w)-2])
	}
	if ends(w, "e", 4) {
		w = w[:len(w)-1]
	}
	return w
}

// ends says whether w, of at least so many letters, ends with suffix.
func ends(w []byte, suffix string, least int) bool {
	return len(w) >= max(least, len(suffix)) && string(w[len(w)-len(suffix):]) == suffix
}

func vowel(w []byte) bool {
	for _, c := range w {
		switch c {
		case 'a', 'e', 'i', 'o', 'u', 'y':
			return true
		}
	}
	return false
}

// single turns the "runn" of "running" into "run".
func single(w []byte) []byte {
	n := len(w)
	if n > 3 && w[n-1] == w[n-2] && !vowel(w[n-1:]) && w[n-1] != 'l' && w[n-1] != 's' {
		return w[:n-1]
	}
	return w
}

// stopWords are terms that say nothing about what is asked for, in the languages
// that most people ask in. Greetings are among them: they ask for nothing.
var stopWords = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	terms(`a an the this that these those and or but if then else of in on at to from by for with without about into over under
		is are was were be been being am do does did done doing have has had having can could will would shall should may might must
		i me my mine we us our ours you your yours he him his she her it its they them their who whom whose which what when where why how
		not no yes there here so as than too very just also only any some all each every both more most other such own same
		s t d ll m re ve don didn doesn isn aren wasn
		please long many much happen happens tell show give find know want need get let say says said explain describe mean means
		hi hello hey hallo hola bonjour salut ciao moin servus good morning evening afternoon day thanks thank help test ok okay welcome
		der die das ein eine einer eines und oder aber ist sind war wie was wer wo wann warum mit von zu zum zur im in auf für nicht ich du wir sie es kann
		le la les un une des et ou est sont que qui quoi quand où comment pourquoi de du dans sur pour avec ne pas je tu il elle nous vous
		el los las una unos y o es son qué quién cuándo dónde cómo por para con en del no yo tú
		и в на не что как это где когда кто почему по с к у о из за для
		什么 什麼 怎么 怎麼 如何 为什 为何 时候 時候 多少 哪里 哪個 哪个 是否 吗 呢 的 了 是 你好 请问 請問
		です ます ください とは 何で どこ いつ なぜ こん 안녕 은 는 이 가 무엇 언제 어디`, func(t []byte) { set[string(t)] = true })
	return set
})
