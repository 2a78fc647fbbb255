package inspect

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// CharsetSample is how many bytes from the beginning of a file are enough for
// DetectCharset.
const CharsetSample = 64 << 10

// UTF8 is the name of the encoding that most text has.
const UTF8 = "utf-8"

// encodings are the character sets that DetectCharset knows beyond those of the
// WHATWG Encoding Standard, which htmlindex has.
var encodings = map[string]encoding.Encoding{
	"utf-32le": utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM),
	"utf-32be": utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM),
}

// byteOrderMarks are the longest first: that of UTF-32LE begins with that of UTF-16LE.
var byteOrderMarks = []struct{ mark, charset string }{
	{"\xff\xfe\x00\x00", "utf-32le"},
	{"\x00\x00\xfe\xff", "utf-32be"},
	{"\xef\xbb\xbf", UTF8},
	{"\xff\xfe", "utf-16le"},
	{"\xfe\xff", "utf-16be"},
}

// DetectCharset returns the name of the character encoding of a text, as the WHATWG
// Encoding Standard names it, or "" if it is not known. It needs the first
// CharsetSample bytes of the text, or all of a shorter one; the last character may be
// incomplete. Text that is valid UTF-8 is never taken for anything else; text that
// would be nearly valid UTF-8 is damaged, and its encoding is not known.
func DetectCharset(head []byte) string {
	for _, b := range byteOrderMarks {
		if bytes.HasPrefix(head, []byte(b.mark)) {
			return b.charset
		}
	}
	if isISO2022(head) {
		return "iso-2022-jp"
	}
	if charset := utf16WithoutMark(head); charset != "" {
		return charset
	}
	valid, multibyte, invalid := countUTF8(head)
	if valid {
		return UTF8
	}
	if multibyte > 2*invalid {
		return ""
	}
	return guessCharset(head)
}

// isISO2022 reports whether head has an escape sequence of ISO-2022-JP (RFC 1468),
// whose bytes are all ASCII.
func isISO2022(head []byte) bool {
	return bytes.Contains(head, []byte("\x1b$B")) || bytes.Contains(head, []byte("\x1b$@"))
}

// countUTF8 reports whether head is valid UTF-8, but for a last character that is cut
// off, and counts its sequences of several bytes and the bytes that fit nowhere.
func countUTF8(head []byte) (valid bool, multibyte, invalid int) {
	for rest := head; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && n == 1 && !utf8.FullRune(rest) && len(head) >= utf8.UTFMax:
			return invalid == 0, multibyte, invalid
		case r == utf8.RuneError && n == 1:
			invalid++
		case n > 1:
			multibyte++
		}
		rest = rest[n:]
	}
	return invalid == 0, multibyte, invalid
}

// utf16WithoutMark recognises UTF-16 without a byte order mark by the zero bytes of
// its ASCII characters, all of which are at even or all at odd places.
func utf16WithoutMark(head []byte) string {
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	for i, charset := range []string{"utf-16be", "utf-16le"} {
		if zeros[1-i] == 0 && zeros[i] > len(head)/8 && isReadable(decode(charset, head)) {
			return charset
		}
	}
	return ""
}

// guessCharset asks the detector of ICU and takes its best guess that makes readable
// text. Western text in few words is often guessed to be something else with the same
// letters, so windows-1252 stands for ISO-8859-1 and for the last resort.
func guessCharset(head []byte) string {
	guesses, _ := chardet.NewTextDetector().DetectAll(head) //nolint:errcheck // none fits, which the loop finds too
	slices.SortFunc(guesses, moreLikely)
	if len(guesses) == 0 || guesses[0].Confidence < sureConfidence {
		if charset := guessByScript(head); charset != "" {
			return charset
		}
	}
	for _, g := range guesses {
		charset := strings.ToLower(g.Charset)
		switch text := decode(charset, head); {
		case g.Confidence < leastConfidence || !isLikely(charset, text):
		case charset == "iso-8859-1":
			return "windows-1252"
		case charset == "gb18030" && hasKana(text) && isReadable(decode("euc-jp", head)):
			return "euc-jp" // both have the kana at the same places
		default:
			return charset
		}
	}
	if isLikely("windows-1252", decode("windows-1252", head)) {
		return "windows-1252"
	}
	return ""
}

// moreLikely orders guesses. Those with the same confidence come in any order from the
// detector: the Western ones are first, as most text in an old encoding is.
func moreLikely(a, b chardet.Result) int {
	return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(notWestern(a.Charset), notWestern(b.Charset)), strings.Compare(a.Charset, b.Charset))
}

func notWestern(charset string) int {
	if c := strings.ToLower(charset); c == "iso-8859-1" || c == "windows-1252" {
		return 0
	}
	return 1
}

// guessByScript is for texts of a few words, about which the detector is not sure: it
// goes by the script that their letters have if they are read in one way or another.
func guessByScript(head []byte) string {
	for _, way := range []struct {
		charset string
		letters []*unicode.RangeTable // that nearly all characters beyond ASCII must be
	}{
		{"shift_jis", []*unicode.RangeTable{unicode.Hiragana, unicode.Katakana, unicode.Han}},
		{"euc-jp", []*unicode.RangeTable{unicode.Hiragana, unicode.Katakana, unicode.Han}},
		{"euc-kr", []*unicode.RangeTable{unicode.Hangul}},
	} {
		text := decode(way.charset, head)
		if isReadable(text) && !isOdd(text) && isMostly(text, way.letters) && (way.charset == "euc-kr" || hasKana(text)) {
			return way.charset
		}
	}
	return ""
}

