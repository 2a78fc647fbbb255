package rest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// TestReloadInTheMiddle has many clients join, leave and come back while an answer
// is written. Each must hold all of it, at every moment, without gap or repetition.
func TestReloadInTheMiddle(t *testing.T) {
	const clients, tokens = 25, 400
	w := newLive(t)
	token := w.signIn("ann").AccessToken
	path := "/ws/chat/" + w.thread.ID.String()
	asker := w.dialRaw(token, path)
	asker.next("subscribed")
	w.ask(asker, "why?")
	var all strings.Builder
	var joined, done sync.WaitGroup
	answers := make(chan string, clients)
	for n := range clients {
		joined.Add(1)
		done.Go(func() { w.reload(token, path, uint64(n), joined.Done, answers) })
	}
	joined.Wait()
	for n := range tokens {
		word := fmt.Sprintf("w%d é😀\t", n)
		all.WriteString(word)
		w.model.say <- word
	}
	close(w.model.stop)
	if got := asker.follow("", 0); got != all.String() {
		t.Errorf("the asker read %q", got)
	}
	done.Wait()
	close(answers)
	n := 0
	for got := range answers {
		if n++; got != all.String() {
			t.Errorf("a reader that came back ends with %q", got)
		}
	}
	if n != clients {
		t.Errorf("%d of %d came to the end", n, clients)
	}
}

// reload follows the answer over many sockets, each left after a few frames.
func (w *live) reload(token, path string, seed uint64, joined func(), answers chan<- string) {
	joined = sync.OnceFunc(joined)
	defer joined() // also when it fails
	random := rand.New(rand.NewPCG(seed, 7))
	last := ""
	for {
		c := w.dialRaw(token, path)
		s, running := c.next("subscribed")["streaming"].(map[string]any)
		joined()
		if !running { // it ended while nobody looked: REST has it
			answers <- w.stored()
			return
		}
		text, _ := s["content"].(string)
		next, _ := s["next_index"].(float64)
		if !strings.HasPrefix(text, last) {
			w.Errorf("%q became %q", last, text)
		}
		for range random.IntN(30) {
			m := c.next("stream_chunk")
			if m["is_final"] == true {
				answers <- text
				return
			}
			if m["chunk_index"] != next {
				w.Errorf("chunk %v, expected %v", m["chunk_index"], next)
			}
			text += m.text("chunk")
			next, _ = m["next_index"].(float64)
		}
		last = text
		_ = c.ws.Close()
	}
}

// stored returns the newest message, as REST has it.
func (w *live) stored() string {
	var content string
	storetest.View(w, w.store, func(tx *store.Tx) error {
		page, _, err := tx.ListMessages(w.thread.ID, store.Page{Limit: 1}, false)
		if err != nil {
			return err
		}
		var m store.Message
		err = json.Unmarshal(page[0], &m)
		content = m.Content
		return err
	})
	return content
}
