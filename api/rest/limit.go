package rest

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// Limits says how often one may come, in requests a minute with bursts of the
// same size; 0 or less is no limit.
type Limits struct {
	Enabled           bool
	RequestsPerMinute int // per user; per address for who is not signed in
	MessagesPerMinute int // per user: what makes a model answer
	SignInsPerMinute  int // per address: what tries a password
	UploadsPerMinute  int // per user

	// KeyPercent is how much of what their user may do one API key may do; 0 is all.
	// What a key does counts for it and for its user.
	KeyPercent int

	// SocketsPerUser is how many sockets one user may have open, by whatever
	// credentials; 0 or less is no limit.
	SocketsPerUser int
}

// A class says which limit a route counts towards. The zero class is none at
// all, and a mistake in the table.
type class uint8

const (
	unclassed    class = iota
	unlimited          // probes
	readClass          // one of RequestsPerMinute
	writeClass         // one of RequestsPerMinute
	expensive          // ten of RequestsPerMinute
	messageClass       // one of MessagesPerMinute
	uploadClass        // one of UploadsPerMinute
	signInClass        // one of SignInsPerMinute
	beatClass          // signs of life: as many as RequestsPerMinute, but of their own
	pageClass          // the page's files and what is nowhere: ten times RequestsPerMinute, by address
)

var classNames = [...]string{"", "none", "read", "write", "expensive", "message", "upload", "sign_in", "heartbeat", "page"}

func (c class) String() string { return classNames[c] }

// maxCallers bounds the memory of one kind of limit (about 200 bytes each). The
// caller that was quiet longest is forgotten first, and with it what it used.
const maxCallers = 8192

// A caller is whom a limit counts: a user or an address, and the API key that the
// user comes with.
type caller struct {
	user bool
	id   [16]byte
	key  [16]byte // zero: none
}

func callerUser(id store.ID) caller { return caller{user: true, id: id} }

// callerOf is a caller who is signed in.
func callerOf(who api.Actor) caller { return caller{user: true, id: who.UserID, key: who.KeyID} }

// isKey says whether it stands for an API key alone.
func (c caller) isKey() bool { return c.key != [16]byte{} }

// callerAt counts an IPv6 network of 64 bits as one: that is what one customer
// of a provider has.
func callerAt(a netip.Addr) caller {
	a = a.Unmap()
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			a = p.Addr()
		}
	}
	return caller{id: a.As16()}
}

// A limiter counts what callers do, in token buckets of this process. It is
// safe for concurrent use.
type limiter struct {
	now func() time.Time

	mu     sync.Mutex
	limits Limits
	counts map[string]*count
}

// A count holds the buckets of one limit, the one used last in front.
type count struct {
	perMinute int
	ofKey     int        // perMinute of an API key
	order     *list.List // of *bucket
	buckets   map[caller]*list.Element
}

type bucket struct {
	who    caller
	tokens *rate.Limiter
}

// newLimiter makes a limiter by the clock now; nil means time.Now.
func newLimiter(l Limits, now func() time.Time) *limiter {
	if now == nil {
		now = time.Now
	}
	lim := &limiter{now: now, counts: map[string]*count{}}
	for _, name := range []string{"requests", "messages", "sign_ins", "uploads", "beats", "pages"} {
		lim.counts[name] = &count{order: list.New(), buckets: map[caller]*list.Element{}}
	}
	lim.set(l)
	return lim
}

// set changes the limits. What callers have used stays used.
func (l *limiter) set(limits Limits) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limits = limits
	for name, perMinute := range map[string]int{
		"requests": limits.RequestsPerMinute, "messages": limits.MessagesPerMinute, "sign_ins": limits.SignInsPerMinute,
		"uploads": limits.UploadsPerMinute, "beats": beats(limits.RequestsPerMinute), "pages": pages(limits.RequestsPerMinute),
	} {
		ofKey := perMinute
		if limits.KeyPercent > 0 {
			ofKey = max(perMinute*limits.KeyPercent/100, 1)
		}
		l.counts[name].set(perMinute, ofKey, l.now())
	}
}

