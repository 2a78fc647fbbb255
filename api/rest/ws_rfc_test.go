package rest

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

// The hard cases of RFC 6455, byte for byte. Names begin with the section that says
// what has to be. Where wire.md has a code of its own, that comes (4400 for text that
// is no UTF-8, in place of 1007).

// sent makes a frame with a mask that is not zero, as real clients send.
func sent(first byte, payload string) []byte {
	b := masked(first, payload)
	mask := []byte{0xde, 0xad, 0xbe, 0xef}
	body := b[len(b)-len(payload):]
	copy(b[len(b)-len(payload)-4:], mask)
	for i := range body {
		body[i] ^= mask[i%4]
	}
	return b
}

// unmasked makes a frame without a mask, as only a server may.
func unmasked(first byte, payload string) []byte {
	return append([]byte{first, byte(len(payload))}, payload...)
}

func frames(all ...[]byte) (b []byte) {
	for _, f := range all {
		b = append(b, f...)
	}
	return b
}

func closeFrame(code int, reason string) []byte {
	return sent(finClose, string([]byte{byte(code >> 8), byte(code)})+reason)
}

const beat = `{"type":"heartbeat","request_id":"é"}`

// TestFramesThatAreRight answers every way to cut a message that the RFC allows.
func TestFramesThatAreRight(t *testing.T) {
	w := newLive(t)
	single := func(s string) (b []byte) { // each byte in a frame of its own
		for i := range len(s) {
			first := byte(openMore)
			if i == 0 {
				first = openText
			}
			if i == len(s)-1 {
				first |= 0x80
			}
			b = append(b, sent(first, s[i:i+1])...)
		}
		return b
	}
	long := `{"type":"heartbeat","request_id":"é","x":"` + strings.Repeat("x", 70_000) + `"}`
	for name, bytes := range map[string][]byte{
		"5.3 masked":            sent(finText, beat),
		"5.3 masked with zeros": masked(finText, beat),

		"5.4 a fragment for each byte, runes too":  single(beat),
		"5.4 empty fragments everywhere":           frames(sent(openText, ""), sent(openMore, ""), sent(openMore, beat), sent(openMore, ""), sent(finMore, "")),
		"5.4 a ping between fragments":             frames(sent(openText, beat[:9]), sent(finPing, ""), sent(finMore, beat[9:])),
		"5.4 a pong between fragments":             frames(sent(openText, beat[:9]), sent(finPong, "unasked"), sent(finMore, beat[9:])),
		"5.4 many controls between fragments":      frames(sent(openText, beat[:9]), sent(finPing, "1"), sent(finPong, ""), sent(finPing, "2"), sent(openMore, ""), sent(finPing, "3"), sent(finMore, beat[9:])),
		"5.5.3 a pong that nobody asked for":       frames(sent(finPong, strings.Repeat("x", 125)), sent(finText, beat)),
		"5.2 a length of 16 bits":                  sent(finText, beat+strings.Repeat(" ", 200)),
		"5.2 a length of 64 bits, an error inside": frames(sent(finText, long), sent(finText, beat)),
		"5.2 two frames in one write":              frames(sent(finText, `{"type":"heartbeat"}`), sent(finText, beat)),
	} {
		t.Run(name, func(t *testing.T) {
			x := w.wire("ann")
			x.TB = t
			x.write(bytes...)
			for {
				op, text := x.frame()
				if op == websocket.CloseMessage {
					t.Fatalf("closed with %q", text)
				}
				if op == websocket.TextMessage && strings.Contains(text, `{"type":"ack","request_id":"é"}`) {
					return
				}
			}
		})
	}
}

// TestPingsAreAnswered with what they said, in their order.
func TestPingsAreAnswered(t *testing.T) {
	w := newLive(t)
	x := w.wire("ann")
	want := []string{"", "x", "\x00\xff\xfe", strings.Repeat("y", 125)}
	for _, ping := range want {
		x.write(sent(finPing, ping)...)
	}
	for _, ping := range want {
		op, got := x.frame()
		for op != websocket.PongMessage {
			op, got = x.frame()
		}
		if got != ping {
			t.Errorf("pong %q, want %q", got, ping)
		}
	}
}

