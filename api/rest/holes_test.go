package rest

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Who needs no credential is told here once more, so that nobody opens a route
// by a slip of the pen.
func TestHole14TheRoutesForEverybodyAreThese(t *testing.T) {
	want := []string{
		"GET /.well-known/jwks.json", "GET /api/v1/auth/session", "GET /api/v1/setup", "GET /health", "GET /livez", "GET /metrics", "GET /openapi.json", "GET /readyz",
		"GET /docs", "GET /docs/docs.css", "GET /docs/docs.js",
		"POST /api/v1/auth/login", "POST /api/v1/auth/logout", "POST /api/v1/auth/refresh", "POST /api/v1/setup",
		"POST /api/v1/auth/register", "GET /api/v1/auth/registration", // where registration is not closed
	}
	for _, r := range (&Server{}).routes(nil) {
		name := r.method + " " + r.full()
		if open := r.access == public || r.access == anyone; open && !slices.Contains(want, name) {
			t.Errorf("%s is open to everybody", name)
		}
	}
}

// Names and passwords that are no text, empty, or far too long are refused as
// what they are, and sign nobody in: on every route that takes a password.
func TestHole06PasswordsThatAreNone(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	long := `"` + strings.Repeat("a", 900_000) + `"`
	for _, value := range []string{`""`, `null`, `7`, `true`, `[]`, `["a"]`, `{}`, `{"$ne":""}`, `{"username":"root"}`, long, `"\u0000"`, `" "`} {
		for _, body := range []struct{ path, body string }{
			{"/auth/login", `{"login":` + value + `,"password":"` + password + `"}`},
			{"/auth/login", `{"login":"root","password":` + value + `}`},
			{"/setup", `{"token":` + value + `,"username":"a","email":"a@example.org","password":"` + password + `"}`},
			{"/setup", `{"token":"x","username":"a","email":"a@example.org","password":` + value + `}`},
			{"/users/me/password", `{"current":` + value + `,"new":"` + password + `"}`},
			{"/users/me/password", `{"current":"` + password + `","new":` + value + `}`},
		} {
			got := w.do(ask{method: http.MethodPost, path: base + body.path, body: body.body, token: token})
			if got.status < 400 || got.status >= 500 || len(got.header.Values("Set-Cookie")) > 0 {
				t.Errorf("%s with %.40s: %d %s", body.path, value, got.status, got.body)
			}
		}
	}
	w.do(ask{method: get, path: base + "/users/me", token: token}).is(200)
}

var named = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")

// testFolders are where the tests are that the manual names.
var testFolders = []string{".", "..", "../cert", "../egress", "../inspect", "../livetest", "../markdown", "../llm", "../scan", "../../store", "../.."}

// declared returns what the first group of pattern, which a function's name is to match,
// finds among the tests in testFolders.
func declared(t *testing.T, pattern string) map[string]bool {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func ` + pattern + `\(`)
	found := map[string]bool{}
	for _, folder := range testFolders {
		files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", folder, len(files), err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range function.FindAllSubmatch(source, -1) {
				found[string(m[1])] = true
			}
		}
	}
	return found
}

// The manual says which test holds which hole shut. Every test that it names is
// there, under that name.
func TestTheTableOfHolesNamesRealTests(t *testing.T) {
	manual, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	there := declared(t, `((?:Test|Fuzz)\w+)`)
	var missing []string
	names := named.FindAllSubmatch(manual, -1)
	for _, m := range names {
		if !there[string(m[1])] {
			missing = append(missing, string(m[1]))
		}
	}
	if diff := cmp.Diff([]string(nil), missing); diff != "" || len(names) < 40 {
		t.Errorf("%d names; the manual names tests that are not there: %s", len(names), diff)
	}
}
