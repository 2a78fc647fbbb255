package rest

import (
	"encoding/json"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm"
)

// lures are texts that make other programs fetch what they name. URL is where.
var lures = []string{
	"![a](URL/a.png)", `<img src="URL/b.png">`, "[c](URL/c)", "URL/d", `<link rel="stylesheet" href="URL/e.css">`, `<script src="URL/f.js"></script>`,
	`<iframe src="URL/g"></iframe>`, "[![h](URL/h.png)](URL/i)", `<svg><image href="URL/j"/></svg>`, `<a ping="URL/k" href="URL/l">x</a>`,
	"<video poster=\"URL/m\"></video>", "@import url(URL/n);", `<meta http-equiv="refresh" content="0;url=URL/o">`, `{"image_url":"URL/p"}`, "$\\href{URL/q}{x}$ $\\includegraphics{URL/r}$",
}

// TestHole09NothingThatContentNamesIsFetched writes lures into every text that any route
// or frame takes, has a model answer with them and reads everything in every form: where
// they lead, nobody ever comes. What a browser makes of them is for the end-to-end tests
// (hostile.spec.ts, quiet.spec.ts).
func TestHole09NothingThatContentNamesIsFetched(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var came atomic.Int32
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			_ = c.Close()
		}
	}()
	defer l.Close()
	text := strings.ReplaceAll(strings.Join(lures, "\n\n"), "URL", "http://"+l.Addr().String())
	w := newWorld(t, Options{}, func(o *api.Options) { o.Providers = []llm.Provider{mirror{}} })
	c := w.newCast()
	w.writeEverywhere(c, text, func(answer) {})
	thread, found := w.made(ask{method: post, path: base + "/threads", token: c.tokens["owner"], body: `{"project_id":"` + w.project(c.tokens["owner"]) + `"}`}), false
	s := (&live{TB: t, address: w.host}).dialRaw(c.tokens["owner"], "/ws/chat/"+thread)
	b, _ := json.Marshal(text)
	s.send(`{"type":"send_message","thread_id":"` + thread + `","content":` + string(b) + `}`)
	for !found {
		found = s.next("ack", "new_message", "subscribed", "stream_chunk")["is_final"] == true
	}
	w.look(t, c.tokens["owner"], thread, func(string, any) {})
	if n := came.Load(); n > 0 {
		t.Errorf("%d connections were made to where the content leads", n)
	}
}
