package livetest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// A Raw is a socket whose bytes a test writes itself, right or wrong.
type Raw struct {
	net.Conn
	in *bufio.Reader
}

// The first bytes of frames that are whole.
const (
	TextFrame   = 0x81
	BinaryFrame = 0x82
	PongFrame   = 0x8a
)

// OpenRaw opens a socket. buffer is how many bytes the system may hold for it unread,
// 0 for its own choice.
func OpenRaw(s *Server, path string, buffer int) (*Raw, error) {
	conn, err := s.place.Dial.orDefault()(s.Address())
	if err != nil {
		return nil, err
	}
	if t, ok := conn.(*net.TCPConn); ok && buffer > 0 {
		_ = t.SetReadBuffer(buffer)
	}
	x := &Raw{conn, bufio.NewReaderSize(conn, 512)}
	_ = conn.SetDeadline(time.Now().Add(Patience))
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer %s\r\n\r\n", path, s.Address(), s.Token)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	r, err := http.ReadResponse(x.in, nil)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusSwitchingProtocols {
		return nil, errors.Join(errors.New(r.Status), conn.Close())
	}
	return x, nil
}

// Frame makes a frame as a client has to, masked (with zeros); first is its first
// byte.
func Frame(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// Closed reads to the close frame and returns its code.
func (x *Raw) Closed() (int, error) {
	for {
		first, payload, err := x.Next()
		switch {
		case err != nil:
			return 0, err
		case first&0xf == 8 && len(payload) >= 2:
			return int(binary.BigEndian.Uint16(payload)), nil
		case first&0xf == 8:
			return 1005, nil
		}
	}
}

// Next reads one frame.
func (x *Raw) Next() (first byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(x.in, head[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1])
	if size := map[uint64]int{126: 2, 127: 8}[n]; size > 0 {
		var long [8]byte
		if _, err := io.ReadFull(x.in, long[8-size:]); err != nil {
			return 0, nil, err
		}
		n = binary.BigEndian.Uint64(long[:])
	}
	if n > 64<<20 {
		return 0, nil, fmt.Errorf("a frame of %d bytes", n)
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(x.in, payload)
	return head[0], payload, err
}
