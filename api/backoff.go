package api

import (
	"container/list"
	"crypto/sha256"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/naming"
)

// A guard makes who guesses passwords wait: each wrong one beyond a free number
// doubles the time until the next is looked at. It counts three things: one place
// trying one account, one place trying any, and one account tried from anywhere.
//
// It must not become a means to lock somebody out. Somebody's own places, from
// which they have signed in before, are counted by themselves alone, so that no
// stranger's guesses are held against them; and what a stranger does from one
// place alone is held against that place. Everything is by what the caller wrote
// as the login: whether there is such an account makes no difference.
type guard struct {
	now func() time.Time

	mu                      sync.Mutex
	free                    int // wrong passwords of a place for an account; 0: nobody waits
	pairs, places, accounts *tallies
}

// newGuard sets the limits of the three counts: multiples of the free number, how
// long one waits at most, and after what time one failure is forgiven. The count of
// an account is what slows a guesser with many addresses; its wait is short, since a
// person at an address that is new to them may meet it too.
func newGuard(now func() time.Time) *guard {
	return &guard{
		now:      now,
		pairs:    newTallies(1, 15*time.Minute, 6*time.Minute),
		places:   newTallies(5, 15*time.Minute, time.Minute),
		accounts: newTallies(2, time.Minute, 30*time.Second),
	}
}

// LimitSignIns sets how many wrong passwords one place may try for one account
// before it has to wait; 0 means any number.
func (a *API) LimitSignIns(free int) {
	a.guard.mu.Lock()
	defer a.guard.mu.Unlock()
	a.guard.free = free
}

// An attempt is one try to sign in, counted as a failure until it succeeds.
type attempt struct {
	guard   *guard
	counted []*tally
}

// try counts an attempt for login from a place; own says that its account signed
// in from there before. The error is rate_limited and says when to come again.
func (g *guard) try(login, place string, own bool) (*attempt, error) {
	account := naming.Fold(login)
	g.mu.Lock()
	defer g.mu.Unlock()
	made := &attempt{guard: g}
	if g.free <= 0 {
		return made, nil
	}
	now := g.now()
	counts := []*tally{g.pairs.of(place+"\x00"+account, now)}
	kinds := []*tallies{g.pairs}
	if !own {
		counts = append(counts, g.places.of(place, now), g.accounts.of(account, now))
		kinds = append(kinds, g.places, g.accounts)
	}
	wait := time.Duration(0)
	for i, f := range counts {
		wait = max(wait, kinds[i].wait(f, g.free, now))
	}
	if wait > 0 {
		return nil, &store.Error{
			Code: store.CodeRateLimited, RetryAfter: wait,
			Message: fmt.Sprintf("too many wrong passwords: try again in %d s", int(math.Ceil(wait.Seconds()))),
		}
	}
	for _, f := range counts {
		f.n++
		f.last = now
	}
	made.counted = counts
	return made, nil
}

// succeeded takes the attempt back and forgives what the place did to the account.
// What it did to others stays, or whoever has an account of their own could wipe
// the slate between two guesses.
func (t *attempt) succeeded() {
	t.guard.mu.Lock()
	defer t.guard.mu.Unlock()
	for i, f := range t.counted {
		if f.n--; i == 0 || f.n < 0 {
			f.n = 0
		}
	}
}

// maxTallies bounds the memory of one count (about 200 bytes each); what was
// touched longest ago is forgotten first.
const maxTallies = 8192

// tallies are the counts of one kind, the one used last in front.
type tallies struct {
	times         int // the free number
	most, forgive time.Duration
	order         *list.List // of *tally
	by            map[[sha256.Size]byte]*list.Element
}

type tally struct {
	key  [sha256.Size]byte
	n    float64
	seen time.Time // to then n is forgiven
	last time.Time // of an attempt
}

func newTallies(times int, most, forgive time.Duration) *tallies {
	return &tallies{times, most, forgive, list.New(), map[[sha256.Size]byte]*list.Element{}}
}

// of returns the count of what, less what has been forgiven since. Its key is a
// hash, so that a login of any length takes the same room.
func (f *tallies) of(what string, now time.Time) *tally {
	key := sha256.Sum256([]byte(what))
	if e, ok := f.by[key]; ok {
		f.order.MoveToFront(e)
		known, _ := e.Value.(*tally)
		known.n = max(0, known.n-float64(now.Sub(known.seen))/float64(f.forgive))
		known.seen = now
		return known
	}
	if len(f.by) >= maxTallies {
		oldest, _ := f.order.Remove(f.order.Back()).(*tally)
		delete(f.by, oldest.key)
	}
	made := &tally{key: key, seen: now}
	f.by[key] = f.order.PushFront(made)
	return made
}

// wait is how long it is until the next attempt, 0 if it may come now.
func (f *tallies) wait(of *tally, free int, now time.Time) time.Duration {
	beyond := math.Ceil(of.n) - float64(free*f.times)
	if beyond < 0 {
		return 0
	}
	pause := min(math.Exp2(beyond), f.most.Seconds())
	return max(0, of.last.Add(time.Duration(pause*float64(time.Second))).Sub(now))
}

// placeOf is the network that an address belongs to: an IPv6 network of 64 bits
// is what one customer of a provider has.
func placeOf(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address // a test's, or none
	}
	if a = a.Unmap(); a.Is4() {
		return a.String()
	}
	p, _ := a.WithZone("").Prefix(64) // valid for every IPv6 address
	return p.String()
}

// maxPlaces is how many of somebody's places are remembered.
const maxPlaces = 8

// rememberPlace notes where u signed in, the newest first.
func rememberPlace(tx *store.Tx, id store.ID, place string) error {
	u, err := tx.User(id)
	if err != nil || len(u.Places) > 0 && u.Places[0] == place {
		return err
	}
	rest := slices.DeleteFunc(slices.Clone(u.Places), func(p string) bool { return p == place })
	u.Places = append([]string{place}, rest[:min(len(rest), maxPlaces-1)]...)
	return tx.PutUser(u)
}
