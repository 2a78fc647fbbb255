package rest

import (
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// A loss takes from ben, who reads the answer in w's thread, the right to do so.
type loss struct {
	code int // that his socket is closed with; 0: unsubscribed, and told so
	take func(w *live, ben *store.User, in *api.SignIn) func(*store.Tx) error
}

// losses are all there are.
var losses = map[string]loss{
	"signed out": {4401, func(_ *live, _ *store.User, in *api.SignIn) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			list, err := tx.SessionsOf(in.User.ID)
			for _, s := range list {
				if err == nil {
					err = tx.DeleteSession(s)
				}
			}
			return err
		}
	}},
	"disabled": {4403, changeUser(func(u *store.User) { u.IsDisabled = true })},
	"demoted":  {4403, changeUser(func(u *store.User) { u.Role = store.RoleMember })},
	"removed from the project": {0, func(w *live, ben *store.User, _ *api.SignIn) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			return tx.DeleteMember(&store.Member{ProjectID: w.project.ID, UserID: ben.ID})
		}
	}},
	"made private": {0, func(w *live, _ *store.User, _ *api.SignIn) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			v, err := tx.Thread(w.thread.ID)
			if err != nil {
				return err
			}
			v.IsPrivate = true
			return tx.PutThread(v)
		}
	}},
}

// TestHole04RightsLostInMidStream takes the right to read from somebody who reads an answer,
// in every way there is: no chunk that is written afterwards reaches them, and those
// who may read on do so.
func TestHole04RightsLostInMidStream(t *testing.T) {
	for name, tt := range losses {
		t.Run(name, func(t *testing.T) {
			w := newLive(t)
			ben, in, reader := w.loser()
			ann := w.dial("ann", "/ws/chat/"+w.thread.ID.String())
			ann.next("subscribed")
			w.ask(ann, "why?")
			w.model.say <- "seen "
			reader.next("stream_chunk")
			storetest.Update(t, w.store, tt.take(w, ben, in))
			tt.isTold(t, w, reader)
			w.model.say <- "not seen "
			close(w.model.stop)
			if got := ann.follow("", 0); got != "seen not seen " {
				t.Errorf("ann read %q", got)
			}
			if tt.code != 0 {
				return
			}
			reader.send(`{"type":"heartbeat"}`)
			for {
				m, err := reader.read()
				if err != nil {
					t.Fatal(err)
				}
				switch m.text("type") {
				case "heartbeat_ack":
					return
				case "stream_chunk", "new_message", "message_updated", "presence":
					t.Errorf("still hears %v", m)
				}
			}
		})
	}
}

// loser is ben, who has all that there is to lose, and reads w's thread.
func (w *live) loser() (ben *store.User, in *api.SignIn, reader *client) {
	ben = w.user("ben")
	storetest.Member(w, w.store, w.project, ben, store.ProjectEditor)
	storetest.Update(w, w.store, changeUser(func(u *store.User) { u.Role = store.RoleAdmin })(w, ben, nil))
	in = w.signIn("ben")
	reader = w.dialRaw(in.AccessToken, "/ws/chat/"+w.thread.ID.String())
	reader.next("subscribed")
	return ben, in, reader
}

// isTold waits until the reader has noticed.
func (l loss) isTold(t *testing.T, w *live, reader *client) {
	t.Helper()
	if l.code == 0 {
		if m := reader.next("thread_deleted"); m.text("thread_id") != w.thread.ID.String() {
			t.Errorf("told %v", m)
		}
	} else if code := reader.closed(); code != l.code {
		t.Errorf("closed with %d, want %d", code, l.code)
	}
}

// TestRightsAreLostWithinASecond measures how long after the transaction that takes the
// right its loser has noticed: the least of some tries, as a busy machine adds to it.
func TestRightsAreLostWithinASecond(t *testing.T) {
	const atMost, tries = time.Second, 20
	for name, tt := range losses {
		t.Run(name, func(t *testing.T) {
			least := time.Hour
			for n := 0; n < tries && least > atMost; n++ {
				w := newLive(t)
				ben, in, reader := w.loser()
				storetest.Update(t, w.store, tt.take(w, ben, in))
				taken := time.Now()
				tt.isTold(t, w, reader)
				least = min(least, time.Since(taken))
			}
			if least > atMost {
				t.Errorf("it took %v, %d times out of as many", least, tries)
			}
		})
	}
}

func changeUser(change func(*store.User)) func(*live, *store.User, *api.SignIn) func(*store.Tx) error {
	return func(_ *live, who *store.User, _ *api.SignIn) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			u, err := tx.User(who.ID)
			if err != nil {
				return err
			}
			change(u)
			return tx.PutUser(u)
		}
	}
}

// TestWhatIsDeletedIsNotHeard deletes a thread, and a project, that others hear.
func TestWhatIsDeletedIsNotHeard(t *testing.T) {
	w := newLive(t)
	ann := w.actor(w.signIn("ann"))
	w.member("ben", store.ProjectViewer)
	other := storetest.Thread(t, w.store, w.project, w.owner, "Second")
	c := w.dial("ben", "/ws/chat/"+w.thread.ID.String())
	c.next("subscribed")
	c.send(`{"type":"subscribe","thread_id":"` + other.ID.String() + `"}`)
	c.next("subscribed")
	if _, err := w.api.DeleteThread(t.Context(), ann, api.IDInput{ID: w.thread.ID}); err != nil {
		t.Fatal(err)
	}
	if m := c.next("thread_deleted"); m.text("thread_id") != w.thread.ID.String() {
		t.Errorf("told %v", m)
	}
	if _, err := w.api.DeleteProject(t.Context(), ann, api.IDInput{ID: w.project.ID}); err != nil {
		t.Fatal(err)
	}
	if m := c.next("project_updated"); m["is_deleted"] != true {
		t.Errorf("told %v", m)
	}
	if m := c.next("thread_deleted"); m.text("thread_id") != other.ID.String() {
		t.Errorf("told %v", m)
	}
	c.stillWorks()
	w.eventually(t, func() bool { return len(w.hub.Threads()) == 0 })
}

// TestSessionThatRunsOut ends a socket when its session does, without anybody doing
// anything.
func TestSessionThatRunsOut(t *testing.T) {
	w := newLive(t, func(o *Options) { o.Heartbeat = Heartbeat{Interval: 1e8, Timeout: 20e9} })
	in := w.signIn("ann")
	c := w.dialRaw(in.AccessToken, "/ws")
	c.next("connection_established")
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		list, err := tx.SessionsOf(w.owner.ID)
		if err != nil {
			return err
		}
		list[0].ExpiresAt = store.TimeOf(tx.Now.Add(3e8))
		return tx.PutSession(list[0])
	})
	if code := c.closed(); code != 4401 {
		t.Errorf("closed with %d", code)
	}
}
