package main

import (
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
)

// A model is a model server whose every answer is one word, or none for as long as
// it holds back.
type model struct {
	url   string
	close func()
	holds atomic.Bool
}

func startModel() (*model, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &model{url: "http://" + l.Addr().String() + "/v1"}
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/models", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"object":"list","data":[{"id":"one-word","object":"model"}]}`)
	})
	mux.HandleFunc("/v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		if m.holds.Load() {
			<-r.Context().Done()
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, `data: {"id":"1","object":"chat.completion.chunk","model":"one-word","choices":[{"index":0,"delta":{"role":"assistant","content":"Yes."},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n")
	})
	srv := &http.Server{Handler: mux} //nolint:gosec // loopback, for the length of a run
	go func() { _ = srv.Serve(l) }()
	m.close = func() { _ = srv.Close() }
	return m, nil
}
