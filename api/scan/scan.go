// Package scan asks a virus scanner: clamd, by its INSTREAM command, over a Unix
// or a TCP socket. It asks for a connection to the one address that it was made
// for, and opens none by TCP itself.
package scan

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// ErrDown says that the scanner cannot be asked: the file that it was to look at
// is as unknown as before.
var ErrDown = errors.New("the virus scanner does not answer")

// A Verdict is what the scanner says of one file. Neither Signature nor Failed
// means that it found nothing.
type Verdict struct {
	Signature string // what was found; "" if nothing
	Failed    string // why the scanner could not look at it, for people; "" if it could
}

// A Scanner is a clamd at one address. It is safe for concurrent use; every call
// has a connection of its own.
type Scanner struct {
	network, address string
	timeout          time.Duration
	dial             Dial // of a Unix socket nil
}

// A Dial opens a connection, as net.Dialer does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// now is the clock of deadlines, which are the machine's.
var now = time.Now

// chunk is how many bytes go to the scanner at a time.
const chunk = 64 << 10

// errAddress says how the address of a scanner is written.
var errAddress = errors.New("must be such as unix:/run/clamav/clamd.ctl or tcp://127.0.0.1:3310")

// New returns the scanner at unix:/run/clamav/clamd.ctl or tcp://host:3310. It
// does not dial. A scanner that says and takes nothing for timeout is down. By
// TCP it is reached through dial alone, which must be there; a Unix socket is on
// this machine and needs none.
func New(address string, timeout time.Duration, dial Dial) (*Scanner, error) {
	network, at, err := AddressOf(address)
	if err != nil {
		return nil, err
	}
	if network == "tcp" && dial == nil {
		return nil, errors.New("cannot be reached by TCP: nothing dials")
	}
	return &Scanner{network, at, timeout, dial}, nil
}

// AddressOf returns what the scanner at an address is reached by, as net.Dial takes
// it: unix and a path, or tcp and a host with its port.
func AddressOf(address string) (network, at string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", errAddress
	}
	switch {
	case u.RawQuery != "" || u.Fragment != "":
	case u.Scheme == "unix" && u.Host == "" && filepath.IsAbs(u.Path):
		return "unix", u.Path, nil
	case u.Scheme == "tcp" && u.Hostname() != "" && u.User == nil && strings.Trim(u.Path, "/") == "":
		port := u.Port()
		if port == "" {
			port = "3310"
		}
		return "tcp", net.JoinHostPort(u.Hostname(), port), nil
	}
	return "", "", errAddress
}

// Version returns the scanner with the version of its signatures, such as
// "ClamAV 1.4.3/27800"; without published signatures it says no second part.
func (s *Scanner) Version(ctx context.Context) (string, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return "", err
	}
	defer c.close()
	if err := c.write([]byte("zVERSION\x00")); err != nil {
		return "", down(err)
	}
	said, err := c.reply()
	if err != nil {
		return "", down(err)
	}
	parts := strings.SplitN(said, "/", 3) // the third is when the signatures were made
	if !strings.HasPrefix(said, "ClamAV") {
		return "", fmt.Errorf("%w: it speaks another protocol", ErrDown)
	}
	return strings.Join(parts[:min(2, len(parts))], "/"), nil
}

// Scan has the scanner look at the bytes of r. An error that is ErrDown is about
// the scanner, any other about r or ctx.
func (s *Scanner) Scan(ctx context.Context, r io.Reader) (Verdict, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return Verdict{}, err
	}
	defer c.close()
	sendErr, readErr := c.stream(r)
	if readErr != nil {
		return Verdict{}, readErr
	}
	// Where it takes no more, such as beyond StreamMaxLength, it has said why.
	said, err := c.reply()
	if err != nil {
		if ctx.Err() != nil {
			return Verdict{}, ctx.Err()
		}
		return Verdict{}, down(errors.Join(sendErr, err))
	}
	return verdict(said)
}

// verdict reads what clamd says of a stream.
func verdict(said string) (Verdict, error) {
	said = strings.TrimSpace(strings.TrimPrefix(said, "stream: "))
	switch {
	case said == "OK":
		return Verdict{}, nil
	case strings.HasSuffix(said, " FOUND"):
		return Verdict{Signature: strings.TrimSuffix(said, " FOUND")}, nil
	case strings.HasPrefix(said, "INSTREAM size limit exceeded"):
		return Verdict{Failed: "the file is larger than the scanner takes (StreamMaxLength)"}, nil
	case strings.HasSuffix(said, " ERROR"):
		return Verdict{Failed: "the scanner says: " + strings.TrimSuffix(said, " ERROR")}, nil
	}
	return Verdict{}, fmt.Errorf("%w: its answer cannot be read", ErrDown)
}

func down(err error) error { return fmt.Errorf("%w: %w", ErrDown, err) }

// A conn is one connection. Every read and write ends by the scanner's time-out
// or with the context.
type conn struct {
	net.Conn
	timeout time.Duration
	stop    func() bool
}

func (s *Scanner) connect(ctx context.Context) (*conn, error) {
	c, err := s.open(ctx)
	if err != nil {
		return nil, down(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Close() }) // wakes who reads or writes
	return &conn{c, s.timeout, stop}, nil
}

func (s *Scanner) open(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, min(s.timeout, 5*time.Second))
	defer cancel()
	if s.network == "unix" {
		return (&net.Dialer{}).DialContext(ctx, "unix", s.address)
	}
	return s.dial(ctx, s.network, s.address)
}

func (c *conn) close() {
	c.stop()
	_ = c.Close()
}

func (c *conn) write(b []byte) error {
	if err := c.SetDeadline(now().Add(c.timeout)); err != nil {
		return err
	}
	_, err := c.Write(b)
	return err
}

// stream sends r in chunks, each behind its length, and an empty one.
func (c *conn) stream(r io.Reader) (sendErr, readErr error) {
	if err := c.write([]byte("zINSTREAM\x00")); err != nil {
		return err, nil
	}
	buf := make([]byte, 4+chunk)
	for {
		n, err := io.ReadFull(r, buf[4:])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return nil, err
		}
		if n > 0 {
			binary.BigEndian.PutUint32(buf, uint32(n))
			if err := c.write(buf[:4+n]); err != nil {
				return err, nil
			}
		}
		if err != nil {
			return c.write(make([]byte, 4)), nil
		}
	}
}

// reply reads what the scanner says, up to the NUL or the end.
func (c *conn) reply() (string, error) {
	if err := c.SetReadDeadline(now().Add(c.timeout)); err != nil {
		return "", err
	}
	b, err := io.ReadAll(io.LimitReader(untilNUL{c}, 4<<10))
	if said := strings.TrimRight(string(b), "\x00\n"); said != "" {
		return said, nil
	}
	return "", errors.Join(err, io.ErrUnexpectedEOF)
}

// untilNUL ends where a NUL was read.
type untilNUL struct{ r io.Reader }

func (u untilNUL) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err == nil && bytes.IndexByte(p[:n], 0) >= 0 {
		err = io.EOF
	}
	return n, err
}
