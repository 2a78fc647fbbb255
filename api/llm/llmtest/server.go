// Package llmtest is a model server for tests: a real one, over real TCP, that
// speaks the dialects of those that exist and fails in the ways that they fail.
//
// In a Go test, queue with Next what the server does with the next question; a
// play is plain code, so a test controls the pace with its own channels. Without
// a play the server obeys the words of the question; see Words. Run as its own
// process (fakeserver), for tests in a browser, it knows the words alone.
package llmtest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// A Play is what the server does with one question. It runs on the goroutine
// that serves it; when it returns, the response ends in good order.
type Play func(c *Call)

// A Server is a model server. Its exported fields may be changed until the first
// question comes.
type Server struct {
	URL     string  // the base URL for a client, ending in /v1
	Dialect Dialect // whose manners it has; default OpenAI
	Model   string  // the one model it lists; default "fake-model"
	Context int     // the context of that model in tokens; default 8192
	Key     string  // the API key that it demands; "" takes any and none

	Pace  time.Duration // between the words of an answer that no play gives; default 30 ms
	Split int           // bytes in one write, 0 for a whole event
	CRLF  bool          // ends lines with CR LF

	Framing Framing // how it sets its events
	Manners Manners // what it does not accept
	Gzip    bool    // compresses answers, flushed after every event

	http    *http.Server
	stop    chan struct{} // closed when the server closes: ends what stalls
	release chan struct{} // a post to /release sends: one answer that is held goes on
	calls   chan *Call

	mu     sync.Mutex
	plays  []Play
	all    []*Call
	failed map[string]int // how often a question with "once" has been seen
	routes map[string]http.HandlerFunc
}

// Start listens at an address such as 127.0.0.1:0 and serves until Close.
func Start(listen string) (*Server, error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, err
	}
	s := &Server{
		URL: "http://" + l.Addr().String() + "/v1", Dialect: OpenAI, Model: "fake-model", Context: 8192, Pace: 30 * time.Millisecond,
		stop: make(chan struct{}), release: make(chan struct{}), calls: make(chan *Call, 1000), failed: map[string]int{}, routes: map[string]http.HandlerFunc{},
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.http.Serve(l) }()
	return s, nil
}

// New starts a server for a test, on a free port of 127.0.0.1. It closes with
// the test. Its words come without pause.
func New(tb testing.TB) *Server {
	tb.Helper()
	s, err := Start("127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s.Pace = 0
	tb.Cleanup(s.Close)
	return s
}

// Close ends all answers and connections and waits for them.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = s.http.Shutdown(ctx)
	_ = s.http.Close()
}

// Next queues what to do with the next question; questions beyond the queue are
// answered by their words.
func (s *Server) Next(plays ...Play) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plays = append(s.plays, plays...)
}

// Route answers a path, such as /api/ps, in place of what the dialect does.
func (s *Server) Route(path string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routes[path] = h
}

// Call waits for the next question and returns it, while it is being answered.
func (s *Server) Call(tb testing.TB) *Call {
	tb.Helper()
	select {
	case c := <-s.calls:
		return c
	case <-time.After(2 * time.Minute):
		tb.Fatal("llmtest: no question came within 2 min")
		return nil
	}
}

// Calls returns all questions so far, oldest first.
func (s *Server) Calls() []*Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Call(nil), s.all...)
}

// ServeHTTP serves the routes of the dialect, and /stats.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	h := s.routes[r.URL.Path]
	s.mu.Unlock()
	switch {
	case h != nil:
		h(w, r)
	case r.URL.Path == "/stats":
		reply(w, http.StatusOK, s.Stats())
	case r.URL.Path == "/release" && r.Method == http.MethodPost:
		select {
		case s.release <- struct{}{}:
			w.WriteHeader(http.StatusNoContent)
		case <-r.Context().Done():
		case <-s.stop:
		}
	case s.Key != "" && r.Header.Get("Authorization") != "Bearer "+s.Key:
		reply(w, http.StatusUnauthorized, s.Dialect.fault(401, "Incorrect API key provided: "+r.Header.Get("Authorization"), "invalid_api_key"))
	case r.URL.Path == "/v1/chat/completions" && r.Method == http.MethodPost:
		s.chat(w, r)
	default:
		s.list(w, r)
	}
}

// chat plays one answer.
func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	c := &Call{Dialect: s.Dialect, Header: r.Header.Clone(), Began: time.Now(), Remote: r.RemoteAddr, s: s, w: w, r: r, ended: make(chan struct{})}
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err = errors.Join(err, json.Unmarshal(body, &c.Question)); err != nil {
		reply(w, http.StatusBadRequest, s.Dialect.fault(400, err.Error(), ""))
		return
	}
	c.Body = body
	s.mu.Lock()
	s.all = append(s.all, c)
	play := s.Manners.refusal(c)
	if play == nil && len(s.plays) > 0 {
		play, s.plays = s.plays[0], s.plays[1:]
	}
	s.mu.Unlock()
	select {
	case s.calls <- c:
	default: // nobody waits for calls
	}
	if play == nil {
		play = s.words(c)
	}
	defer c.finished()
	play(c)
	c.closeGzip()
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// Drop takes the plays out of the queue that nobody has asked for.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plays = nil
}
