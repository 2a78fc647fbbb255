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
		works, first, later := 0, 0, 0 // each is written by one job, and read when all have ended
		slow := Job{Name: "slow", Every: time.Second, Do: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		Run(ctx, slog.New(slog.DiscardHandler), []Job{
			{Name: "works", Every: 10 * time.Second, Do: func(context.Context) error { works++; return nil }},
			{Name: "later", Every: 10 * time.Second, Later: true, Do: func(context.Context) error { later++; return nil }},
			slow,
			{Name: "once", Do: func(context.Context) error { first++; return nil }},
		})
		Run(ctx, slog.New(slog.DiscardHandler), nil)
		if works != 4 { // at 0, 10, 20 and 30 s
			t.Errorf("done %d times", works)
		}
		if later != 3 {
			t.Errorf("what is not done at the start was done %d times", later)
		}
		if first != 1 {
			t.Errorf("what is done once was done %d times", first)
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
