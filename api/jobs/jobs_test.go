package jobs

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 35*time.Second)
		defer cancel()
		done := map[string]int{}
		count := func(name string, do func() error) Job {
			return Job{Name: name, Every: 10 * time.Second, Do: func(context.Context) error { done[name]++; return do() }}
		}
		slow := Job{Name: "slow", Every: time.Second, Do: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		Run(ctx, slog.New(slog.DiscardHandler), []Job{
			count("works", func() error { return nil }), slow,
			{Name: "once", Do: func(context.Context) error { done["once"]++; return nil }},
		})
		Run(ctx, slog.New(slog.DiscardHandler), nil)
		if done["works"] != 4 { // at 0, 10, 20 and 30 s
			t.Errorf("done %d times", done["works"])
		}
		if done["once"] != 1 {
			t.Errorf("what is done once was done %d times", done["once"])
		}
	})
}

func TestAJobThatFailsOrPanicsIsDoneAgain(t *testing.T) {
	for name, fail := range map[string]func() error{
		"fails":  func() error { return errors.New("no") },
		"panics": func() error { panic("no") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
				defer cancel()
				n := 0
				Run(ctx, slog.New(slog.DiscardHandler), []Job{{Name: name, Every: 10 * time.Second, Do: func(context.Context) error { n++; return fail() }}})
				if n != 3 {
					t.Errorf("done %d times, want 3", n)
				}
			})
		})
	}
}
