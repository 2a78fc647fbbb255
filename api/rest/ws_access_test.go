package rest

import (
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// mayDo is wire.md's table of who may do what, by the rule that a frame names.
var mayDo = map[access]map[string]string{
	signedIn:      {"author": "", "owner": "", "editor": "", "viewer": "", "stranger": ""},
	threadReader:  {"author": "", "owner": "", "editor": "", "viewer": "", "stranger": "not_found"},
	threadWriter:  {"author": "", "owner": "", "editor": "", "viewer": "forbidden", "stranger": "not_found"},
	author:        {"author": "", "owner": "forbidden", "editor": "forbidden", "viewer": "forbidden", "stranger": "not_found"},
	authorOrOwner: {"author": "", "owner": "", "editor": "forbidden", "viewer": "forbidden", "stranger": "not_found"},
}

// frameSamples are the fields of each frame, as far as they must be there.
var frameSamples = map[string]string{
	"heartbeat":        ``,
	"subscribe":        `,"thread_id":"THREAD"`,
	"unsubscribe":      `,"thread_id":"THREAD"`,
	"send_message":     `,"thread_id":"THREAD","content":"x"`,
	"edit_message":     `,"message_id":"MESSAGE","content":"y","regenerate":false`,
	"delete_message":   `,"message_id":"MESSAGE"`,
	"regenerate":       `,"message_id":"MESSAGE"`,
	"stop_generation":  `,"thread_id":"THREAD"`,
	"typing_indicator": `,"thread_id":"THREAD","is_typing":true`,
}

// TestWhoMaySendWhat walks the table of frames for everyone whom wire.md names.
func TestWhoMaySendWhat(t *testing.T) {
	w := newLive(t) // ann owns the project
	writer := w.member("author", store.ProjectEditor)
	w.member("editor", store.ProjectEditor)
	w.member("viewer", store.ProjectViewer)
	w.user("stranger")
	clients := map[string]*client{"owner": w.dial("ann", "/ws")}
	for _, name := range []string{"author", "editor", "viewer", "stranger"} {
		clients[name] = w.dial(name, "/ws")
	}
	for _, f := range frameTable() {
		for who, c := range clients {
			for _, private := range []bool{false, true} {
				want, known := mayDo[f.access][who]
				if !known {
					t.Fatalf("frame %s has the rule %q, which wire.md does not have", f.name, f.access)
				}
				name := f.name + " by " + who
				if private && f.access != signedIn {
					name += " in another's private thread"
					if who == "author" {
						continue // it is its own
					}
					want = "not_found"
				}
				t.Run(name, func(t *testing.T) {
					c.TB = t
					if got := w.outcome(c, f.name, writer, private); got != want {
						t.Errorf("got %q, want %q", got, want)
					}
				})
			}
		}
	}
}

// outcome sends a frame about a fresh message in a fresh thread and returns the
// code of the error, or "".
func (w *live) outcome(c *client, frame string, writer *store.User, private bool) string {
	th := storetest.Thread(w, w.store, w.project, writer, "Thread")
	m := storetest.Message(w, w.store, th.ID, writer, "words")
	if private {
		storetest.Update(w, w.store, func(tx *store.Tx) error {
			v, err := tx.Thread(th.ID)
			if err == nil {
				v.IsPrivate = true
				err = tx.PutThread(v)
			}
			return err
		})
	}
	return w.outcomeOf(c, frame, th, m)
}

// outcomeOf sends a frame about what is there and returns the code of the error,
// or "".
func (w *live) outcomeOf(c *client, frame string, th *store.Thread, m *store.Message) string {
	fields := strings.NewReplacer("THREAD", th.ID.String(), "MESSAGE", m.ID.String()).Replace(frameSamples[frame])
	c.send(`{"type":"` + frame + `","request_id":"r"` + fields + `}`)
	for {
		got, err := c.read()
		if err != nil {
			c.Fatal(err)
		}
		if got["request_id"] == "r" && slices.Contains([]string{"ack", "error"}, got.text("type")) {
			return got.text("error_code")
		}
	}
}