// TestFramesThatAreWrong closes with the code of the fault.
func TestFramesThatAreWrong(t *testing.T) {
	w := newLive(t)
	cases := map[string]struct {
		bytes []byte
		code  int
	}{
		"5.1 text without a mask":               {unmasked(finText, beat[:30]), 1002},
		"5.1 a ping without a mask":             {unmasked(finPing, "x"), 1002},
		"5.1 a close without a mask":            {unmasked(finClose, "\x03\xe8"), 1002},
		"5.1 a fragment without a mask":         {frames(sent(openText, "{"), unmasked(finMore, "}")), 1002},
		"5.2 a reserved bit of a ping":          {sent(finPing|0x10, ""), 1002},
		"5.2 a reserved bit of a fragment":      {frames(sent(openText, "{"), sent(finMore|0x40, "}")), 1002},
		"5.4 a fragment that continues nothing": {sent(openMore, "x"), 1002},
		"5.4 an end that continues nothing":     {sent(finMore, ""), 1002},
		"5.4 text inside text":                  {frames(sent(openText, "{"), sent(openText, "}")), 1002},
		"5.4 binary inside text":                {frames(sent(openText, "{"), sent(finBinary, "}")), 1002},
		"5.4 continued after its end":           {frames(sent(openText, "{"), sent(finMore, "}"), sent(finMore, "x")), 1002},
		"5.4 a close between fragments":         {frames(sent(openText, beat[:5]), closeFrame(1000, "bye"), sent(finMore, beat[5:])), 1000},
		"5.5 a ping of 126 bytes":               {sent(finPing, strings.Repeat("x", 126)), 1002},
		"5.5 a pong of 70,000 bytes":            {sent(finPong, strings.Repeat("x", 70_000)), 1002},
		"5.5 a close of 126 bytes":              {closeFrame(1000, strings.Repeat("x", 124)), 1002},
		"5.5 a ping in fragments":               {frames(sent(0x09, "x"), sent(finMore, "y")), 1002},
		"5.5 a close in fragments":              {sent(0x08, "\x03\xe8"), 1002},
		"5.5.1 a reason of 123 bytes":           {closeFrame(1000, strings.Repeat("x", 123)), 1000},
		"5.5.1 a reason that is no UTF-8":       {closeFrame(1000, "\xff\xfe"), 1002},
		"5.5.1 no code at all":                  {sent(finClose, ""), 1005},
		"7.1.6 what comes after a close":        {frames(closeFrame(1001, ""), sent(finText, beat), closeFrame(4000, "")), 1001},
		"8.1 a rune cut at the end":             {frames(sent(openText, "{\"a\":\"\xc3"), sent(finMore, "")), 4400},
		"8.1 an overlong rune":                  {sent(finText, "{\"a\":\"\xc0\xaf\"}"), 4400},
		"8.1 beyond the last rune":              {sent(finText, "{\"a\":\"\xf4\x90\x80\x80\"}"), 4400},
		"8.1 a byte of the middle":              {sent(finText, "{\"a\":\"\x80\"}"), 4400},
		"5.6 binary in fragments":               {frames(sent(0x02, "{"), sent(finMore, "}")), 4400},
	}
	for bit := range 3 {
		cases[fmt.Sprint("5.2 reserved bit ", bit+1)] = struct {
			bytes []byte
			code  int
		}{sent(finText|0x40>>bit, beat), 1002}
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf} {
		cases[fmt.Sprintf("5.2 opcode %x", op)] = struct {
			bytes []byte
			code  int
		}{sent(0x80|op, ""), 1002}
	}
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		cases[fmt.Sprint("7.4 closes with ", code)] = struct {
			bytes []byte
			code  int
		}{closeFrame(code, "bye"), code}
	}
	for _, code := range []int{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		cases[fmt.Sprint("7.4 closes with ", code)] = struct {
			bytes []byte
			code  int
		}{closeFrame(code, ""), 1002}
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := w.wire("ann")
			x.TB = t
			x.write(tt.bytes...)
			if code := x.closed(); code != tt.code {
				t.Errorf("closed with %d, want %d", code, tt.code)
			}
			_ = x.Conn.(*net.TCPConn).CloseWrite()
			if n, err := io.Copy(io.Discard, x.in); n > 0 {
				t.Errorf("%d bytes after the close frame, %v", n, err)
			}
		})
	}
}

