package inspect_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/parley-app/parley/api/inspect"
)

// Item 8 of the attack list: names that are paths, devices, NUL, turned around or
// far too long.
func TestUploadNames(t *testing.T) {
	for in, want := range map[string]string{
		"notes.txt":                     "notes.txt",
		"../../etc/passwd":              "passwd",
		`..\..\windows\system32\a.dll`:  "a.dll",
		"/etc/shadow":                   "shadow",
		`C:\temp\x.txt`:                 "x.txt",
		`\\server\share\x.txt`:          "x.txt",
		"..":                            "file",
		".":                             "file",
		"":                              "file",
		"   ":                           "file",
		"a/":                            "file",
		".htaccess":                     "htaccess",
		"x.txt. . .":                    "x.txt",
		"a\x00.txt":                     "a.txt",
		"a\r\nSet-Cookie: b.txt":        "a Set-Cookie_ b.txt",
		"a\u202etxt.exe":                "atxt.exe",
		"a\u2066b\u2069\u200f\ufeff.md": "ab.md",
		"a\u2028b.md":                   "a b.md",
		"con":                           "_con",
		"NUL.txt":                       "_NUL.txt",
		"com1.tar.gz":                   "_com1.tar.gz",
		"LPT¹.txt":                      "_LPT¹.txt",
		"aux .c":                        "_aux .c",
		"console.txt":                   "console.txt",
		`a<b>:"|?*.txt`:                 "a_b______.txt",
		"cafe\u0301.txt":                "café.txt",
		"日本語.pdf":                       "日本語.pdf",
		"👩\u200d🔬.png":                  "👩\u200d🔬.png",
		"\xff\xfe.txt":                  "txt",
		"~tmp":                          "tmp",
	} {
		if got := inspect.Name(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	long := inspect.Name(strings.Repeat("ä", 4096) + ".pdf")
	if len(long) > inspect.MaxName || !strings.HasSuffix(long, "ä.pdf") {
		t.Errorf("4 KiB became %d bytes: %q", len(long), long)
	}
	if got := inspect.Name("x." + strings.Repeat("y", 4096)); len(got) > inspect.MaxName || !strings.HasPrefix(got, "x.y") {
		t.Errorf("a long extension became %q", got)
	}
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"../a", `..\a`, "con.txt", "a\x00b", "\u202e", strings.Repeat("é", 300) + ".x", "e\u0301\u0301\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := inspect.Name(s)
		switch {
		case got == "" || got == "." || got == ".." || len(got) > inspect.MaxName || !utf8.ValidString(got):
			t.Errorf("%q became %q", s, got)
		case strings.ContainsAny(got, "/\\\x00<>:\"|?*"), strings.ContainsFunc(got, unicode.IsControl), strings.HasPrefix(got, "."):
			t.Errorf("%q became %q", s, got)
		case !norm.NFC.IsNormalString(got):
			t.Errorf("%q became %q, which is not normal", s, got)
		case inspect.Name(got) != got:
			t.Errorf("%q became %q, and that %q", s, got, inspect.Name(got))
		}
	})
}
