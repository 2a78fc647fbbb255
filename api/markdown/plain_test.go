package markdown

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// What is shown without being rendered looks as if it had been.
func TestPlainTextIsWhatRenderingMakesOfIt(t *testing.T) {
	parts := []string{
		"a", "Word", "plan", "1", "42.", "2)", " ", " ", " ", "  ", ",", ".", ";", ":", "?", "!", "(", ")", "'", "-", "--", "---", "- ", "www", "www.", "WWW.a.b", "http:", "mailto:",
		"it's", "e.g.", "a.b.c", "example.com", "ftp:", "xmpp:", "(c)", ":-)", "...", "\n", "\t", "é", "*", "_", "#", "<b>", "&", "\"", "`", "|", "[x]", "@", "/", "\\", "~", "=", "+", "\x00",
	}
	r := rand.New(rand.NewPCG(3, 4))
	plain := 0
	for range 30_000 {
		n := 28
		if r.IntN(4) == 0 {
			n = len(parts)
		}
		var b strings.Builder
		for range 1 + r.IntN(10) {
			b.WriteString(parts[r.IntN(n)])
		}
		s := b.String()
		if !isPlain(s) {
			continue
		}
		plain++
		if got, want := HTML(s), render(s); got != want {
			t.Fatalf("%q is shown as %q, rendered %q", s, got, want)
		}
	}
	if plain < 1000 {
		t.Errorf("%d plain texts", plain)
	}
	for _, s := range []string{strings.Repeat("a", maxPlain+1), "See www.example.org", "a\nb", "1. a", "- a", "a *b*", "", " a", "a & b", "a\x00"} {
		if isPlain(s) {
			t.Errorf("%q counts as plain", s)
		}
	}
}
