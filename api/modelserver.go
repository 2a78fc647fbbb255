package api

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
)

// A modelServer is a provider and what stands before it: a line of its own, so that
// one that is slow or dead keeps nobody from another.
type modelServer struct {
	llm.Provider
	pool    *pool
	breaker *breaker
	answers *answerLog
	reasons sync.Map // the ids of models that have reasoned

	answered, failed, refused, retried atomic.Uint64
}

func newModelServer(p llm.Provider, concurrent int, now func() time.Time) *modelServer {
	return &modelServer{Provider: p, pool: newPool(concurrent), breaker: &breaker{now: now}, answers: &answerLog{now: now}}
}

// tries is how often a question is asked before its first token. The breaker counts
// them as one: one person's bad moment keeps nobody away.
const tries = 3

// enter has then called when it is the user's turn, which answer ends, or with an
// error; see pool.enter. There is no place in line when the server is known to be
// dead.
func (s *modelServer) enter(ctx context.Context, user store.ID, moved func(int), then func(error)) {
	if after, open := s.breaker.isOpen(); open && after > 0 {
		err := s.isDead(after)
		go then(err)
		return
	}
	s.pool.enter(ctx, user, moved, then)
}

// answer asks the server, in a place that enter gave, and again if it cannot be
// reached, but never after the first token. ask makes the request then; it is not
// called when the server is known to be dead. It is called again when anew reports
// that an error calls for another request. answer gives the place back.
func (s *modelServer) answer(ctx context.Context, ask func() (llm.Request, error), anew func(error) bool, emit func(llm.Delta)) (llm.Result, error) {
	defer s.pool.release()
	var result llm.Result
	err := s.guarded(func() (spoke bool, err error) {
		request, err := ask()
		if err != nil {
			return false, err
		}
		for n := 1; ; n++ {
			if result, spoke, err = s.try(ctx, request, emit); err == nil {
				s.answered.Add(1)
				return spoke, nil
			}
			if !spoke && n < tries && anew(err) {
				if request, err = ask(); err == nil {
					continue
				}
			}
			if spoke || n == tries || !mayPass(err) || !pause(ctx, n) {
				s.failed.Add(1)
				return spoke, err
			}
			s.retried.Add(1)
		}
	})
	return result, err
}

// guarded runs ask unless the server is known to be dead, and tells the breaker how
// it ended if no token came.
func (s *modelServer) guarded(ask func() (spoke bool, err error)) (err error) {
	if after, ok := s.breaker.allow(); !ok {
		return s.isDead(after)
	}
	spoke, end := false, noSign
	defer func() {
		if !spoke {
			s.breaker.record(end)
		}
	}()
	spoke, err = ask()
	end = signOf(err)
	return err
}

// try asks once. The breaker hears of the first token at once.
func (s *modelServer) try(ctx context.Context, r llm.Request, emit func(llm.Delta)) (result llm.Result, spoke bool, err error) {
	result, err = s.Stream(ctx, r, func(d llm.Delta) {
		if !spoke {
			spoke = true
			s.breaker.record(alive) // whatever comes of the answer: it may take minutes
		}
		if d.Reasoning != "" || d.TextWasReasoning {
			s.reasons.Store(r.Model, true)
		}
		emit(d)
	})
	return result, spoke, err
}

// errUnasked is that the server is known to be dead.
var errUnasked = errors.New("it was not asked: it did not answer the last times")

func (s *modelServer) isDead(after time.Duration) error {
	s.refused.Add(1)
	after = max(after.Round(time.Second), time.Second)
	return &llm.Error{
		Kind: llm.KindUnavailable, RetryAfter: after, Err: errUnasked,
		Message: fmt.Sprintf("The model server does not answer. It is asked again in %d s; try then, or ask an administrator.", int(after.Seconds())),
	}
}

// mayPass says whether a failure may be over in a moment: the server was not
// reached, or one in front of it says that it is not there.
func mayPass(err error) bool {
	var e *llm.Error
	if !errors.As(err, &e) || isCancelled(err) || errors.Is(err, errUnasked) || e.RetryAfter > 0 {
		return false
	}
	switch e.Kind {
	case llm.KindUnavailable:
		return e.Status == 0 || e.Status >= 500
	case llm.KindInterrupted:
		return true
	default:
		return false
	}
}

func isCancelled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// pause waits between two tries, longer each time and never quite as long as
// others, and says whether to go on.
func pause(ctx context.Context, n int) bool {
	t := time.NewTimer(time.Duration(n) * (150*time.Millisecond + rand.N(200*time.Millisecond))) //nolint:gosec // when to try again may be guessed
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// ModelStats are figures of one model server: of now, and counted since the start.
type ModelStats struct {
	Provider         string
	Running, Waiting int
	IsOpen           bool // it does not answer, and questions are kept from it
	Failing          int  // answers of one model that failed one after another, 0 below failuresToAlarm

	Answered, Failed uint64
	Refused          uint64 // answered at once, because it is known to be dead
	Retried          uint64 // asked again, before the first token
}

// ModelStats returns the figures of every model server.
func (a *API) ModelStats() []ModelStats {
	out := make([]ModelStats, 0, len(a.models.servers))
	for _, s := range a.models.servers {
		_, open := s.breaker.isOpen()
		running, waiting := s.pool.size()
		_, run := s.answers.worst()
		out = append(out, ModelStats{
			s.Name(), running, waiting, open, run.count, s.answered.Load(), s.failed.Load(), s.refused.Load(), s.retried.Load(),
		})
	}
	return out
}
