package api

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/parley-app/parley/api/llm"
)

func TestBreaker(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	b := &breaker{now: func() time.Time { return now }}
	fails := func(want bool) {
		t.Helper()
		if _, ok := b.allow(); ok != want {
			t.Fatalf("allowed: %v, want %v", ok, want)
		} else if ok {
			b.record(dead)
		}
	}
	fails(true)
	fails(true)
	if _, ok := b.allow(); !ok {
		t.Fatal("open too soon")
	}
	b.record(alive) // counts only failures one after another
	fails(true)
	fails(true)
	b.allow()
	b.record(noSign) // a person stopped it: says nothing
	fails(true)
	fails(false)
	if after, open := b.isOpen(); !open || after != 5*time.Second {
		t.Errorf("open %v for %v", open, after)
	}
	for _, wait := range []time.Duration{5, 10, 20, 40, 60, 60} {
		now = now.Add(wait*time.Second - time.Millisecond)
		fails(false)
		now = now.Add(time.Millisecond)
		if _, ok := b.allow(); !ok {
			t.Fatalf("after %d s nobody may find out", wait)
		}
		if _, ok := b.allow(); ok {
			t.Fatal("two find out at once")
		}
		b.record(dead)
	}
	b.hint() // it has listed its models: somebody may find out
	if _, ok := b.allow(); !ok {
		t.Fatal("nobody may find out")
	}
	b.record(noSign)
	if _, ok := b.allow(); !ok {
		t.Fatal("nobody else may find out")
	}
	b.record(alive)
	fails(true)
	fails(true)
	if _, open := b.isOpen(); open {
		t.Error("it is open, and has answered")
	}
}

func TestSignOf(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want sign
	}{
		"answered":        {nil, alive},
		"unreachable":     {&llm.Error{Kind: llm.KindUnavailable, Down: true}, dead},
		"a bad gateway":   {&llm.Error{Kind: llm.KindUnavailable, Status: 502, Down: true}, dead},
		"unavailable":     {&llm.Error{Kind: llm.KindUnavailable, Status: 503}, alive},
		"silent":          {&llm.Error{Kind: llm.KindTimeout}, alive},
		"gateway timeout": {&llm.Error{Kind: llm.KindTimeout, Status: 504}, alive},
		"broke off":       {&llm.Error{Kind: llm.KindInterrupted, Err: errors.New("reset")}, alive},
		"stopped":         {&llm.Error{Kind: llm.KindInterrupted, Err: context.Canceled}, noSign},
		"given up":        {&llm.Error{Kind: llm.KindTimeout, Err: context.DeadlineExceeded}, noSign},
		"too busy":        {&llm.Error{Kind: llm.KindRateLimited}, alive},
		"failed":          {&llm.Error{Kind: llm.KindServerError}, alive},
		"not asked":       {errors.New("the store"), noSign},
		"bad question":    {&llm.Error{Kind: llm.KindContextExceeded}, alive},
	} {
		if got := signOf(tt.err); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}
