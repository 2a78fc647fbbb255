package scan_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-app/parley/api/scan"
	"github.com/parley-app/parley/api/scan/scantest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func scanner(t *testing.T, url string) *scan.Scanner {
	t.Helper()
	s, err := scan.New(url, 10*time.Second, (&net.Dialer{}).DialContext)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestClamd(t *testing.T) {
	for name, clamd := range map[string]*scantest.Clamd{"over a Unix socket": scantest.New(t), "over TCP": scantest.NewTCP(t)} {
		t.Run(name, func(t *testing.T) {
			s := scanner(t, clamd.URL)
			if v, err := s.Version(t.Context()); err != nil || !strings.HasPrefix(v, "ClamAV ") || !strings.HasSuffix(v, "/1") {
				t.Errorf("version %q, %v", v, err)
			}
			wrong := errors.New("the disk is broken")
			for name, tt := range map[string]struct {
				r    io.Reader
				want scan.Verdict
				err  error
			}{
				"clean":               {strings.NewReader("hello"), scan.Verdict{}, nil},
				"empty":               {strings.NewReader(""), scan.Verdict{}, nil},
				"many chunks":         {bytes.NewReader(make([]byte, 3<<20)), scan.Verdict{}, nil},
				"infected":            {strings.NewReader(scantest.EICAR), scan.Verdict{Signature: scantest.Signature}, nil},
				"infected at the end": {io.MultiReader(bytes.NewReader(make([]byte, 70_000)), strings.NewReader(scantest.EICAR)), scan.Verdict{Signature: scantest.Signature}, nil},
				"read in bits":        {iotest.OneByteReader(strings.NewReader(scantest.EICAR)), scan.Verdict{Signature: scantest.Signature}, nil},
				"more than it takes":  {bytes.NewReader(make([]byte, scantest.StreamMaxLength+1)), scan.Verdict{Failed: "the file is larger than the scanner takes (StreamMaxLength)"}, nil},
				"far more":            {bytes.NewReader(make([]byte, 10*scantest.StreamMaxLength)), scan.Verdict{Failed: "the file is larger than the scanner takes (StreamMaxLength)"}, nil},
				"a file that fails":   {iotest.ErrReader(wrong), scan.Verdict{}, wrong},
			} {
				got, err := s.Scan(t.Context(), tt.r)
				if got != tt.want || !errors.Is(err, tt.err) || (err != nil) != (tt.err != nil) {
					t.Errorf("%s: %+v, %v; want %+v, %v", name, got, err, tt.want, tt.err)
				}
			}
		})
	}
}

// A reader that does something before its end.
type readerThat struct {
	r  io.Reader
	do func()
}

func (r *readerThat) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err == io.EOF && r.do != nil {
		r.do()
		r.do = nil
	}
	return n, err
}

func TestClamdIsKilledInMidScan(t *testing.T) {
	clamd := scantest.New(t)
	s := scanner(t, clamd.URL)
	got, err := s.Scan(t.Context(), &readerThat{bytes.NewReader(make([]byte, 1<<20)), clamd.Kill})
	if !errors.Is(err, scan.ErrDown) || got != (scan.Verdict{}) {
		t.Errorf("killed: %+v, %v", got, err)
	}
	if _, err := s.Version(t.Context()); !errors.Is(err, scan.ErrDown) {
		t.Errorf("gone: %v", err)
	}
	clamd.Start()
	if got, err := s.Scan(t.Context(), strings.NewReader(scantest.EICAR)); got.Signature == "" || err != nil {
		t.Errorf("back again: %+v, %v", got, err)
	}
}

func TestClamdThatHangs(t *testing.T) {
	clamd := scantest.New(t)
	clamd.Pause()
	s := clamd.Scanner(200 * time.Millisecond)
	if _, err := s.Version(t.Context()); !errors.Is(err, scan.ErrDown) {
		t.Errorf("version: %v", err)
	}
	if _, err := s.Scan(t.Context(), bytes.NewReader(make([]byte, 3<<20))); !errors.Is(err, scan.ErrDown) {
		t.Errorf("scan: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := scanner(t, clamd.URL).Scan(ctx, strings.NewReader("x")); !errors.Is(err, context.Canceled) && !errors.Is(err, scan.ErrDown) {
		t.Errorf("cancelled: %v", err)
	}
}

// What answers at the address may be anything.
func TestAnswersThatAreNone(t *testing.T) {
	for _, said := range []string{"", "HTTP/1.1 400 Bad Request\r\n\r\n", "stream: ", "OK\x00OK", strings.Repeat("x", 1<<20), "\x00\x00"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan struct{})
		go func() {
			defer close(served)
			for range 2 {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.CopyN(io.Discard, c, 9)
				_, _ = io.WriteString(c, said)
				_ = c.Close()
			}
		}()
		s := scanner(t, "tcp://"+l.Addr().String())
		if v, err := s.Version(t.Context()); !errors.Is(err, scan.ErrDown) {
			t.Errorf("%.20q: version %q, %v", said, v, err)
		}
		if got, err := s.Scan(t.Context(), strings.NewReader("x")); !errors.Is(err, scan.ErrDown) {
			t.Errorf("%.20q: %+v, %v", said, got, err)
		}
		_ = l.Close()
		<-served
	}
}

func TestAddresses(t *testing.T) {
	for address, good := range map[string]bool{
		"unix:/run/clamav/clamd.ctl": true, "unix:///run/clamav/clamd.ctl": true, "tcp://127.0.0.1:3310": true, "tcp://scanner": true, "tcp://[::1]:3310/": true,
		"": false, "/run/clamav/clamd.ctl": false, "unix:clamd.ctl": false, "unix://host/x": false, "http://127.0.0.1:3310": false,
		"tcp://": false, "tcp://a:b@c": false, "tcp://x:3310/path": false, "tcp://x?y": false, "tcp://[::1": false,
	} {
		network, at, err := scan.AddressOf(address)
		if (err == nil) != good {
			t.Errorf("%q: %s %s, %v", address, network, at, err)
		}
		if s, err := scan.New(address, time.Second, (&net.Dialer{}).DialContext); (err == nil) != good {
			t.Errorf("%q: %v, %v", address, s, err)
		}
		if s, err := scan.New(address, time.Second, nil); (err == nil) != (network == "unix") {
			t.Errorf("%q without a dialer: %v, %v", address, s, err)
		}
	}
}

// By TCP it opens no connection but those that it is given.
func TestTheDialerIsAsked(t *testing.T) {
	clamd := scantest.NewTCP(t)
	refused := errors.New("refused")
	var asked []string
	s, err := scan.New(clamd.URL, 10*time.Second, func(ctx context.Context, network, address string) (net.Conn, error) {
		if asked = append(asked, network+"://"+address); len(asked) > 2 {
			return nil, refused
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Version(t.Context()); err != nil {
		t.Error(err)
	}
	if got, err := s.Scan(t.Context(), strings.NewReader(scantest.EICAR)); got.Signature == "" || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := s.Version(t.Context()); !errors.Is(err, refused) || !errors.Is(err, scan.ErrDown) {
		t.Errorf("version: %v", err)
	}
	if got, err := s.Scan(t.Context(), strings.NewReader("x")); !errors.Is(err, refused) || !errors.Is(err, scan.ErrDown) {
		t.Errorf("scan: %+v, %v", got, err)
	}
	if want := slices.Repeat([]string{clamd.URL}, 4); !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
}
