package llmtest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// Replay serves recordings, byte for byte as a real server sent them: files maps
// a path such as /v1/models to an HTTP response with its headers. It returns the
// base URL. size is how many bytes go into one TCP segment, 0 for all at once.
//
// The recordings hold chunked bodies without their framing, so that they can be
// read; Replay frames every event as one chunk, as the server did. A stream
// without [DONE] ends with the connection, for so it was recorded.
func Replay(tb testing.TB, size int, files map[string][]byte) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	conns := map[net.Conn]bool{}
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns[conn] = true
			mu.Unlock()
			all.Go(func() {
				defer conn.Close()
				replay(conn, size, files)
			})
		}
	})
	tb.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return "http://" + l.Addr().String() + "/v1"
}

// replay answers requests on one connection.
func replay(conn net.Conn, size int, files map[string][]byte) {
	r := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		file := files[req.URL.Path]
		if file == nil {
			file = []byte("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n\r\n404 page not found")
		}
		out, whole := framed(file)
		if !inPieces(conn, out, size) || !whole {
			return
		}
	}
}

// framed puts the chunks back, and says whether the response is complete.
func framed(file []byte) ([]byte, bool) {
	head, body, _ := bytes.Cut(file, []byte("\r\n\r\n"))
	if !bytes.Contains(bytes.ToLower(head), []byte("transfer-encoding: chunked")) {
		return file, true
	}
	out := append(bytes.Clone(head), "\r\n\r\n"...)
	for _, part := range strings.SplitAfter(string(body), "\n\n") {
		if part != "" {
			out = fmt.Appendf(out, "%x\r\n%s\r\n", len(part), part)
		}
	}
	if bytes.HasPrefix(body, []byte("data:")) && !bytes.Contains(body, []byte("data: [DONE]")) {
		return out, false
	}
	return append(out, "0\r\n\r\n"...), true
}

func inPieces(conn net.Conn, b []byte, size int) bool {
	if size <= 0 {
		size = len(b)
	}
	for len(b) > 0 {
		n := min(size, len(b))
		if _, err := conn.Write(b[:n]); err != nil {
			return false
		}
		b = b[n:]
	}
	return true
}
