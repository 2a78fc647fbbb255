package api_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

const rightPassword = "correct horse battery"

// A gate is a world whose time the test moves, with somebody called ann.
type gate struct {
	*world
	mu  sync.Mutex
	now time.Time
}

func newGate(t *testing.T, free int) *gate {
	t.Helper()
	g := &gate{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	g.world = newWorldWith(t, func(o *api.Options) {
		o.Now = func() time.Time { g.mu.Lock(); defer g.mu.Unlock(); return g.now }
	})
	g.api.LimitSignIns(free)
	g.account("ann")
	return g
}

func (g *gate) account(name string) { g.t.Helper(); g.accountOfCost(name, bcrypt.MinCost) }

func (g *gate) accountOfCost(name string, cost int) {
	g.t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(rightPassword), cost)
	if err != nil {
		g.t.Fatal(err)
	}
	id := storetest.User(g.t, g.store, name).ID
	storetest.Update(g.t, g.store, func(tx *store.Tx) error {
		u, err := tx.User(id)
		if err == nil {
			u.PasswordHash = string(hash)
			err = tx.PutUser(u)
		}
		return err
	})
}

func (g *gate) pass(d time.Duration) { g.mu.Lock(); g.now = g.now.Add(d); g.mu.Unlock() }

// login tries to sign in and returns the code of the refusal, and when to come again.
func (g *gate) login(login, password, from string) (store.Code, time.Duration) {
	_, err := g.api.Login(g.t.Context(), api.Actor{Address: from}, api.LoginInput{Login: login, Password: password})
	if e, ok := errors.AsType[*store.Error](err); ok {
		return e.Code, e.RetryAfter
	}
	return store.CodeOf(err), 0
}

func (g *gate) want(name string, got, want store.Code) {
	g.t.Helper()
	if got != want {
		g.t.Errorf("%s: got %q, want %q", name, got, want)
	}
}

func (g *gate) guess(n int, login, from string) (last store.Code) {
	for range n {
		last, _ = g.login(login, "a wrong password", from)
	}
	return last
}

func TestGuessingDoublesTheWait(t *testing.T) {
	for _, login := range []string{"ann", "nobody"} {
		g := newGate(t, 5)
		for range 5 {
			g.want("a free guess", g.guess(1, login, "10.0.0.1"), store.CodeUnauthorized)
		}
		waited := time.Duration(0)
		for i := range 6 {
			code, wait := g.login(login, "a wrong password", "10.0.0.1")
			g.want(fmt.Sprintf("%s, guess %d too early", login, i), code, store.CodeRateLimited)
			if i > 0 && (wait < waited*3/2 || wait > waited*2) {
				t.Errorf("%s, guess %d: wait %v after %v", login, i, wait, waited)
			}
			waited = wait
			g.pass(wait)
			g.want("a guess in time", g.guess(1, login, "10.0.0.1"), store.CodeUnauthorized)
		}
		for range 10 {
			_, wait := g.login(login, "a wrong password", "10.0.0.1")
			if wait > 15*time.Minute {
				t.Fatalf("wait %v", wait)
			}
			g.pass(wait)
			g.guess(1, login, "10.0.0.1")
		}
		g.pass(24 * time.Hour)
		g.want("a day later", g.guess(5, login, "10.0.0.1"), store.CodeUnauthorized)
	}
}

func TestARefusedGuessCostsNoPasswordAndTellsNothing(t *testing.T) {
	g := newGate(t, 1)
	for _, login := range []string{"ann", "ann@example.org", "nobody"} {
		g.guess(1, login, "10.0.0.1")
		code, wait := g.login(login, rightPassword, "10.0.0.1")
		g.want(login, code, store.CodeRateLimited)
		if wait != time.Second {
			t.Errorf("%s waits %v", login, wait)
		}
	}
}

func TestNoStrangerLocksSomebodyOut(t *testing.T) {
	g := newGate(t, 5)
	code, _ := g.login("ann", rightPassword, "192.0.2.1")
	g.want("at home", code, "")
	// One stranger: held against them alone.
	g.want("the stranger", g.guess(50, "ann", "10.0.0.1"), store.CodeRateLimited)
	code, _ = g.login("ann", rightPassword, "198.51.100.1")
	g.want("ann, somewhere new", code, "")
	// Many strangers, and one from her own network who guesses at others.
	for i := range 200 {
		g.guess(5, "ann", fmt.Sprintf("10.1.%d.%d", i/100, i%100))
	}
	for i := range 100 {
		g.guess(1, fmt.Sprintf("other%d", i), "192.0.2.1")
	}
	code, wait := g.login("ann", rightPassword, "203.0.113.1")
	g.want("somewhere nobody knows, while she is attacked", code, store.CodeRateLimited)
	if wait > time.Minute {
		t.Errorf("has to wait %v", wait)
	}
	for _, from := range []string{"192.0.2.1", "198.51.100.1"} {
		code, _ = g.login("ann", rightPassword, from)
		g.want("where she is known, from "+from, code, "")
	}
	// It is remembered in the store, not in this process.
	if err := g.store.Close(); err != nil {
		t.Fatal(err)
	}
	g.start()
	g.api.LimitSignIns(5)
	for i := range 200 {
		g.guess(5, "ann", fmt.Sprintf("10.1.%d.%d", i/100, i%100))
	}
	code, _ = g.login("ann", rightPassword, "192.0.2.1")
	g.want("after a restart", code, "")
}

func TestAnAccountOfOnesOwnWipesNoSlate(t *testing.T) {
	g := newGate(t, 2)
	g.account("mallory")
	var last store.Code
	for i := range 30 {
		last = g.guess(1, fmt.Sprintf("victim%d", i), "10.0.0.1")
		g.login("mallory", rightPassword, "10.0.0.1")
	}
	g.want("a guess after many", last, store.CodeRateLimited)
}

func TestAnIPv6NetworkIsOnePlace(t *testing.T) {
	g := newGate(t, 2)
	for i := range 2 {
		g.guess(1, "ann", fmt.Sprintf("2001:db8::%d", i+1))
	}
	g.want("the third address", g.guess(1, "ann", "2001:db8::3"), store.CodeRateLimited)
	g.want("the next network", g.guess(1, "ann", "2001:db8:0:1::1"), store.CodeUnauthorized)
}

func TestGuessingAtOnceIsCounted(t *testing.T) {
	g := newGate(t, 5)
	var wait sync.WaitGroup
	var mu sync.Mutex
	codes := map[store.Code]int{}
	for range 50 {
		wait.Go(func() {
			code, _ := g.login("ann", "a wrong password", "10.0.0.1")
			mu.Lock()
			defer mu.Unlock()
			codes[code]++
		})
	}
	if wait.Wait(); codes[store.CodeUnauthorized] != 5 || codes[store.CodeRateLimited] != 45 {
		t.Errorf("got %v", codes)
	}
}

func TestNobodyWaitsWithoutALimit(t *testing.T) {
	g := newGate(t, 0)
	g.want("the hundredth", g.guess(100, "ann", "10.0.0.1"), store.CodeUnauthorized)
}
