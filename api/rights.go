package api

import (
	"context"
	"sync"
	"time"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// Rights are looked at when something is asked for. A socket asks once and then
// only hears; this file sees to it that it stops to hear what it no longer may,
// whichever way the right was lost. The store says which rights a transaction
// took, and what may be touched by that is looked at again, at once.

// The close codes of sockets that lose what they were opened with. Either client may
// find out over REST what is left to it, and connect again.
const (
	closeSignedOut  = 4401 // the session or the key is void
	closeNotAllowed = 4403 // the account may not, or no longer as much
)

// rights looks again at what open sockets may hear.
type rights struct {
	mu      sync.Mutex
	lost    []store.Loss // to be looked at
	looking bool
	closed  bool
	running sync.WaitGroup
}

// onLoss hears of every right that a transaction took. It runs in the order of
// commits and must not wait.
func (a *API) onLoss(l store.Loss) {
	switch {
	case !l.Session.IsZero():
		a.kick(closeSignedOut, "signed out", func(h hub.Label) bool { return h.SessionID == l.Session.String() })
	case !l.Key.IsZero():
		a.kick(closeSignedOut, "the API key is void", func(h hub.Label) bool { return h.SessionID == l.Key.String() })
	case !l.User.IsZero() && l.Project.IsZero():
		a.kick(closeNotAllowed, "the account may do less than before", func(h hub.Label) bool { return h.UserID == l.User.String() })
	default:
		a.lookAgain(l)
	}
}

func (a *API) kick(code int, reason string, where func(hub.Label) bool) {
	a.hub.KickWhere(where, code, reason)
}

// onRevokedTokens ends the sockets that an access token has opened, for it may have
// been forged with the key that is gone. Who has a session gets a new token and
// comes back; API keys are signed by no key.
func (a *API) onRevokedTokens() {
	a.kick(closeSignedOut, "all access tokens are void", func(l hub.Label) bool { return !l.ByKey })
}

// lookAgain has what was lost looked at on a goroutine, one at a time.
func (a *API) lookAgain(l store.Loss) {
	r := &a.rights
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return // the sockets are being closed anyway
	}
	r.lost = append(r.lost, l)
	if !r.looking {
		r.looking = true
		r.running.Go(a.lookAtLosses)
	}
}

// next returns what is to be looked at, nil when there is no more.
func (r *rights) next() []store.Loss {
	r.mu.Lock()
	defer r.mu.Unlock()
	lost := r.lost
	r.lost, r.looking = nil, len(lost) > 0
	return lost
}

// close takes no more and waits for what runs.
func (r *rights) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.running.Wait()
}

const lookTimeout = 10 * time.Second

func (a *API) lookAtLosses() {
	for lost := a.rights.next(); len(lost) > 0; lost = a.rights.next() {
		ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
		for thread := range a.touched(lost) {
			a.clear(ctx, thread)
		}
		for _, l := range lost {
			a.tell(ctx, l)
		}
		cancel()
	}
}

// touched returns the ids of the threads that somebody hears and perhaps should not.
func (a *API) touched(lost []store.Loss) map[string]bool {
	threads, users := map[string]bool{}, map[string]bool{}
	for _, l := range lost {
		switch {
		case !l.Thread.IsZero():
			threads[l.Thread.String()] = true
		case !l.User.IsZero():
			users[l.User.String()] = true
		default: // a project, and which threads it had nobody can say any more
			for _, t := range a.hub.Threads() {
				threads[t] = true
			}
		}
	}
	a.hub.Each(func(c *hub.Conn) {
		if !users[c.Label().UserID] {
			return
		}
		for _, topic := range c.Topics() {
			if id, ok := hub.ThreadOf(topic); ok {
				threads[id] = true
			}
		}
	})
	return threads
}

