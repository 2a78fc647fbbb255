package main

import (
	"fmt"
	"net"
	"net/http"
)

// A model is a model server whose every answer is one word.
type model struct {
	url   string
	close func()
}

func startModel() (*model, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/models", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"object":"list","data":[{"id":"one-word","object":"model"}]}`)
	})
	mux.HandleFunc("/v1/chat/completions", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, `data: {"id":"1","object":"chat.completion.chunk","model":"one-word","choices":[{"index":0,"delta":{"role":"assistant","content":"Yes."},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n")
	})
	srv := &http.Server{Handler: mux} //nolint:gosec // loopback, for the length of a run
	go func() { _ = srv.Serve(l) }()
	return &model{"http://" + l.Addr().String() + "/v1", func() { _ = srv.Close() }}, nil
}
