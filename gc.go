package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/parley-app/parley/api/jobs"
)

// A thrift says how much garbage may lie about. Go lets it grow to the size of what
// lives, which in a small server is little: under load it then collects tens of times
// a second, for a tenth of the processor. While it does, it is given some room; a
// server at rest stays as small as it was.
type thrift struct {
	room    uint64 // for garbage under load, in bytes
	samples []metrics.Sample
	cycles  uint64
	calm    int // looks in a row without haste
	percent int // now in force
}

const (
	leastRoom, mostRoom = 64 << 20, 256 << 20 // bytes

	hasty        = 3 // collections between two looks
	calmLooks    = 30
	usualPercent = 100 // Go's own
)

// thriftJobs look after the collector, unless somebody has said how to collect.
func thriftJobs() []jobs.Job {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	t := &thrift{
		room:    roomIn(memoryAtHand()),
		samples: []metrics.Sample{{Name: "/gc/cycles/automatic:gc-cycles"}, {Name: "/gc/heap/live:bytes"}},
		percent: usualPercent,
	}
	metrics.Read(t.samples)
	t.cycles = t.samples[0].Value.Uint64() // the start does not count
	return []jobs.Job{{Name: "collector", Every: time.Second, Do: func(context.Context) error {
		metrics.Read(t.samples)
		if p := t.next(t.samples[0].Value.Uint64(), t.samples[1].Value.Uint64()); p != t.percent {
			t.percent = p
			debug.SetGCPercent(p)
		}
		return nil
	}}}
}

// next returns the percentage for the time to come, after so many collections in all
// and with so many bytes alive.
func (t *thrift) next(cycles, live uint64) int {
	haste := cycles - t.cycles
	t.cycles = cycles
	switch {
	case haste >= hasty:
		t.calm = 0
		return t.share(live)
	case haste > 0:
		t.calm = 0
	default:
		t.calm++
	}
	if t.calm >= calmLooks {
		return usualPercent
	}
	return min(t.percent, t.share(live)) // what lives may have grown: the room must not with it
}

// share is the percentage that gives garbage its room beside so many bytes.
func (t *thrift) share(live uint64) int {
	return max(usualPercent, int(t.room*100/max(live, 1<<20)))
}

// roomIn is the room for garbage on a machine of so much memory: a 64th of it, so that
// nobody else is short of it.
func roomIn(memory uint64) uint64 { return min(max(memory/64, leastRoom), mostRoom) }