// tell says to those who lost sight of a thread or a project that it is gone, as
// it is for them, wherever in the page they are. Who may still see it, and who
// never did, hears nothing.
func (a *API) tell(ctx context.Context, l store.Loss) {
	err := a.store.View(ctx, func(tx *store.Tx) error {
		switch {
		case !l.Thread.IsZero():
			return a.tellOfThread(tx, l.Thread)
		case !l.User.IsZero():
			m, err := tx.Member(l.Project, l.User)
			if err == nil && m == nil {
				a.hub.Publish(hub.UserTopic(l.User.String()), frame("project_updated", fields{"project_id": l.Project, "is_deleted": true}))
			}
			return err
		}
		return nil
	})
	if err != nil {
		a.log.Error("who lost a right could not be told", "err", err)
	}
}

// tellOfThread is about a thread that has become private; of a deleted one all
// have heard.
func (a *API) tellOfThread(tx *store.Tx, id store.ID) error {
	t, err := tx.Thread(id)
	if store.CodeOf(err) == store.CodeNotFound || err == nil && !t.IsPrivate {
		return nil
	}
	if err != nil {
		return err
	}
	list, err := tx.MembersOf(t.ProjectID)
	var topics []string
	for _, m := range list {
		if m.UserID != t.UserID {
			topics = append(topics, hub.UserTopic(m.UserID.String()))
		}
	}
	a.hub.PublishAll(topics, func() []byte { return threadGone(t.ID) })
	return err
}

func threadGone(id store.ID) []byte { return frame("thread_deleted", fields{"thread_id": id}) }

// clear takes those from a thread's topic who may not read it. When that cannot be
// found out, nobody may.
func (a *API) clear(ctx context.Context, thread string) {
	id, err := store.ParseID(thread)
	if err != nil {
		return
	}
	topic := hub.ThreadTopic(thread)
	gone := map[string]bool{}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		clear(gone)
		for _, l := range a.hub.Audience(topic) {
			if _, known := gone[l.UserID]; known {
				continue
			}
			user, err := store.ParseID(l.UserID)
			if err != nil {
				return err
			}
			_, err = Actor{UserID: user}.thread(tx, id, toRead)
			if code := store.CodeOf(err); err != nil && code != store.CodeNotFound && code != store.CodeForbidden {
				return err
			}
			gone[l.UserID] = err != nil
		}
		return nil
	})
	if err != nil {
		a.log.Error("who may hear a thread could not be found out; all have to come back", "thread", thread, "err", err)
		for _, l := range a.hub.Audience(topic) {
			a.hub.KickWhere(func(other hub.Label) bool { return l == other }, hub.CodeTryLater, "try again later")
		}
		return
	}
	a.hub.Revoke(topic, func(l hub.Label) bool { return gone[l.UserID] }, threadGone(id))
}

// CheckSignIn says until when the caller is signed in, if nothing happens before: a
// socket asks it from time to time. The error is unauthorized when that is over.
func (a *API) CheckSignIn(ctx context.Context, who Actor) (until time.Time, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		u, err := tx.User(who.UserID)
		if err != nil {
			return err
		}
		if until, err = who.until(tx); err != nil {
			return err
		}
		if u.IsDisabled || tx.Now.After(until) || who.Admin && u.Role != store.RoleAdmin {
			return unauthorized("this session has ended: sign in again")
		}
		return nil
	})
	if store.CodeOf(err) == store.CodeNotFound {
		err = unauthorized("this session has ended: sign in again")
	}
	return until, err
}

// until is when the caller's session or API key expires; what has no such time is
// to be looked at again in an hour.
func (who Actor) until(tx *store.Tx) (time.Time, error) {
	var at store.Time
	switch {
	case !who.KeyID.IsZero():
		k, err := tx.APIKey(who.KeyID)
		if err != nil {
			return time.Time{}, err
		}
		at = k.ExpiresAt
	case !who.SessionID.IsZero():
		s, err := tx.Session(who.SessionID)
		if err != nil {
			return time.Time{}, err
		}
		at = s.ExpiresAt
	}
	if at.IsZero() {
		return tx.Now.Add(time.Hour), nil
	}
	return at.Time, nil
}
