package rest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/parley-app/parley/api/hub"
)

// A wire is a client that writes its own bytes.
type wire struct {
	testing.TB
	net.Conn
	in *bufio.Reader
}

func (w *live) wire(who string) *wire {
	w.Helper()
	token := w.signIn(who).AccessToken
	conn, err := net.Dial("tcp", w.address)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, err = io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: "+w.address+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer "+token+"\r\n\r\n")
	if err != nil {
		w.Fatal(err)
	}
	x := &wire{w.TB, conn, bufio.NewReader(conn)}
	r, err := http.ReadResponse(x.in, nil)
	if err != nil || r.StatusCode != http.StatusSwitchingProtocols {
		w.Fatalf("handshake: %v, %v", r, err)
	}
	if op, text := x.frame(); op != websocket.TextMessage || !strings.Contains(text, "connection_established") {
		w.Fatalf("the first frame is %d %q", op, text)
	}
	return x
}

// masked makes a frame as a client has to: first is its first byte.
func masked(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...) // a mask of zeros
}

func (x *wire) write(b ...byte) {
	if _, err := x.Conn.Write(b); err != nil {
		x.Logf("write: %v", err) // the server may have gone, which the test reads
	}
}

// frame reads one frame.
func (x *wire) frame() (op byte, payload string) {
	x.Helper()
	var head [2]byte
	if _, err := io.ReadFull(x.in, head[:]); err != nil {
		x.Fatalf("no frame: %v", err)
	}
	n := uint64(head[1])
	if size := map[uint64]int{126: 2, 127: 8}[n]; size > 0 {
		var long [8]byte
		if _, err := io.ReadFull(x.in, long[8-size:]); err != nil {
			x.Fatal(err)
		}
		n = binary.BigEndian.Uint64(long[:])
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(x.in, b); err != nil {
		x.Fatal(err)
	}
	return head[0] & 0xf, string(b)
}

// closed reads to the close frame and returns its code.
func (x *wire) closed() int {
	x.Helper()
	for {
		if op, payload := x.frame(); op == websocket.CloseMessage {
			if len(payload) < 2 {
				return websocket.CloseNoStatusReceived
			}
			return int(binary.BigEndian.Uint16([]byte(payload)))
		}
	}
}

const (
	finText   = 0x81
	finBinary = 0x82
	finMore   = 0x80
	finClose  = 0x88
	finPing   = 0x89
	finPong   = 0x8a
	openText  = 0x01
	openMore  = 0x00
)

func TestBadFramesCloseTheSocket(t *testing.T) {
	w := newLive(t)
	long := `{"type":"send_message","content":"` + strings.Repeat("x", 300<<10) + `"}`
	for name, tt := range map[string]struct {
		bytes []byte
		code  int
	}{
		"announces 2^63-1":     {append([]byte{finText, 0x80 | 127}, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4), 1009},
		"announces a gigabyte": {append([]byte{finText, 0x80 | 127}, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4), 1009},
		"binary":               {masked(finBinary, `{"type":"heartbeat"}`), 4400},
		"broken UTF-8":         {masked(finText, "{\"type\":\"heartbeat\xff\"}"), 4400},
		"cut rune":             {masked(finText, "{\"type\":\"\xe2\x82\"}"), 4400},
		"surrogates in UTF-8":  {masked(finText, "{\"type\":\"\xed\xa0\x80\"}"), 4400},
		"too deep":             {masked(finText, strings.Repeat("[", 100)+strings.Repeat("]", 100)), 4400},
		"too deep, unclosed":   {masked(finText, strings.Repeat(`{"a":`, 50_000)), 4400},
		"too big":              {masked(finText, long), 1009},
		"too big in pieces":    {append(append(masked(openText, long[:200<<10]), masked(openMore, long[:50<<10])...), masked(finMore, long[:50<<10])...), 1009},
		"claims to be huge":    {append([]byte{finText, 0x80 | 127}, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 'x'), 0},
		"not masked":           {[]byte{finText, 2, '{', '}'}, 1002},
		"reserved bit":         {masked(finText|0x40, `{}`), 1002},
		"unknown opcode":       {masked(0x83, `{}`), 1002},
		"long ping":            {masked(finPing, strings.Repeat("x", 126)), 1002},
		"ping in pieces":       {masked(0x09, "x"), 1002},
		"continues nothing":    {masked(finMore, `{}`), 1002},
		"text inside text":     {append(masked(openText, `{`), masked(finText, `}`)...), 1002},
		"closes with 1005":     {masked(finClose, "\x03\xed"), 1002},
		"half a close code":    {masked(finClose, "\x03"), 1005},
		"closes":               {masked(finClose, "\x03\xe8bye"), 1000},
		"closes with its own":  {masked(finClose, "\x0f\xa0"), 4000},
	} {
		t.Run(name, func(t *testing.T) {
			x := w.wire("ann")
			x.TB = t
			if tt.code == 0 { // more than we would ever read: it must not be waited for
				x.write(tt.bytes...)
				x.write(make([]byte, 300<<10)...)
				tt.code = 1009
			} else {
				x.write(tt.bytes...)
			}
			if code := x.closed(); code != tt.code {
				t.Errorf("closed with %d, want %d", code, tt.code)
			}
			_ = x.Conn.(*net.TCPConn).CloseWrite()
			if n, err := io.Copy(io.Discard, x.in); n > 0 {
				t.Errorf("%d bytes after the close frame, %v", n, err)
			}
		})
	}
	// What is too big is counted as that, at its head (1006: the websocket package has
	// written the close frame) and at its end.
	for code, n := range map[string]int{"1006": 3, "1009": 2} {
		want := fmt.Sprintf("parley_live_closed_total{code=%q,reason=%q} %d\n", code, tooBig, n)
		w.eventually(t, func() bool { return strings.Contains(w.metrics(), want) })
	}
}

func (w *live) metrics() string {
	r, err := http.Get("http://" + w.address + "/metrics")
	if err != nil {
		w.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		w.Fatal(err)
	}
	return string(text)
}

func TestFragmentsAndPings(t *testing.T) {
	w := newLive(t)
	x := w.wire("ann")
	for _, part := range [][]byte{
		masked(openText, `{"type":"heart`), masked(finPing, "are you there?"), masked(openMore, ``), masked(openMore, `beat","request_id":"ü`[:21]),
		masked(finPong, "unasked"), masked(finMore, `beat","request_id":"ü`[21:]+`"}`),
	} {
		for _, b := range part {
			x.write(b) // TCP may cut anywhere
		}
	}
	var got []string
	for range 3 {
		op, text := x.frame()
		if op == websocket.PongMessage {
			text = "pong " + text
		}
		got = append(got, text)
	}
	all := strings.Join(got, "\n")
	if got[0] != "pong are you there?" || !strings.Contains(all, "heartbeat_ack") || !strings.Contains(all, `{"type":"ack","request_id":"ü"}`) {
		t.Errorf("got %q", got)
	}
}

func TestClientThatDoesNotAnswerTheClose(t *testing.T) {
	w := newLive(t)
	x := w.wire("ann")
	before := time.Now()
	w.hub.KickWhere(func(hub.Label) bool { return true }, 4403, "no longer allowed")
	if code := x.closed(); code != 4403 {
		t.Errorf("closed with %d", code)
	}
	if _, err := x.in.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("then %v", err)
	}
	if took := time.Since(before); took > 10*closeWait { // by itself, it would wait for ever
		t.Errorf("it was waited for %v", took)
	}
}

