package main

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSystemdIsTold listens where systemd would.
func TestSystemdIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "300000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))

	told := make(chan string, 64)
	go func() {
		defer close(told)
		b := make([]byte, 1024)
		for {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			told <- string(b[:n])
		}
	}()
	wait := func(want string) {
		t.Helper()
		var heard []string
		for {
			select {
			case got := <-told:
				if got == want {
					return
				}
				heard = append(heard, got)
			case <-time.After(patience):
				t.Fatalf("was not told %s, only %s", want, strings.Join(heard, ", "))
			}
		}
	}

	l := testConfig(t)
	s, err := start(t.Context(), l, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	wait("READY=1")
	wait("WATCHDOG=1") // the one at the start
	wait("WATCHDOG=1") // and again
	if err := s.stop(time.Second); err != nil {
		t.Error(err)
	}
	wait("STOPPING=1")
}
