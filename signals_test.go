package main

import (
	"testing"
	"time"
)

func TestSecondSignal(t *testing.T) {
	begin := time.Now()
	for name, tt := range map[string]struct {
		after []time.Duration // the first signal
		exit  bool
	}{
		"one signal":                     {nil, false},
		"another at the same moment":     {[]time.Duration{0}, false},
		"another within the same second": {[]time.Duration{900 * time.Millisecond}, false},
		"three within the same second":   {[]time.Duration{0, time.Millisecond, 999 * time.Millisecond}, false},
		"another a second later":         {[]time.Duration{time.Second}, true},
		"an echo, and one a minute on":   {[]time.Duration{0, time.Minute}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var s stopping
			if first, exit := s.signal(begin); !first || exit {
				t.Fatalf("the first signal: begin %v, exit %v", first, exit)
			}
			exit := false
			for _, d := range tt.after {
				first, now := s.signal(begin.Add(d))
				if first {
					t.Errorf("the signal after %s counts as the first", d)
				}
				exit = now
			}
			if exit != tt.exit {
				t.Errorf("exits at once: %v, want %v", exit, tt.exit)
			}
		})
	}
}