func TestSilentClientIsClosed(t *testing.T) {
	w := newLive(t, func(o *Options) {
		o.Heartbeat = Heartbeat{Interval: 50 * time.Millisecond, Timeout: 3 * time.Second}
	})
	silent := w.wire("ann")
	pings := 0
	for op, payload := silent.frame(); ; op, payload = silent.frame() {
		if op == websocket.PingMessage {
			pings++
			continue
		}
		if code := binary.BigEndian.Uint16([]byte(payload)); op != websocket.CloseMessage || code != 4408 {
			t.Errorf("op %d, code %d", op, code)
		}
		break
	}
	if pings < 2 {
		t.Errorf("%d pings before", pings)
	}
}

func TestSignsOfLife(t *testing.T) {
	w := newLive(t, func(o *Options) {
		o.Heartbeat = Heartbeat{Interval: 50 * time.Millisecond, Timeout: 5 * time.Second} // for which a busy machine may hold them up
	})
	for name, sign := range map[string][]byte{
		"pong": masked(finPong, ""), "ping": masked(finPing, "x"), "frame": masked(finText, `{"type":"heartbeat"}`), "bad frame": masked(finText, `?`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := w.wire("ann")
			x.TB = t
			for pings := 0; pings < 120; { // longer than the time-out
				op, payload := x.frame()
				if op == websocket.CloseMessage {
					t.Fatalf("closed after %d pings: %q", pings, payload)
				}
				if op == websocket.PingMessage {
					pings++
					x.write(sign...)
				}
			}
		})
	}
}

