// Package egress is the only door out: every connection that Parley opens goes
// through one guard, which lets out what a setting names and nothing else. It is
// asked twice, by name before anything is looked up, and by address at the socket,
// after the look-up and before the first packet.
package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A Target is one place that a setting names.
type Target struct {
	Setting string `json:"setting"` // such as model.openai.base_url
	Host    string `json:"host"`    // a name or an address, without brackets
	Port    string `json:"port"`
}

// Address is what is dialled, as net.Dial takes it.
func (t Target) Address() string { return net.JoinHostPort(t.Host, t.Port) }

// A RefusedError says that a connection was not made, and why.
type RefusedError struct{ Address, Why string }

// Error is one line for a log.
func (e *RefusedError) Error() string { return "refused to connect to " + e.Address + ": " + e.Why }

// A Refusal is a connection that was not let out.
type Refusal struct {
	At      time.Time `json:"at"`
	Address string    `json:"address"`
	Why     string    `json:"why"`
}

// maxRefusals is how many of the last refusals are kept.
const maxRefusals = 100

// A Guard dials for everyone. It is safe for concurrent use.
type Guard struct {
	now      func() time.Time
	targets  []Target
	resolver *net.Resolver // nil: the system's

	dialled, refused atomic.Uint64

	mu   sync.Mutex
	last []Refusal
}

// New makes a guard that lets out what the targets name. The error is about a
// target's spelling: an address must be written the way that it is shown, so
// that nobody has to guess what 0x7f.1 or 2130706433 is.
func New(targets ...Target) (*Guard, error) {
	g := &Guard{targets: targets}
	g.now = time.Now
	for i := range g.targets {
		t := &g.targets[i]
		t.Host = strings.ToLower(t.Host)
		if err := checkHost(t.Host); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Setting, err)
		}
	}
	return g, nil
}

// checkHost refuses what some resolvers take for an address and others do not.
func checkHost(host string) error {
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	label := host[strings.LastIndexByte(strings.TrimSuffix(host, "."), '.')+1:]
	if digits := strings.TrimRight(label, "."); digits == "" || '0' <= digits[0] && digits[0] <= '9' {
		return fmt.Errorf("the host %q is neither a name nor an address such as 192.0.2.1", host)
	}
	return nil
}

// Targets returns what may be dialled.
func (g *Guard) Targets() []Target { return slices.Clone(g.targets) }

// Dialled returns how many connections were made.
func (g *Guard) Dialled() uint64 { return g.dialled.Load() }

// Refused returns how many connections were refused, and the last of them, the
// oldest first.
func (g *Guard) Refused() (uint64, []Refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refused.Load(), slices.Clone(g.last)
}

// DialContext connects to an address that a target names, as net.Dialer does.
// Whatever else is asked for is a *RefusedError, without a look-up.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, g.refuse(address, "this is no address")
	}
	i := slices.IndexFunc(g.targets, func(t Target) bool { return t.Host == strings.ToLower(host) && t.Port == port })
	if i < 0 || !strings.HasPrefix(network, "tcp") {
		return nil, g.refuse(address, "no setting names it")
	}
	t := g.targets[i]
	d := &net.Dialer{KeepAlive: 15 * time.Second, Resolver: g.resolver, Control: func(_, address string, _ syscall.RawConn) error {
		if why := t.forbids(address); why != "" {
			return g.refuse(address, why)
		}
		return nil
	}}
	conn, err := d.DialContext(ctx, network, t.Address())
	if err == nil {
		g.dialled.Add(1)
	}
	return conn, err
}

// refuse notes a refusal and returns it.
func (g *Guard) refuse(address, why string) error {
	g.refused.Add(1)
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.last) == maxRefusals {
		g.last = slices.Delete(g.last, 0, 1)
	}
	g.last = append(g.last, Refusal{g.now().UTC(), address, why})
	return &RefusedError{address, why}
}

// forbids says why the address that a target's name led to is not dialled, or "".
func (t Target) forbids(address string) string {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return "this is no address"
	}
	if at.Addr().Zone() == "" {
		if named, err := netip.ParseAddr(t.Host); err == nil && plain(named) == plain(at.Addr()) {
			return "" // the setting says exactly this
		}
	}
	return special(at.Addr())
}

// Resolve looks a target up and says of each of its addresses why it is not
// dialled ("" where it is).
func (g *Guard) Resolve(ctx context.Context, t Target) (map[netip.Addr]string, error) {
	list, err := cmpResolver(g.resolver).LookupNetIP(ctx, "ip", t.Host)
	if err != nil {
		return nil, err
	}
	out := map[netip.Addr]string{}
	for _, a := range list {
		out[plain(a)] = t.forbids(netip.AddrPortFrom(a, 1).String())
	}
	return out, nil
}

func cmpResolver(r *net.Resolver) *net.Resolver {
	if r == nil {
		return net.DefaultResolver
	}
	return r
}

// IsRefused says whether err is, or wraps, a refusal.
func IsRefused(err error) bool {
	_, ok := errors.AsType[*RefusedError](err)
	return ok
}
