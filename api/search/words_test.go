package search

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/parley-app/parley/api/markdown"
)

func termsOf(s string, single bool) string {
	var list []string
	words(s, single, func(w word) { list = append(list, w.term) })
	return strings.Join(list, " ")
}

func TestWords(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"case and punctuation":        {"Hello, WORLD! it's_3.14", "hello world it s 3 14"},
		"accents":                     {"Crème BRÛLÉE Ångström naïve", "creme brulee angstrom naive"},
		"accents of their own":        {"Cre\u0300me bru\u0302le\u0301e", "creme brulee"},
		"letters without parts":       {"Straße STRASSE Øre Łódź ſ", "strasse strasse ore lodz s"},
		"greek, with its final sigma": {"ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ"},
		"cyrillic":                    {"Ёлка ЁЛКА", "елка елка"},
		"turkish":                     {"İstanbul ısı", "istanbul isi"},
		"arabic vowels":               {"مُحَمَّد محمد", "محمد محمد"},
		"width":                       {"ＡＢＣ１２３", "abc123"},
		"chinese":                     {"我爱北京", "我爱 爱北 北京 京"},
		"japanese keeps its marks":    {"がぎ", "がぎ ぎ"},
		"mixed":                       {"GPT模型v2", "gpt 模型 型 v2"},
		"thai":                        {"ไทย", "ไท ทย ย"},
		"korean":                      {"한국어 말", "한국 국어 어 말"},
		"one character":               {"猫", "猫"},
		"nothing":                     {" \t.,!?…", ""},
		"vowels above no letter":      {"\u102da \u0e34\u0e35", "a"},
		"bad UTF-8":                   {"a\xffb", "a b"},
		"ligatures":                   {"ﬁne ½", "fine 1⁄2"},
	} {
		if got := termsOf(tt.text, true); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	for q, want := range map[string]string{
		"Hello wor": "hello wor*", "hello ": "hello", "hello": "hello*", "北京": "北京", "京": "京*", "a a a": "a a*", "...": "", "北京 wor": "北京 wor*", "c++": "c",
	} {
		var list []string
		for _, term := range Parse(q).terms {
			s := term.text
			if term.prefix {
				s += "*"
			}
			list = append(list, s)
		}
		if got := strings.Join(list, " "); got != want {
			t.Errorf("%q: %q, want %q", q, got, want)
		}
	}
}

// Whatever the text, words stand where they say, and are bounded.
func TestWordsOfAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zß京猫가ไ \x00-\x7fÀ-ÿ]*`), rapid.Custom(func(t *rapid.T) string {
			return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		})).Draw(t, "text")
		last := 0
		words(text, rapid.Bool().Draw(t, "single"), func(w word) {
			if w.start < 0 || w.end > len(text) || w.start >= w.end || w.term == "" || len(w.term) > 2*maxWord || !utf8.ValidString(w.term) || strings.Contains(w.term, "\x00") {
				t.Fatalf("word %+v of %q", w, text)
			}
			if w.end < last {
				t.Fatalf("word %+v ends before the one before it, at %d", w, last)
			}
			last = w.end
		})
	})
}

var tags = regexp.MustCompile(`</?mark>`)

// Whatever the text and the question, a snippet is safe: text, and marks that open
// and close.
func TestSnippetsAreSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(<script>|<mark>|</mark>|&lt;|"|'|a|bee|京都|猫|Ü| |\n|\x00|\x{202e}){0,80}`).Draw(t, "text")
		q := rapid.SampledFrom([]string{"a", "bee a", "mark", "script", "京", "京都", "ü", "lt", "amp", "zzz"}).Draw(t, "question")
		s := Parse(q).Snippet(text)
		if rapid.Bool().Draw(t, "markdown") {
			s = Parse(q).MarkdownSnippet(text, func(part string) string { return markdown.Text(part, Parse(q).Has) })
		}
		bare := tags.ReplaceAllString(s, "")
		if strings.ContainsAny(bare, "<>\"'\n\x00\u202e") || strings.Count(s, "<mark>") != strings.Count(s, "</mark>") || len(html.UnescapeString(bare)) > snippetSize+20 {
			t.Fatalf("snippet %q of %q", s, text)
		}
		if opened := strings.Split(s, "<mark>"); len(opened) > 1 && strings.Contains(opened[0], "</mark>") {
			t.Fatalf("snippet %q", s)
		}
	})
}

// Excerpts of Markdown have none of its marks, and every word that was found.
func TestSnippetsOfMarkdown(t *testing.T) {
	padding := strings.Repeat("Some **bold** and `code` padding.\n\n", 200)
	for name, tt := range map[string]struct{ q, text, want string }{
		"emphasis":                {"march", "# When\n\nRoses are *pruned* in **March**.", "When Roses are pruned in <mark>March</mark>."},
		"a link":                  {"guide", "Read [the guide](https://example.org/a) first", "Read the <mark>guide</mark> first"},
		"its address":             {"example", "Read [the guide](https://example.org/a) first", "Read the guide (https://<mark>example</mark>.org/a) first"},
		"in the middle":           {"roses", padding + "- **Roses** in [May](/x)\n\n" + padding, "…and code padding. Some bold and code padding. <mark>Roses</mark> in May Some bold"},
		"code in a long block":    {"zebra", "```\n" + strings.Repeat("a = b * c * d\n", 300) + "zebra = *p*q\n" + strings.Repeat("x *y*\n", 300) + "```", "…c * d a = b * c * d a = b * c * d a = b * c * d <mark>zebra</mark> = *p*q x *y*"},
		"half a word in emphasis": {"ld", "**bo**ld move", "**bo**<mark>ld</mark> move"},
		"what no word is":         {"x", "a **b** c", "a b c"},
		"one endless line":        {"zebra", strings.Repeat("é", 3000) + " **zebra** " + strings.Repeat("é", 3000), "…"},
	} {
		q := Parse(tt.q)
		got := q.MarkdownSnippet(tt.text, func(s string) string { return markdown.Text(s, q.Has) })
		if !strings.HasPrefix(got, tt.want) || strings.Contains(tt.want, "<mark>") != strings.Contains(got, "<mark>") && name != "one endless line" {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestSnippets(t *testing.T) {
	long := strings.Repeat("padding ", 100) + "the Rosés are <b>pruned</b> in March, and roses are lovely " + strings.Repeat("padding ", 100)
	for name, tt := range map[string]struct{ q, text, want string }{
		"in the middle":      {"roses pru", long, "…padding padding padding padding padding the <mark>Rosés</mark> are &lt;b&gt;<mark>pruned</mark>&lt;/b&gt; in March, and <mark>roses</mark> are lovely"},
		"whole":              {"b", "a b c", "a <mark>b</mark> c"},
		"characters":         {"京都", "私は京都が好き", "私は<mark>京都</mark>が好き"},
		"overlapping":        {"京都市", "京都市", "<mark>京都市</mark>"},
		"nothing to be seen": {"x", "a  b\n\nc", "a b c"},
	} {
		if got := Parse(tt.q).Snippet(tt.text); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
