package api_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

func TestHashPassword(t *testing.T) {
	for name, tt := range map[string]struct{ password, want string }{
		"empty":                       {"", "10 to 72 bytes"},
		"nine bytes":                  {"k7#qZ9!mp", "10 to 72 bytes"},
		"73 bytes":                    {strings.Repeat("k7#qZ9!mp", 8) + "x", "10 to 72 bytes"},
		"37 letters of two bytes":     {strings.Repeat("é", 37), "10 to 72 bytes"},
		"the commonest":               {"password123", "used most"},
		"a common one, dressed up":    {"P@ssw0rd2024", "used most"},
		"a common one, backwards":     {"drowssap12", "used most"},
		"two common ones":             {"monkeydragon", "used most"},
		"a season and a year":         {"Summer2025!", "used most"},
		"in German":                   {"Passwort123", "anybody would try"},
		"in French":                   {"MotDePasse1", "anybody would try"},
		"the product":                 {"parleyparley", "anybody would try"},
		"the product and a year":      {"Parley2026!", "anybody would try"},
		"the user name":               {"Wilhelmine1!", "anybody would try"},
		"the address":                 {"wilhelmine@garden.example", "anybody would try"},
		"a word of the address":       {"Garden1234", "anybody would try"},
		"one character":               {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "repeats itself"},
		"blanks":                      {strings.Repeat(" ", 20), "repeats itself"},
		"a row of keys":               {"asdfghjkl;'", "keyboard"},
		"counting":                    {"abcdefghijkl", "counts up"},
		"a date":                      {"24.12.1984", "date"},
		"bytes that are no text":      {strings.Repeat("\xff", 20), "too easily guessed"},
		"four words":                  {"correct horse battery", ""},
		"what a password manager has": {"x7#kQ9!mZp2w", ""},
		"72 bytes":                    {strings.Repeat("k7#qZ9!m", 4) + strings.Repeat("w2$Rt5?x", 5), ""},
		"not in Latin letters":        {"несколько слов", ""},
	} {
		t.Run(name, func(t *testing.T) {
			hash, err := api.HashPassword("body.new", tt.password, bcrypt.MinCost, "wilhelmine", "wilhelmine@garden.example")
			if tt.want == "" {
				if err != nil || bcrypt.CompareHashAndPassword([]byte(hash), []byte(tt.password)) != nil {
					t.Errorf("got %q, %v", hash, err)
				}
				return
			}
			wantCode(t, err, store.CodeInvalid)
			if hash != "" || !strings.Contains(message(err), tt.want) || strings.Contains(message(err), tt.password) && tt.password != "" {
				t.Errorf("got %q, %q; want %q and not the password", hash, message(err), tt.want)
			}
		})
	}
}

// Whoever raises the cost need not ask everyone for a new password.
func TestSigningInAtAHigherCostHashesAgain(t *testing.T) {
	cost := bcrypt.MinCost
	w := newWorldWith(t, func(o *api.Options) { o.BcryptCost = cost })
	me := w.setUp().User.ID
	costs := func() (got int) {
		t.Helper()
		if err := w.store.View(t.Context(), func(tx *store.Tx) error {
			u, err := tx.User(me)
			if err == nil {
				got, err = bcrypt.Cost([]byte(u.PasswordHash))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return got
	}
	signIn := func(password string, want store.Code) {
		t.Helper()
		_, err := w.api.Login(t.Context(), api.Actor{}, api.LoginInput{Login: "root", Password: password})
		wantCode(t, err, want)
	}
	if got := costs(); got != cost {
		t.Fatalf("set up at cost %d", got)
	}
	for _, step := range []struct {
		cost     int
		password string
		code     store.Code
		want     int
	}{
		{6, "wrong " + secret, store.CodeUnauthorized, 4},
		{6, secret, "", 6},
		{5, secret, "", 6}, // never down
		{6, secret, "", 6},
	} {
		cost = step.cost
		if err := w.store.Close(); err != nil {
			t.Fatal(err)
		}
		w.start()
		signIn(step.password, step.code)
		if got := costs(); got != step.want {
			t.Errorf("at cost %d the hash has %d, want %d", step.cost, got, step.want)
		}
	}
}

// What is no test binary hashes at no lower cost than 10, whoever asks: here a
// program of a developer who means well.
func TestACheapCostIsRefusedOutsideTests(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(t.TempDir(), "cheap.go")
	if err := os.WriteFile(source, []byte(`package main

import (
	"context"
	"fmt"

	"github.com/parley-app/parley/api"
)

func main() {
	_, err := api.HashPassword("body.new", "correct horse battery", 9)
	fmt.Println(err)
	_, err = api.New(context.Background(), api.Options{BcryptCost: 4})
	fmt.Println(err)
	hash, err := api.HashPassword("body.new", "correct horse battery", 10)
	fmt.Println(hash[:7], err)
}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", source)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	const want = `api: the bcrypt cost is 9; it must be 10 to 31
api: the bcrypt cost is 4; it must be 10 to 31
$2a$10$ <nil>
`
	if string(out) != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}

// message is what a person is told of err.
func message(err error) string {
	if e, ok := errors.AsType[*store.Error](err); ok {
		return e.Message
	}
	return ""
}
