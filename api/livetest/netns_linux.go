package livetest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A Network is two network namespaces with a cable between them. Nothing of it is
// seen from outside, and nothing outside from it.
type Network struct {
	testing.TB
	Server, Client string // names of the namespaces
	Address        string // of the server's end
}

// NewNetwork makes one, which needs root and iproute2. Where that cannot be had the
// test is skipped and says so; in CI it must be.
func NewNetwork(tb testing.TB) *Network {
	tb.Helper()
	tag := fmt.Sprintf("%x", os.Getpid())
	n := &Network{TB: tb, Server: "parley-s" + tag, Client: "parley-c" + tag, Address: "10.231.7.1"}
	if err := n.ip("netns", "add", n.Server); err != nil {
		if os.Getenv("CI") != "" {
			tb.Fatalf("in CI this has to work: %v", err)
		}
		tb.Skipf("needs root and iproute2 to make a network namespace: %v", err)
	}
	tb.Cleanup(func() { n.must("netns", "del", n.Server) })
	n.must("netns", "add", n.Client)
	tb.Cleanup(func() { n.must("netns", "del", n.Client) })
	n.must("-n", n.Server, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", n.Client)
	n.must("-n", n.Server, "addr", "add", n.Address+"/24", "dev", "cable")
	n.must("-n", n.Client, "addr", "add", "10.231.7.2/24", "dev", "cable")
	for _, name := range []string{n.Server, n.Client} {
		n.must("-n", name, "link", "set", "lo", "up")
		n.must("-n", name, "link", "set", "cable", "up")
	}
	return n
}

// Cut pulls the cable out at the client's end.
func (n *Network) Cut() {
	n.Helper()
	n.must("-n", n.Client, "link", "set", "cable", "down")
}

func (n *Network) ip(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %v: %w %s", args, err, out)
	}
	return nil
}

func (n *Network) must(args ...string) {
	n.Helper()
	if err := n.ip(args...); err != nil {
		n.Error(err)
	}
}

// Dialer opens connections from inside a namespace. They belong to it for good.
func (n *Network) Dialer(namespace string) Dialer {
	return func(address string) (net.Conn, error) {
		type result struct {
			conn net.Conn
			err  error
		}
		got := make(chan result)
		go func() {
			// Never unlocked: the thread ends with the goroutine, and is not used again.
			runtime.LockOSThread()
			conn, err := dialIn("/run/netns/"+namespace, address)
			got <- result{conn, err}
		}()
		r := <-got
		return r.conn, r.err
	}
}

func dialIn(namespace, address string) (net.Conn, error) {
	f, err := os.Open(namespace)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("entering %s: %w", namespace, err)
	}
	return net.DialTimeout("tcp", address, Patience)
}
