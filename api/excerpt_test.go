package api

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAnExcerptIsPlainTextOnOneLine(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		n    int
		want string
	}{
		"plain":                     {"How do I prune roses?", 60, "How do I prune roses?"},
		"headings, quotes, lists":   {"# Title\n\n> **bold** and `code`\n\n- item\n1. first\n- [x] done", 60, "Title bold and code item first done"},
		"emphasis with one star":    {"one writer with a *group commit* and _more_ of ***it***", 80, "one writer with a group commit and more of it"},
		"deleted text":              {"~~old~~ new", 60, "old new"},
		"a single tilde":            {"about ~5 of ~10", 60, "about ~5 of ~10"},
		"stars that multiply":       {"2 * 3 * 4 and a_b_c", 60, "2 * 3 * 4 and a_b_c"},
		"links and pictures":        {"See [the *docs*](https://example.org/a_b) and ![a plan](p.png)", 60, "See the docs and a plan"},
		"an address":                {"See <https://example.org/a_b>", 60, "See https://example.org/a_b"},
		"a table":                   {"| Approach | Cost |\n|---|--:|\n| **a** | 1 |", 60, "Approach Cost a 1"},
		"a fence":                   {"```go\nx := a * b * c\n```", 60, "x := a * b * c"},
		"an open fence":             {"```go\nx := 1", 60, "x := 1"},
		"rules":                     {"a\n\n---\n\nb\n***\nc", 60, "a b c"},
		"escaped marks":             {`\*not\* emphasis`, 60, "*not* emphasis"},
		"tags are text":             {"Vec<String> vs <div>", 60, "Vec<String> vs <div>"},
		"entities":                  {"a &amp; b", 60, "a & b"},
		"a formula":                 {"So $E = mc^2$ and $$\\sum_i x_i$$ hold", 60, "So E = mc^2 and \\sum_i x_i hold"},
		"a formula in brackets":     {`So \(a+b\) holds`, 60, "So a+b holds"},
		"prices":                    {"$5 and $10, or US$7-US$8", 60, "$5 and $10, or US$7-US$8"},
		"shell variables":           {"`$HOME/$USER` is set", 60, "$HOME/$USER is set"},
		"lines become one":          {"one\n\n  two\tthree", 60, "one two three"},
		"cut at a word":             {"alpha beta gamma delta", 13, "alpha beta…"},
		"one long word is cut hard": {strings.Repeat("x", 50), 10, "xxxxxxxxx…"},
		"characters, not bytes":     {"日本語のテキスト", 5, "日本語の…"},
		"empty":                     {"", 60, ""},
		"broken text":               {"a\xffb", 60, "ab"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := excerpt(tt.in, tt.n); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzExcerpt(f *testing.F) {
	f.Add("# a\n\xff日本 $x$ *b*", 5)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n < 2 || n > 300 {
			return
		}
		if got := excerpt(s, n); !utf8.ValidString(got) || utf8.RuneCountInString(got) > n || strings.ContainsAny(got, "\n\r\t") {
			t.Errorf("excerpt(%q, %d) = %q", s, n, got)
		}
	})
}
