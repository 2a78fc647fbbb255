package store

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestExcerpt(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		n    int
		want string
	}{
		"plain":                     {"How do I prune roses?", 60, "How do I prune roses?"},
		"markup goes":               {"# Title\n\n> **bold** and `code`\n\n- item", 60, "Title bold and code item"},
		"lines become one":          {"one\n\n  two\tthree", 60, "one two three"},
		"cut at a word":             {"alpha beta gamma delta", 13, "alpha beta…"},
		"one long word is cut hard": {strings.Repeat("x", 50), 10, "xxxxxxxxx…"},
		"characters, not bytes":     {"日本語のテキスト", 5, "日本語の…"},
		"fences say nothing":        {"```go\nx := 1\n```", 60, "x := 1"},
		"empty":                     {"", 60, ""},
		"broken text":               {"a\xffb", 60, "ab"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Excerpt(tt.in, tt.n); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzExcerpt(f *testing.F) {
	f.Add("# a\n\xff日本", 5)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n < 2 || n > 300 {
			return
		}
		if got := Excerpt(s, n); !utf8.ValidString(got) || utf8.RuneCountInString(got) > n || strings.ContainsAny(got, "\n\r\t") {
			t.Errorf("Excerpt(%q, %d) = %q", s, n, got)
		}
	})
}
