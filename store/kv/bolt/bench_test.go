package bolt

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/parley-app/parley/store/kv"
)

// The benchmarks do the same work by turns with the engine and with bare
// bbolt, in one run on one disk, and report the ratio of the times: figures of
// different runs or machines cannot be compared, ratios can.

const space kv.Space = "bench"

// keys are like the ids of a busy store: in order of time, and unique.
var clock atomic.Uint64

func nextKey() []byte {
	k := make([]byte, 16)
	binary.BigEndian.PutUint64(k, clock.Add(1))
	_, _ = rand.Read(k[8:])
	return k
}

var record = make([]byte, 512)

func BenchmarkLoneUpdate(b *testing.B) {
	compare(b, 1)
}

func Benchmark64Callers(b *testing.B) {
	compare(b, 64)
}

func compare(b *testing.B, callers int) {
	e := openBench(b, Options{})
	db := openBare(b)
	g := newBareGroup(db)
	defer close(g.line)
	bare := g.update
	if callers == 1 {
		bare = db.Update
	}
	ours := func() {
		err := e.Update(context.Background(), func(tx kv.Tx) error { return tx.Put(space, nextKey(), record) })
		if err != nil {
			b.Error(err)
		}
	}
	theirs := func() {
		err := bare(func(tx *bbolt.Tx) error { return tx.Bucket([]byte(space)).Put(nextKey(), record) })
		if err != nil {
			b.Error(err)
		}
	}
	var ot, tt time.Duration
	b.ResetTimer()
	for left := b.N; left > 0; {
		n := min(left, 50*callers)
		ot += spend(callers, n, ours)
		tt += spend(callers, n, theirs)
		left -= n
	}
	b.ReportMetric(float64(ot)/float64(tt), "x-bare")
	b.ReportMetric(float64(b.N)/ot.Seconds(), "ours/s")
	b.ReportMetric(float64(b.N)/tt.Seconds(), "bare/s")
}

// spend has callers do f n times in all.
func spend(callers, n int, f func()) time.Duration {
	start := time.Now()
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				f()
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

// A bareGroup is the least that group commit can be: one goroutine drains a
// channel into one db.Update. It isolates nothing, limits nothing, copies
// nothing.
type bareGroup struct {
	db   *bbolt.DB
	line chan bareCall
}

type bareCall struct {
	fn  func(*bbolt.Tx) error
	err chan error
}

func newBareGroup(db *bbolt.DB) *bareGroup {
	g := &bareGroup{db: db, line: make(chan bareCall, groupCalls)}
	go g.run()
	return g
}

func (g *bareGroup) update(fn func(*bbolt.Tx) error) error {
	c := bareCall{fn, make(chan error, 1)}
	g.line <- c
	return <-c.err
}

func (g *bareGroup) run() {
	for first := range g.line {
		calls := []bareCall{first}
		for len(calls) < groupCalls {
			select {
			case c := <-g.line:
				calls = append(calls, c)
				continue
			default:
			}
			break
		}
		err := g.db.Update(func(tx *bbolt.Tx) error {
			for _, c := range calls {
				if err := c.fn(tx); err != nil {
					return err
				}
			}
			return nil
		})
		for _, c := range calls {
			c.err <- err
		}
	}
}

func openBench(tb testing.TB, o Options) *Engine {
	e, err := Open(filepath.Join(tb.TempDir(), "ours"), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := e.Close(); err != nil {
			tb.Error(err)
		}
	})
	return e
}

func openBare(tb testing.TB) *bbolt.DB {
	db, err := bbolt.Open(filepath.Join(tb.TempDir(), "bare"), 0o600, &bbolt.Options{
		FreelistType: bbolt.FreelistMapType, NoFreelistSync: true, InitialMmapSize: 1 << 30,
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte(space))
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return db
}
