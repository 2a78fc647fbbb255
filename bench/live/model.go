package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A model is a model server whose answers are as many tokens as it was told, paced.
type model struct {
	server http.Server

	address string
	mu      sync.Mutex
	n       int
	every   time.Duration
	left    int // answers that are to begin
	running sync.WaitGroup
}

func (m *model) listen() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/models", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"object":"list","data":[{"id":"paced","object":"model"}]}`)
	})
	mux.HandleFunc("/v1/chat/completions", m.answer)
	m.server.Handler = mux
	go func() { _ = m.server.Serve(l) }()
	m.address = l.Addr().String()
	return "http://" + m.address + "/v1", nil
}

func (m *model) stop() { _ = m.server.Close() }

// next says what the next answers are, and returns a channel that is closed with
// the last token of them all.
func (m *model) next(answers, n int, every time.Duration) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left, m.n, m.every = answers, n, every
	m.running.Add(answers)
	done := make(chan struct{})
	go func() { m.running.Wait(); close(done) }()
	return done
}

// begin says how many tokens the answer to asked has. Whatever is asked but the
// question, such as a title, gets none.
func (m *model) begin(asked []byte) (n int, every time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left == 0 || !bytes.Contains(asked, []byte(`"content":"go"}]`)) {
		return 0, 0
	}
	m.left--
	return m.n, m.every
}

func (m *model) answer(w http.ResponseWriter, r *http.Request) {
	asked, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	n, every := m.begin(asked)
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(content string) error {
		b, err := json.Marshal(content)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"model\":\"paced\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%s},\"finish_reason\":null}]}\n\n", b)
		_ = http.NewResponseController(w).Flush()
		return err
	}
	if n > 0 {
		_ = send(strings.Repeat("x", 300)) // what lists show of an answer: no marks, or they would count twice
		_ = paced(context.WithoutCancel(r.Context()), n, every, func() error { return send(text()) })
		m.running.Done()
	}
	fmt.Fprint(w, "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"model\":\"paced\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
}