// isMostly reports whether nearly all characters beyond ASCII are letters of the given
// scripts.
func isMostly(text string, scripts []*unicode.RangeTable) bool {
	of, all := 0, 0
	for _, r := range text {
		if r >= utf8.RuneSelf {
			all++
			if unicode.In(r, scripts...) {
				of++
			}
		}
	}
	return 10*of >= 9*all
}

// hasKana reports whether text has letters that only Japanese is written with.
func hasKana(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana) })
}

// The detector makes a guess with 10 percent of confidence for any bytes at all, and
// guesses for short texts with less than 40.
const (
	leastConfidence = 15
	sureConfidence  = 40
)

// decode returns the text of head, or "" if its character set is not known. An
// incomplete character at the end is left out.
func decode(charset string, head []byte) string {
	e := encodingOf(charset)
	if e == nil {
		return ""
	}
	out, _, err := transform.Bytes(e.NewDecoder(), head)
	if err != nil {
		return ""
	}
	text := string(out)
	for range utf8.UTFMax - 1 {
		text = strings.TrimSuffix(text, "\ufffd")
	}
	return text
}

func encodingOf(charset string) encoding.Encoding {
	if e := encodings[charset]; e != nil {
		return e
	}
	e, err := htmlindex.Get(charset)
	if err != nil {
		return nil
	}
	return e
}

// isReadable reports whether text has no character that no text has: the replacement
// character, most control characters, private and unassigned code points.
func isReadable(text string) bool {
	return text != "" && strings.IndexFunc(text, isUnreadable) < 0
}

func isUnreadable(r rune) bool {
	switch r {
	case '\t', '\n', '\r', '\f', '\ufeff':
		return false
	case utf8.RuneError:
		return true
	}
	return !unicode.IsGraphic(r) && !unicode.Is(unicode.Cf, r)
}

// isLikely reports whether text is what people write in languages for which the
// character set is used. Latin letters beyond ASCII stand among plain ones and are
// mostly lower case; bytes of another alphabet read as Latin make words of them alone.
func isLikely(charset, text string) bool {
	if !isReadable(text) || isOdd(text) {
		return false
	}
	if !slices.Contains(latinCharsets, charset) {
		return true
	}
	plain, accented := 0, 0
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			if unicode.IsLetter(r) {
				plain++
			}
		case unicode.IsLetter(r):
			accented++
		}
	}
	return 2*accented <= plain
}

// isOdd reports whether more than a tenth of the characters beyond ASCII are what
// bytes of another character set read as: symbols, kana of half width, and capitals
// right after small letters.
func isOdd(text string) bool {
	odd, all, last := 0, 0, ' '
	for _, r := range text {
		if r >= utf8.RuneSelf {
			all++
			halfwidth := '\uff61' <= r && r <= '\uff9f'
			if unicode.Is(unicode.So, r) || halfwidth || unicode.IsUpper(r) && unicode.IsLower(last) {
				odd++
			}
		}
		last = r
	}
	return 10*odd > all
}

var latinCharsets = []string{
	"iso-8859-1", "windows-1252", "windows-1250", "windows-1254", "windows-1257", "iso-8859-2", "iso-8859-4", "iso-8859-9", "iso-8859-15",
}

// DecodeText returns the UTF-8 of a text in the named character set, without a byte
// order mark. A character that is incomplete at the end is left out, as the text may be
// the first part of a longer one; it returns an error for any other byte that is no
// text in that character set.
func DecodeText(charset string, text []byte) (string, error) {
	var b strings.Builder
	err := copyText(&b, charset, bytes.NewReader(text))
	return b.String(), err
}

// copyText writes the UTF-8 of a text to w, as DecodeText returns it.
func copyText(w io.Writer, charset string, in io.Reader) error {
	e := encodingOf(charset)
	if e == nil {
		return fmt.Errorf("unknown character set %q", charset)
	}
	decoder := transform.Transformer(e.NewDecoder())
	if charset == UTF8 {
		decoder = transform.Nop
	}
	check := &textChecker{w: w, charset: charset}
	_, err := io.Copy(check, transform.NewReader(in, decoder))
	return err
}

// A textChecker passes UTF-8 on to w until it meets what is no text.
type textChecker struct {
	w       io.Writer
	charset string
	buf     []byte // of which the first rest bytes wait for what follows them
	rest    int
	read    int // characters that were passed on
}

// Write passes on the characters that are complete.
func (c *textChecker) Write(b []byte) (int, error) {
	c.buf = append(c.buf[:c.rest], b...)
	text := c.buf
	if c.read == 0 {
		text = bytes.TrimPrefix(text, []byte("\ufeff"))
	}
	done := 0
	for done < len(text) {
		r, n := utf8.DecodeRune(text[done:])
		if r == utf8.RuneError && (n == 1 && !utf8.FullRune(text[done:]) || done+n == len(text)) {
			break // perhaps the text ends here, in the middle of a character
		}
		if r == utf8.RuneError && (n == 1 || c.charset != UTF8) {
			return 0, fmt.Errorf("character %d is not valid %s", c.read+1, c.charset)
		}
		done += n
		c.read++
	}
	_, err := c.w.Write(text[:done])
	c.rest = copy(c.buf, text[done:])
	return len(b), err
}
