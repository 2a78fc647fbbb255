package api

import (
	"context"
	"sync"
	"time"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// turns are the answers being written, at most one a thread.
type turns struct {
	mu      sync.Mutex
	threads map[store.ID]*turn // a claimed thread whose turn has not begun has one without answerID
	due     map[store.ID]bool  // claimed threads in which another question may wait
	onFree  func(store.ID)     // is called for a thread that is due and free, on a goroutine of its own
	changed chan struct{}      // closed at the next change; nil: nobody waits for one
	closed  bool               // nothing new is begun
	cut     bool               // what comes after all is cut off at once
	running sync.WaitGroup
}

func newTurns() *turns { return &turns{threads: map[store.ID]*turn{}, due: map[store.ID]bool{}} }

// fresh makes a turn for a thread that does not exist yet; nil when the server goes
// down. Who has it must run or release it.
func (s *turns) fresh() *turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begin()
}

// begin makes a turn that Shutdown waits for, or nil. s.mu is held.
func (s *turns) begin() *turn {
	if s.closed {
		return nil
	}
	s.running.Add(1)
	t := &turn{ending: make(chan struct{}), done: make(chan struct{})}
	t.over = sync.OnceFunc(s.running.Done)
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

// refusal is why there is no turn.
func (s *turns) refusal() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return &store.Error{Code: store.CodeUnavailable, RetryAfter: 5 * time.Second, Message: "the server is about to restart: ask again in a moment"}
	}
	return store.Errorf(store.CodeGenerating, "an answer is being written in this thread: wait for it, or stop it")
}

// tryClaim returns a claim, or who has it; neither when the server goes down.
func (s *turns) tryClaim(thread store.ID) (t, other *turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if other = s.threads[thread]; other != nil {
		return nil, other
	}
	if t = s.begin(); t != nil {
		t.threadID = thread
		s.threads[thread] = t
	}
	return t, nil
}

// release gives up a claim; nil is no claim.
func (s *turns) release(t *turn) {
	if t != nil {
		s.free(t)
		t.over()
	}
}

// free lets the next question of the thread be asked. A turn that has ended frees
// it before anybody hears of its end, so that who hears it can ask again at once.
func (s *turns) free(t *turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.cancel(nil)
	if s.threads[t.threadID] != t {
		return
	}
	delete(s.threads, t.threadID)
	s.tell()
	if s.due[t.threadID] {
		delete(s.due, t.threadID)
		go s.onFree(t.threadID)
	}
}

// claimNext claims a thread for the next question in its queue; nil when the thread
// has a turn, whose end calls onFree, or when the server goes down.
func (s *turns) claimNext(thread store.ID) *turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.threads[thread] != nil {
		s.due[thread] = true
		return nil
	}
	t := s.begin()
	if t != nil {
		t.threadID = thread
		s.threads[thread] = t
	}
	return t
}

// advanceAfter has the end of t call onFree.
func (s *turns) advanceAfter(t *turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due[t.threadID] = true
}

// nextChange returns a channel that is closed when a turn begins, ends or is given
// up, or a question leaves a queue.
func (s *turns) nextChange() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

// tell closes the channel of nextChange. s.mu is held.
func (s *turns) tell() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

func (s *turns) nudge() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell()
}

func (s *turns) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// add makes a committed turn known under its thread, with its live text.
func (s *turns) add(t *turn, live *hub.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.live = live
	s.threads[t.threadID] = t
	s.tell()
	if s.cut {
		t.cancel(errShutdown)
	}
}

// run answers the question of t when it is its turn.
func (s *turns) run(a *API, t *turn) { a.inLine(t) }

// remove forgets a turn that has ended.
func (s *turns) remove(t *turn) {
	s.free(t)
	close(t.done)
	t.over()
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

// cutOff ends all turns, and those that are about to be known.
func (s *turns) cutOff() {
	s.mu.Lock()
	s.cut = true
	s.mu.Unlock()
	for _, t := range s.all() {
		t.cancel(errShutdown)
	}
}

func (s *turns) find(thread store.ID) *turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.threads[thread]
}

// stop ends the turn of a thread for the user by, and reports whether there was one.
func (s *turns) stop(thread, by store.ID) bool {
	t := s.find(thread)
	if t == nil || t.ctx.Err() != nil {
		return false
	}
	t.cancel(stoppedError{by})
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
	return &Stopped{a.turns.stop(in.ID, who.UserID)}, nil
}

// Shutdown takes no new turns, lets the running ones end until ctx does, then
// stores what they have as interrupted. Summaries and titles that are being made
// are given up. It returns when all have ended.
func (a *API) Shutdown(ctx context.Context) {
	defer a.rights.close()
	defer a.beside.end()
	a.beside.cancel()
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
	a.turns.cutOff()
	<-ended
}
