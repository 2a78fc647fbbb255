package api

import (
	"context"
	"sync"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// turns are the answers being written, at most one a thread.
type turns struct {
	pool *pool

	mu      sync.Mutex
	threads map[store.ID]*turn // a claimed thread whose turn has not begun has one without answerID
	closed  bool
	running sync.WaitGroup
}

func newTurns(concurrent int) *turns {
	return &turns{pool: newPool(concurrent), threads: map[store.ID]*turn{}}
}

// fresh makes a turn for a thread that does not exist yet.
func (s *turns) fresh() *turn {
	t := &turn{ending: make(chan struct{}), done: make(chan struct{})}
	t.ctx, t.cancel = context.WithCancelCause(context.Background())
	return t
}

// claim makes a turn for a thread and keeps others from doing so; nil when it has
// one. A turn that is being stored is waited for, so that who has read that an
// answer is complete can ask again at once. Who claims must run or release.
func (s *turns) claim(ctx context.Context, thread store.ID) *turn {
	for {
		t, other := s.tryClaim(thread)
		if t != nil || other == nil {
			return t
		}
		select {
		case <-other.ending:
		default:
			return nil
		}
		select {
		case <-other.done:
		case <-ctx.Done():
			return nil
		}
	}
}

// tryClaim returns a claim, or who has it; neither when the server goes down.
func (s *turns) tryClaim(thread store.ID) (t, other *turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if other = s.threads[thread]; other != nil || s.closed {
		return nil, other
	}
	t = s.fresh()
	t.threadID = thread
	s.threads[thread] = t
	return t, nil
}

// release gives up a claim; nil is no claim. A turn that has ended releases before
// anybody hears of its end, so that who hears it can ask again at once.
func (s *turns) release(t *turn) {
	if t == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.threads[t.threadID] == t {
		delete(s.threads, t.threadID)
	}
	t.cancel(nil)
}

// add makes a committed turn known under its thread, with its live text.
func (s *turns) add(t *turn, live *hub.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.live = live
	s.threads[t.threadID] = t
}

// run answers the question of t on a goroutine of its own.
func (s *turns) run(a *API, t *turn) {
	s.mu.Lock()
	closed := s.closed
	s.running.Add(1)
	s.mu.Unlock()
	if closed {
		t.cancel(errShutdown)
	}
	go func() {
		defer s.running.Done()
		a.answer(t)
	}()
}

// remove forgets a turn that has ended.
func (s *turns) remove(t *turn) {
	s.release(t)
	close(t.done)
}

func (s *turns) all() (list []*turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.threads {
		if t.live != nil {
			list = append(list, t)
		}
	}
	return list
}

func (s *turns) find(thread store.ID) *turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.threads[thread]
}

// stop ends the turn of a thread and says whether there was one.
func (s *turns) stop(thread store.ID) bool {
	t := s.find(thread)
	if t == nil || t.ctx.Err() != nil {
		return false
	}
	t.cancel(errStopped)
	return true
}

func (s *turns) stopWhere(where func(*turn) bool) {
	for _, t := range s.all() {
		if where(t) {
			t.cancel(errStopped)
		}
	}
}

// Stopped says whether there was an answer to stop.
type Stopped struct {
	Stopped bool `json:"stopped"`
}

// StopGeneration ends the answer that is being written in a thread; what was
// written is kept. The model server sees its connection close. That there is
// nothing to stop is no error.
func (a *API) StopGeneration(ctx context.Context, who Actor, in IDInput) (*Stopped, error) {
	err := a.store.View(ctx, func(tx *store.Tx) error {
		_, err := who.thread(tx, in.ID, toWrite)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Stopped{a.turns.stop(in.ID)}, nil
}

// Shutdown takes no new turns, lets the running ones end until ctx does, then
// stores what they have as interrupted. It returns when all have ended.
func (a *API) Shutdown(ctx context.Context) {
	defer a.rights.close()
	a.turns.mu.Lock()
	a.turns.closed = true
	a.turns.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		a.turns.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	for _, t := range a.turns.all() {
		t.cancel(errShutdown)
	}
	<-ended
}