// TestHandshakes are those of section 4.2.
func TestHandshakes(t *testing.T) {
	w := newLive(t)
	token := w.signIn("ann").AccessToken
	right := map[string]string{
		"Host": w.address, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Authorization": "Bearer " + token,
	}
	for name, tt := range map[string]struct {
		line   string
		change map[string]string // "" leaves the header out
		status int
	}{
		"as it should be":                     {"GET /ws HTTP/1.1", nil, 101},
		"other letters":                       {"GET /ws HTTP/1.1", map[string]string{"Connection": "keep-alive, UPGRADE", "Upgrade": "WebSocket"}, 101},
		"with an extension":                   {"GET /ws HTTP/1.1", map[string]string{"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}, 101},
		"with a protocol":                     {"GET /ws HTTP/1.1", map[string]string{"Sec-WebSocket-Protocol": "chat, superchat"}, 101},
		"4.1 by POST":                         {"POST /ws HTTP/1.1", map[string]string{"Content-Length": "0"}, 405},
		"4.2.1 without Upgrade":               {"GET /ws HTTP/1.1", map[string]string{"Upgrade": ""}, 426},
		"4.2.1 to something else":             {"GET /ws HTTP/1.1", map[string]string{"Upgrade": "h2c"}, 426},
		"4.2.1 without Connection":            {"GET /ws HTTP/1.1", map[string]string{"Connection": ""}, 426},
		"4.2.1 without a key":                 {"GET /ws HTTP/1.1", map[string]string{"Sec-WebSocket-Key": ""}, 400},
		"4.2.1 a key that is too short":       {"GET /ws HTTP/1.1", map[string]string{"Sec-WebSocket-Key": "eA=="}, 400},
		"4.2.1 a key that is no base64":       {"GET /ws HTTP/1.1", map[string]string{"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=!"}, 400},
		"4.4 another version":                 {"GET /ws HTTP/1.1", map[string]string{"Sec-WebSocket-Version": "8"}, 426},
		"4.4 without a version":               {"GET /ws HTTP/1.1", map[string]string{"Sec-WebSocket-Version": ""}, 426},
		"4.2.2 without rights, before all":    {"GET /ws HTTP/1.1", map[string]string{"Authorization": "", "Sec-WebSocket-Key": "x"}, 401},
		"a thread that is not there":          {"GET /ws/chat/01890000-0000-7000-8000-000000000000 HTTP/1.1", nil, 404},
		"10.2 by a page of another site":      {"GET /ws HTTP/1.1", map[string]string{"Origin": "https://evil.example.org"}, 403},
		"10.2 by a page without any address":  {"GET /ws HTTP/1.1", map[string]string{"Origin": "null"}, 403},
		"10.2 by the page of another machine": {"GET /ws HTTP/1.1", map[string]string{"Origin": "http://" + w.address + ".evil.example.org"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", w.address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(patience))
			var b strings.Builder
			b.WriteString(tt.line + "\r\n")
			headers := maps.Clone(right)
			maps.Copy(headers, tt.change)
			for name, value := range headers {
				if value != "" {
					fmt.Fprintf(&b, "%s: %s\r\n", name, value)
				}
			}
			if _, err := io.WriteString(conn, b.String()+"\r\n"); err != nil {
				t.Fatal(err)
			}
			r, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.StatusCode != tt.status {
				t.Errorf("status %d, want %d", r.StatusCode, tt.status)
			}
			if got := r.Header.Get("Sec-WebSocket-Version"); tt.status == 426 && got != "13" {
				t.Errorf("it tells version %q", got)
			}
			if tt.status != 101 {
				return
			}
			if got := r.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
				t.Errorf("accepts with %q", got)
			}
			if got := r.Header.Get("Sec-WebSocket-Extensions") + r.Header.Get("Sec-WebSocket-Protocol"); got != "" {
				t.Errorf("agrees to %q", got)
			}
		})
	}
}