// beats is how many signs of life one user's sockets may give: not less than some
// tabs need, however few requests are allowed, or they would be closed for it.
func beats(requests int) int {
	if requests <= 0 {
		return 0
	}
	return max(requests, 120)
}

// pages is how many files of the page one address may ask for: many people may sit
// behind one, and each begins with some dozens of files.
func pages(requests int) int {
	if requests <= 0 {
		return 0
	}
	return max(10*requests, 1200)
}

func (c *count) set(perMinute, ofKey int, now time.Time) {
	c.perMinute, c.ofKey = perMinute, ofKey
	for who, e := range c.buckets {
		tokens := e.Value.(*bucket).tokens
		tokens.SetLimitAt(now, rate.Limit(float64(c.most(who))/60))
		tokens.SetBurstAt(now, c.most(who))
	}
}

// most is how many a minute who may, and at once.
func (c *count) most(who caller) int {
	if who.isKey() {
		return c.ofKey
	}
	return c.perMinute
}

// A verdict says whether a caller may go on, and what it has left.
type verdict struct {
	ok               bool
	counted          bool // false: there is no limit, and nothing to say about it
	limit, remaining int
	reset            time.Duration // until everything is free again
	retry            time.Duration // until the next may come, if not ok
}

// take counts one action of who towards class. Who comes with an API key must have
// something left itself and of the key; a key that has nothing left costs its user
// nothing.
func (l *limiter) take(of class, who caller) verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, cost := l.counts["requests"], 1
	switch of {
	case unlimited:
		return verdict{ok: true}
	case expensive:
		cost = 10
	case messageClass:
		c = l.counts["messages"]
	case uploadClass:
		c = l.counts["uploads"]
	case signInClass:
		c = l.counts["sign_ins"]
	case beatClass:
		c = l.counts["beats"]
	case pageClass:
		c = l.counts["pages"]
	}
	if !l.limits.Enabled || c.perMinute <= 0 {
		return verdict{ok: true}
	}
	if !who.isKey() {
		return c.take(who, cost, l.now())
	}
	key := c.take(caller{key: who.key}, cost, l.now())
	if !key.ok {
		return key
	}
	who.key = [16]byte{}
	v := c.take(who, cost, l.now())
	if v.ok && key.remaining < v.remaining {
		return key
	}
	return v
}

func (c *count) take(who caller, cost int, now time.Time) verdict {
	tokens, most := c.of(who), c.most(who)
	cost = min(cost, most)
	v := verdict{ok: tokens.AllowN(now, cost), counted: true, limit: most}
	left := max(tokens.TokensAt(now), 0)
	v.remaining = int(left)
	v.reset = wait(float64(most)-left, most)
	if !v.ok {
		v.retry = wait(float64(cost)-left, most)
	}
	return v
}

// wait is how long it takes until so many tokens have come.
func wait(tokens float64, perMinute int) time.Duration {
	return time.Duration(tokens / float64(perMinute) * float64(time.Minute)).Round(time.Microsecond)
}

// allow counts one action of who towards class and says whether it may go on,
// or in what time the next may. The socket asks it for every frame.
func (l *limiter) allow(of class, who caller) (ok bool, retry time.Duration) {
	v := l.take(of, who)
	return v.ok, v.retry
}

// of returns the bucket of who, a full one for who is new.
func (c *count) of(who caller) *rate.Limiter {
	if e, ok := c.buckets[who]; ok {
		c.order.MoveToFront(e)
		return e.Value.(*bucket).tokens
	}
	if len(c.buckets) >= maxCallers {
		oldest := c.order.Back()
		delete(c.buckets, c.order.Remove(oldest).(*bucket).who)
	}
	b := &bucket{who: who, tokens: rate.NewLimiter(rate.Limit(float64(c.most(who))/60), c.most(who))}
	c.buckets[who] = c.order.PushFront(b)
	return b.tokens
}
