package rest

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

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
}

// A class says which limit a route counts towards. The zero class is none at
// all, and a mistake in the table.
type class uint8

const (
	unclassed    class = iota
	unlimited          // probes and the page's files
	readClass          // one of RequestsPerMinute
	writeClass         // one of RequestsPerMinute
	expensive          // ten of RequestsPerMinute
	messageClass       // one of MessagesPerMinute
	uploadClass        // one of UploadsPerMinute
	signInClass        // one of SignInsPerMinute
	beatClass          // signs of life: as many as RequestsPerMinute, but of their own
)

var classNames = [...]string{"", "none", "read", "write", "expensive", "message", "upload", "sign_in", "heartbeat"}

func (c class) String() string { return classNames[c] }

// maxCallers bounds the memory of one kind of limit (about 200 bytes each). The
// caller that was quiet longest is forgotten first, and with it what it used.
const maxCallers = 8192

// A caller is whom a limit counts: a user or an address.
type caller struct {
	user bool
	id   [16]byte
}

func callerUser(id store.ID) caller { return caller{user: true, id: id} }

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
	for _, name := range []string{"requests", "messages", "sign_ins", "uploads", "beats"} {
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
	l.counts["requests"].set(limits.RequestsPerMinute, l.now())
	l.counts["messages"].set(limits.MessagesPerMinute, l.now())
	l.counts["sign_ins"].set(limits.SignInsPerMinute, l.now())
	l.counts["uploads"].set(limits.UploadsPerMinute, l.now())
	l.counts["beats"].set(beats(limits.RequestsPerMinute), l.now())
}

// beats is how many signs of life one user's sockets may give: not less than some
// tabs need, however few requests are allowed, or they would be closed for it.
func beats(requests int) int {
	if requests <= 0 {
		return 0
	}
	return max(requests, 120)
}

func (c *count) set(perMinute int, now time.Time) {
	c.perMinute = perMinute
	for _, e := range c.buckets {
		tokens := e.Value.(*bucket).tokens
		tokens.SetLimitAt(now, rate.Limit(float64(perMinute)/60))
		tokens.SetBurstAt(now, perMinute)
	}
}

// A verdict says whether a caller may go on, and what it has left.
type verdict struct {
	ok               bool
	counted          bool // false: there is no limit, and nothing to say about it
	limit, remaining int
	reset            time.Duration // until everything is free again
	retry            time.Duration // until the next may come, if not ok
}

// take counts one action of who towards class.
func (l *limiter) take(of class, who caller) verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, cost := l.counts["requests"], 1
	switch of {
	case unlimited:
		return verdict{ok: true}
	case expensive:
		cost = min(10, c.perMinute)
	case messageClass:
		c = l.counts["messages"]
	case uploadClass:
		c = l.counts["uploads"]
	case signInClass:
		c = l.counts["sign_ins"]
	case beatClass:
		c = l.counts["beats"]
	}
	if !l.limits.Enabled || c.perMinute <= 0 {
		return verdict{ok: true}
	}
	return c.take(who, cost, l.now())
}

func (c *count) take(who caller, cost int, now time.Time) verdict {
	tokens := c.of(who)
	v := verdict{ok: tokens.AllowN(now, cost), counted: true, limit: c.perMinute}
	left := max(tokens.TokensAt(now), 0)
	v.remaining = int(left)
	v.reset = c.wait(float64(c.perMinute) - left)
	if !v.ok {
		v.retry = c.wait(float64(cost) - left)
	}
	return v
}

// wait is how long it takes until so many tokens have come.
func (c *count) wait(tokens float64) time.Duration {
	return time.Duration(tokens / float64(c.perMinute) * float64(time.Minute)).Round(time.Microsecond)
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
	b := &bucket{who: who, tokens: rate.NewLimiter(rate.Limit(float64(c.perMinute)/60), c.perMinute)}
	c.buckets[who] = c.order.PushFront(b)
	return b.tokens
}
