package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/parley-app/parley/bench/proc"
)

// Receivers are the process that holds the sockets.
type receiverProcess struct{ *proc.Process }

// heard is what the receivers have found.
type heard struct {
	n        int
	p50, p99 float64 // in milliseconds, as is
	most     float64
}

func startReceivers(kind string, p *peer, sockets int) (*receiverProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	in, _, err := proc.Start("connected", nil, self, "-receive", fmt.Sprintf("%s,%s,%s,%s,%d", kind, p.address, p.token, p.thread, sockets), "-seconds", strconv.Itoa(o.Seconds))
	if err != nil {
		return nil, err
	}
	time.Sleep(500 * time.Millisecond) // what was subscribed to is
	return &receiverProcess{in}, nil
}

// tell waits until want tokens were received, or nothing more comes, and says how
// many there were.
func (r *receiverProcess) tell(want int) (h heard, err error) {
	file, err := os.CreateTemp("", "heard-")
	if err != nil {
		return h, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if _, err := fmt.Fprintln(r.Stdin, want, file.Name()); err != nil {
		return h, err
	}
	_ = r.Cmd.Wait()
	b, err := os.ReadFile(file.Name())
	if err != nil {
		return h, err
	}
	var said struct {
		N        int
		P50, P99 float64
		Most     float64
	}
	err = json.Unmarshal(b, &said)
	return heard{said.N, said.P50, said.P99, said.Most}, err
}

// A tally counts what all sockets of the process received.
type tally struct {
	mu   sync.Mutex
	took []time.Duration
}

func (t *tally) add(some []time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.took = append(t.took, some...)
}

func (t *tally) n() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.took)
}

func receivers(args []string) error {
	kind, address, token, thread := args[0], args[1], args[2], args[3]
	n, err := strconv.Atoi(args[4])
	if err != nil {
		return err
	}
	t := &tally{}
	threads := strings.Split(thread, "+")
	for i := range n {
		c, err := connect(kind, address, token, threads[i%len(threads)])
		if err != nil {
			return err
		}
		go t.read(c)
	}
	fmt.Println("connected")
	var want int
	var file string
	if _, err := fmt.Fscanln(os.Stdin, &want, &file); err != nil {
		return nil //nolint:nilerr // the other side has gone, which is how it ends
	}
	for last, quiet := -1, 0; t.n() < want && quiet < 30; time.Sleep(100 * time.Millisecond) {
		if now := t.n(); now == last {
			quiet++
		} else {
			last, quiet = now, 0
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.Sort(t.took)
	at := func(q float64) float64 {
		if len(t.took) == 0 {
			return 0
		}
		return float64(t.took[int(q*float64(len(t.took)-1))].Microseconds()) / 1000
	}
	b, err := json.Marshal(map[string]any{"N": len(t.took), "P50": at(0.5), "P99": at(0.99), "Most": at(1)})
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return err
	}
	os.Exit(0)
	return nil
}

// connect opens a socket and subscribes it. It speaks just as much of each protocol
// as it needs.
func connect(kind, address, token, thread string) (net.Conn, error) {
	c, err := net.Dial("tcp", address)
	if err != nil || kind == "bare" {
		return c, err
	}
	if kind == "model" { // the model server itself, without anybody between
		const ask = `{"model":"paced","stream":true,"messages":[{"role":"user","content":"go"}]}`
		_, err = fmt.Fprintf(c, "POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", address, len(ask), ask)
		return c, err
	}
	path := map[string]string{"parley": "/ws/chat/" + thread, "nats": "/", "socketio": "/socket.io/?EIO=4&transport=websocket"}[kind]
	auth := ""
	if token != "" {
		auth = "Authorization: Bearer " + token + "\r\n"
	}
	_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s\r\n", path, address, auth)
	if err != nil {
		return nil, err
	}
	head := bufio.NewReaderSize(c, 16) // reads little more than the head
	line, err := head.ReadString('\n')
	if err != nil || !bytes.Contains([]byte(line), []byte(" 101 ")) {
		return nil, fmt.Errorf("the handshake was answered %q, %w", line, err)
	}
	for line != "\r\n" {
		if line, err = head.ReadString('\n'); err != nil {
			return nil, err
		}
	}
	switch kind {
	case "nats":
		_, err = c.Write(masked(2, "CONNECT {\"verbose\":false}\r\nSUB t 1\r\n"))
	case "socketio":
		_, err = c.Write(masked(1, "40"))
	}
	return c, err
}

// masked is a client's frame; its mask is zero.
func masked(kind byte, text string) []byte {
	return append([]byte{0x80 | kind, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
}

// read finds the marks in what comes, whatever it is wrapped in.
func (t *tally) read(c net.Conn) {
	buf := make([]byte, 0, 4<<10)
	last := int64(0) // what comes again, in a snapshot or in the whole answer, does not count
	for {
		n, err := c.Read(buf[len(buf):cap(buf)])
		if err != nil {
			return
		}
		now := time.Now()
		buf = buf[:len(buf)+n]
		var some []time.Duration
		for {
			from := bytes.IndexByte(buf, '#')
			if from < 0 {
				buf = buf[:0]
				break
			}
			to := bytes.IndexByte(buf[from+1:], '#')
			if to < 0 && len(buf)-from > len(mark()) {
				buf = append(buf[:0], buf[from+1:]...) // it begins no mark
				continue
			}
			if to < 0 {
				buf = append(buf[:0], buf[from:]...)
				break
			}
			if sent, err := strconv.ParseInt(string(buf[from+1:from+1+to]), 10, 64); err == nil {
				if sent > last {
					some, last = append(some, now.Sub(time.Unix(0, sent))), sent
				}
				buf = append(buf[:0], buf[from+to+2:]...)
			} else {
				buf = append(buf[:0], buf[from+1+to:]...)
			}
		}
		t.add(some)
	}
}
