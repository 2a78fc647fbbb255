package livetest

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

// A Manager is what systemd is for the program: it hears what a service tells.
type Manager struct {
	testing.TB
	Socket string // for NOTIFY_SOCKET
	told   chan string
}

// NewManager listens where a service of type notify speaks.
func NewManager(tb testing.TB) *Manager {
	tb.Helper()
	m := &Manager{TB: tb, Socket: filepath.Join(tb.TempDir(), "notify"), told: make(chan string, 1000)}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.Socket, Net: "unixgram"})
	if err != nil {
		tb.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b := make([]byte, 1024)
		for {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			m.told <- string(b[:n])
		}
	}()
	tb.Cleanup(func() {
		_ = conn.Close()
		<-ended
	})
	return m
}

// Hear waits until the service has told want, and returns what it told before.
func (m *Manager) Hear(want string) (before []string) {
	m.Helper()
	for {
		select {
		case got := <-m.told:
			if got == want {
				return before
			}
			before = append(before, got)
		case <-time.After(Patience):
			m.Fatalf("the service does not tell %s, only %q", want, before)
		}
	}
}
