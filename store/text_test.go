package store

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHeadIsTheBeginningAndNeverSplitsACharacter(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{
		{"boats", 10, "boats"},
		{"boats", 5, "boats"},
		{"boats", 3, "boa"},
		{"日本", 4, "日"},
		{"日本", 2, ""},
		{"", 3, ""},
	} {
		if got := Head(tt.in, tt.n); got != tt.want {
			t.Errorf("Head(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

func FuzzHead(f *testing.F) {
	f.Add("a日本😀", 5)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n < 0 || n > 300 {
			return
		}
		got := Head(s, n)
		if len(got) > n || !strings.HasPrefix(s, got) || utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("Head(%q, %d) = %q", s, n, got)
		}
	})
}
