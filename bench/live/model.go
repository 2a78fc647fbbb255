package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// A model is a model server whose answer is as many tokens as it was told, paced.
type model struct {
	server http.Server

	mu    sync.Mutex
	n     int
	every time.Duration
	done  chan struct{}
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
	return "http://" + l.Addr().String() + "/v1", nil
}

func (m *model) stop() { _ = m.server.Close() }

// next says what the next answer is, and returns a channel that is closed with its
// last token.
func (m *model) next(n int, every time.Duration) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n, m.every, m.done = n, every, make(chan struct{})
	return m.done
}

func (m *model) answer(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	n, every, done := m.n, m.every, m.done
	m.n = 0 // whatever else is asked, such as a title, gets nothing
	m.mu.Unlock()
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
		_ = paced(context.WithoutCancel(r.Context()), n, every, func() error { return send(text()) })
		close(done)
	}
	fmt.Fprint(w, "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"model\":\"paced\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
}
