// Package scantest runs a real clamd for a test, with a signature file that knows
// the EICAR test file and nothing else.
package scantest

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api/scan"
)

// EICAR is the file that every scanner calls infected by agreement. It does
// nothing. It stands here in two parts, or scanners would take this program away.
var EICAR = `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-` + `STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

// Signature is what clamd calls it.
const Signature = "Parley-Test.EICAR.UNOFFICIAL"

// StreamMaxLength is how many bytes the clamd takes.
const StreamMaxLength = 4 << 20

// A Clamd is a scanner that the test may kill and start again.
type Clamd struct {
	URL string // of the setting scanner.url

	t      testing.TB
	folder string
	cmd    *exec.Cmd
	ended  chan struct{}
}

// New starts a clamd on a Unix socket, with signatures of version 1. It ends with
// the test. That clamd is not installed fails the test.
func New(t testing.TB) *Clamd {
	t.Helper()
	folder, err := os.MkdirTemp("", "clamd") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	c := &Clamd{URL: "unix:" + filepath.Join(folder, "s"), t: t, folder: folder}
	t.Cleanup(func() {
		c.Kill()
		_ = os.RemoveAll(folder)
	})
	c.configure("LocalSocket " + filepath.Join(folder, "s"))
	c.sign(1)
	c.Start()
	return c
}

// NewTCP is New on a free port of 127.0.0.1.
func NewTCP(t testing.TB) *Clamd {
	t.Helper()
	c := New(t)
	c.Kill()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(l.Addr().String(), ":")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c.URL = "tcp://127.0.0.1:" + port
	c.configure("TCPAddr 127.0.0.1\nTCPSocket " + port)
	c.Start()
	return c
}

// Scanner returns a client of the clamd, which dials it without a guard.
func (c *Clamd) Scanner(timeout time.Duration) *scan.Scanner {
	c.t.Helper()
	s, err := scan.New(c.URL, timeout, (&net.Dialer{}).DialContext)
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

func (c *Clamd) configure(listen string) {
	c.t.Helper()
	if err := os.MkdirAll(filepath.Join(c.folder, "db"), 0o755); err != nil {
		c.t.Fatal(err)
	}
	text := fmt.Sprintf("Foreground yes\n%s\nDatabaseDirectory %s\nStreamMaxLength %d\nMaxThreads 4\nSelfCheck 0\n", listen, filepath.Join(c.folder, "db"), StreamMaxLength)
	if os.Getuid() == 0 {
		text += "User root\n"
	}
	if err := os.WriteFile(filepath.Join(c.folder, "conf"), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// sign writes the signatures as a database of a version, unsigned, as sigtool
// makes them.
func (c *Clamd) sign(version int) {
	c.t.Helper()
	signatures := "Parley-Test.EICAR:0:*:" + hex.EncodeToString([]byte(EICAR)) + "\n"
	head := fmt.Sprintf("ClamAV-VDB:01 Jan 2026 00-00 +0000:%d:1:90:%%s:X:parley:1767225600", version)
	info := fmt.Sprintf(head, "X") + fmt.Sprintf("\ndaily.ndb:%d:%x\n", len(signatures), sha256.Sum256([]byte(signatures)))
	var b bytes.Buffer
	fmt.Fprintf(&b, "%-512s", fmt.Sprintf(head, strings.Repeat("0", 32)))
	w := tar.NewWriter(&b)
	for _, f := range [][2]string{{"daily.info", info}, {"daily.ndb", signatures}} {
		err := w.WriteHeader(&tar.Header{Name: f[0], Size: int64(len(f[1])), Mode: 0o644, Format: tar.FormatUSTAR})
		if err == nil {
			_, err = w.Write([]byte(f[1]))
		}
		if err != nil {
			c.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.folder, "db", "daily.cud"), b.Bytes(), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// Start starts the scanner and waits until it answers.
func (c *Clamd) Start() {
	c.t.Helper()
	path, err := exec.LookPath("clamd")
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/clamd")
	}
	if err != nil {
		c.t.Fatal("clamd is not installed: scripts/needs clamd installs it")
	}
	var said bytes.Buffer
	c.cmd = exec.Command(path, "-c", filepath.Join(c.folder, "conf"))
	c.cmd.Stdout, c.cmd.Stderr = &said, &said
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan struct{})
	c.ended = ended
	go func() {
		_ = c.cmd.Wait()
		close(ended)
	}()
	c.await(func(string) bool {
		select {
		case <-ended:
			c.t.Fatalf("clamd ended: %s", said.String())
		default:
		}
		return true
	})
}

// Kill ends the scanner at once, whatever it is doing.
func (c *Clamd) Kill() {
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Kill()
	<-c.ended
	c.cmd = nil
}

// Pause stops the scanner in its tracks: it takes connections and says nothing,
// until it is killed.
func (c *Clamd) Pause() { c.signal("STOP") }

func (c *Clamd) signal(name string) {
	c.t.Helper()
	if out, err := exec.Command("kill", "-"+name, fmt.Sprint(c.cmd.Process.Pid)).CombinedOutput(); err != nil {
		c.t.Fatalf("%v: %s", err, out)
	}
}

// Update gives the scanner signatures of another version, and waits until it uses
// them. They know the same.
func (c *Clamd) Update(version int) {
	c.t.Helper()
	c.sign(version)
	c.Kill()
	c.Start()
	c.await(func(said string) bool { return strings.HasSuffix(said, fmt.Sprint("/", version)) })
}

// await asks for the version until done says yes.
func (c *Clamd) await(done func(version string) bool) {
	c.t.Helper()
	s := c.Scanner(5 * time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		said, err := s.Version(ctx)
		if done(said) && err == nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	c.t.Fatal("clamd does not answer")
}
