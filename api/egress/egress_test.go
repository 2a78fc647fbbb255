package egress

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func target(t *testing.T, address string) Target {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return Target{"test.url", host, port}
}

func newGuard(t *testing.T, targets ...Target) *Guard {
	t.Helper()
	g, err := New(targets...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// listen counts the connections that come to an address of this machine.
func listen(t *testing.T, address string) (string, *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int32
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n.Add(1)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String(), &n
}

func TestHole10OnlyWhatASettingNamesIsDialled(t *testing.T) {
	here, _ := listen(t, "127.0.0.1:0")
	other, asked := listen(t, "127.0.0.1:0")
	g := newGuard(t, target(t, here))
	c, err := g.DialContext(t.Context(), "tcp", here)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	_, port, _ := net.SplitHostPort(here)
	for name, address := range map[string]string{
		"another port":              other,
		"another address":           "127.0.0.2:" + port,
		"a name of the same":        "localhost:" + port,
		"mapped":                    "[::ffff:127.0.0.1]:" + port,
		"decimal":                   "2130706433:" + port,
		"hexadecimal":               "0x7f000001:" + port,
		"octal":                     "0177.0.0.1:" + port,
		"short":                     "127.1:" + port,
		"with a dot":                "127.0.0.1.:" + port,
		"the port by name":          "127.0.0.1:http",
		"the port with a zero":      "127.0.0.1:0" + port,
		"a user":                    "x@127.0.0.1:" + port,
		"no port":                   "127.0.0.1",
		"a name in front":           "127.0.0.1." + "evil.example:" + port,
		"nothing":                   "",
		"a zone":                    "[::1%lo]:" + port,
		"a name that none looks up": "metadata.google.internal:80",
	} {
		conn, err := g.DialContext(t.Context(), "tcp", address)
		if !IsRefused(err) || conn != nil {
			t.Errorf("%s (%s): %v", name, address, err)
		}
	}
	for _, network := range []string{"udp", "unix", "ip"} {
		if _, err := g.DialContext(t.Context(), network, here); !IsRefused(err) {
			t.Errorf("%s: %v", network, err)
		}
	}
	if asked.Load() > 0 {
		t.Error("another port was asked")
	}
	n, last := g.Refused()
	if g.Dialled() != 1 || n != 20 || len(last) != 20 || last[0].Why == "" || last[0].At.IsZero() {
		t.Errorf("%d dialled, %d refused: %v", g.Dialled(), n, last)
	}
}

func TestHole10SpellingOfTargets(t *testing.T) {
	for host, good := range map[string]bool{
		"localhost": true, "models.lan": true, "models.lan.": true, "10.0.0.1": true, "::1": true, "fe80::1": true, "3com.example": true, "XN--HSE.example": true,
		"2130706433": false, "0x7f000001": false, "0177.0.0.1": false, "127.1": false, "127.0.0.1.": false, "1.2.3.4.5": false, "": false, ".": false, "host.0x7f": false,
	} {
		if _, err := New(Target{"a.setting", host, "80"}); (err == nil) != good || err != nil && !strings.HasPrefix(err.Error(), "a.setting: ") {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// A name leads to an address only after the setting was read; what it leads to is
// looked at where the connection is made, so nothing can change in between.
func TestHole10WhereANameLeads(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1":              "",
		"10.1.2.3":               "",
		"192.168.1.1":            "",
		"93.184.216.34":          "",
		"fd00::1":                "",
		"2001:db8::1":            "",
		"::1":                    "",
		"169.254.169.254":        "link-local",
		"169.254.0.1":            "link-local",
		"fe80::1":                "link-local",
		"::ffff:169.254.169.254": "link-local",
		"::ffff:a9fe:a9fe":       "link-local",
		"::169.254.169.254":      "link-local",
		"64:ff9b::a9fe:a9fe":     "link-local",
		"64:ff9b:1::a9fe:a9fe":   "link-local",
		"2002:a9fe:a9fe::1":      "link-local",
		"2001::5601:5601":        "link-local", // Teredo, inverted
		"::ffff:0:169.254.1.1":   "link-local",
		"100.100.100.200":        "metadata",
		"168.63.129.16":          "metadata",
		"192.0.0.192":            "metadata",
		"fd00:ec2::254":          "metadata",
		"fd20:ce::254":           "metadata",
		"0.0.0.0":                "no host",
		"0.1.2.3":                "no host",
		"::":                     "no host",
		"224.0.0.1":              "many hosts",
		"255.255.255.255":        "many hosts",
		"ff02::1":                "many hosts",
		"250.0.0.1":              "reserved",
	} {
		a := netip.MustParseAddr(address)
		got := Target{Host: "models.example"}.forbids(netip.AddrPortFrom(a, 80).String())
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
		if got := (Target{Host: address}).forbids(netip.AddrPortFrom(a, 80).String()); got != "" {
			t.Errorf("a setting names %s: %q", address, got)
		}
	}
	if got := (Target{Host: "169.254.1.1"}).forbids("169.254.169.254:80"); got == "" {
		t.Error("a setting names another link-local address")
	}
}

// The guard is asked at the socket: a name server that first gives one address
// and then another gains nothing.
func TestHole10Rebinding(t *testing.T) {
	var asked atomic.Int32
	g := newGuard(t, Target{"test.url", "models.example", "9"})
	g.resolver = fakeNames(t, func() string {
		asked.Add(1)
		return "169.254.169.254"
	})
	_, err := g.DialContext(t.Context(), "tcp", "models.example:9")
	if !IsRefused(err) || asked.Load() == 0 {
		t.Errorf("got %v after %d look-ups", err, asked.Load())
	}
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it was tried: %v", err)
	}
	if found, err := g.Resolve(t.Context(), g.Targets()[0]); err != nil || !strings.Contains(found[netip.MustParseAddr("169.254.169.254")], "link-local") {
		t.Errorf("resolved to %v, %v", found, err)
	}
}

// A redirect is one more connection, and asked about as such.
func TestHole10Redirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another host was asked") }))
	defer other.Close()
	here := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer here.Close()
	g := newGuard(t, target(t, here.Listener.Addr().String()))
	client := &http.Client{Transport: &http.Transport{DialContext: g.DialContext}} // one that follows
	defer client.CloseIdleConnections()
	resp, err := client.Get(here.URL)
	if !IsRefused(err) {
		t.Errorf("got %v, %v", resp, err)
	}
}

func TestRefusalsAreBounded(t *testing.T) {
	g := newGuard(t)
	for range 3 * maxRefusals {
		if _, err := g.DialContext(t.Context(), "tcp", "192.0.2.1:80"); !IsRefused(err) {
			t.Fatal(err)
		}
	}
	if n, last := g.Refused(); n != 3*maxRefusals || len(last) != maxRefusals {
		t.Errorf("%d refused, %d kept", n, len(last))
	}
}

// fakeNames is a resolver that is answered by the test.
func fakeNames(t *testing.T, answer func() string) *net.Resolver {
	t.Helper()
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for b := make([]byte, 512); ; {
			n, from, err := l.ReadFrom(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Additionals = true, nil
			if q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 0},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(answer()).As4()},
				}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = l.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", l.LocalAddr().String())
	}}
}

func FuzzGuard(f *testing.F) {
	g, err := New(Target{"a.setting", "127.0.0.1", "80"})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", ":", "[", "[::1]:80", "127.0.0.1:81", "a:b:c", "127.0.0.1:80 ", "\x00:80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if address == "127.0.0.1:80" {
			return
		}
		if _, err := g.DialContext(t.Context(), "tcp", address); !IsRefused(err) {
			t.Errorf("%q: %v", address, err)
		}
	})
}