func TestClientThatReadsNothing(t *testing.T) {
	w := newLive(t, func(o *Options) {
		o.Heartbeat = Heartbeat{Interval: 100 * time.Millisecond, Timeout: 10 * time.Second} // for which a busy machine may hold up the good one
	})
	conn := w.wire("ann")
	_ = conn.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	conn.write(masked(finText, w.fill(`{"type":"subscribe","thread_id":"THREAD"}`))...)
	conn.frame() // subscribed
	good := w.dial("ann", "/ws")
	good.send(w.fill(`{"type":"subscribe","thread_id":"THREAD"}`))
	good.next("subscribed")
	big := []byte(`{"type":"thread_updated","thread":{"title":"` + strings.Repeat("x", 200<<10) + `"}}`)
	for w.hub.Stats().Connections == 2 {
		w.hub.Publish(hub.ThreadTopic(w.thread.ID.String()), big)
		good.next("thread_updated", "subscribed") // never held up
		conn.write(masked(finPong, "")...)        // says that it lives, and reads nothing
	}
	good.stillWorks()
}

func TestSlowClientGetsASnapshot(t *testing.T) {
	w := newLive(t)
	x := w.wire("ann")
	x.write(masked(finText, w.fill(`{"type":"subscribe","thread_id":"THREAD"}`))...)
	x.frame()
	live, err := w.hub.Begin(hub.AnswerInfo{ThreadID: w.thread.ID.String(), MessageID: "m"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	big := []byte(`{"type":"thread_updated","x":"` + strings.Repeat("x", 100<<10) + `"}`)
	for w.hub.Stats().Dropped == 0 {
		live.Append("token ")
		w.hub.Publish(hub.ThreadTopic(w.thread.ID.String()), big)
	}
	for {
		_, text := x.frame()
		if strings.HasPrefix(text, `{"type":"subscribed"`) {
			content, _ := live.Snapshot()
			if !strings.Contains(text, `"content":"`+content+`"`) {
				t.Errorf("the snapshot is %.200s", text)
			}
			break
		}
	}
	live.End(func() []byte { return []byte(`{"type":"stream_chunk","is_final":true}`) })
	for {
		if _, text := x.frame(); strings.Contains(text, `"is_final":true`) {
			break
		}
	}
}

func TestConnectionThatBreaks(t *testing.T) {
	w := newLive(t)
	for name, bytes := range map[string][]byte{
		"between frames": nil, "inside a header": {finText}, "inside a frame": {finText, 0x80 | 100, 0, 0, 0, 0, '{'},
	} {
		t.Run(name, func(t *testing.T) {
			x := w.wire("ann")
			x.TB = t
			x.write(bytes...)
			_ = x.Conn.(*net.TCPConn).SetLinger(0) // a reset, no goodbye
			_ = x.Conn.Close()
			w.eventually(t, func() bool { return w.hub.Stats().Connections == 0 })
		})
	}
}

// eventually waits for what nothing tells of.
func (w *live) eventually(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); {
		if time.Now().After(end) {
			t.Fatal("it did not come about")
		}
		tick := time.NewTimer(time.Millisecond)
		<-tick.C
	}
}
