package bolt

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"path/filepath"
	"slices"
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
	db := openBare(b)
	compareWrites(b, 1, db, db.Update)
}

func Benchmark64Callers(b *testing.B) {
	db := openBare(b)
	g := &bareGroup{db: db, line: make(chan bareCall, groupCalls)}
	go g.run()
	defer close(g.line)
	compareWrites(b, 64, db, g.update)
}

func compareWrites(b *testing.B, callers int, db *bbolt.DB, bare func(func(*bbolt.Tx) error) error) {
	e := openBench(b, Options{})
	compare(b, callers, func() error {
		return e.Update(context.Background(), func(tx kv.Tx) error { return tx.Put(space, nextKey(), record) })
	}, func() error {
		return bare(func(tx *bbolt.Tx) error { return tx.Bucket([]byte(space)).Put(nextKey(), record) })
	})
}

// BenchmarkNewest50 reads the page that a chat opens with. The least that one
// can do is to walk there and copy the values, which bbolt lends only until the
// transaction ends.
func BenchmarkNewest50(b *testing.B) {
	e, db := openBench(b, Options{}), openBare(b)
	for range 20 {
		fillBoth(b, e, db, 1000)
	}
	b.ResetTimer()
	compare(b, 1, func() error {
		return e.View(context.Background(), func(tx kv.Tx) error {
			page, err := tx.Scan(space, kv.Range{Reverse: true, Limit: 50})
			if len(page) != 50 {
				b.Errorf("%d entries", len(page))
			}
			return err
		})
	}, func() error {
		return db.View(func(tx *bbolt.Tx) error {
			c, page := tx.Bucket([]byte(space)).Cursor(), make([]byte, 0, 50*len(record))
			for k, v := c.Last(); k != nil && len(page) < 50*len(record); k, v = c.Prev() {
				page = append(page, v...)
			}
			return nil
		})
	})
}

// BenchmarkAppendOrdered reports what a record takes of the file with and
// without the option: with keys that only rise, and with those of many threads
// that each append to their own range.
func BenchmarkAppendOrdered(b *testing.B) {
	const records, threads = 50_000, 200
	for name, key := range map[string]func(i int) []byte{
		"rising":   func(i int) []byte { return kv.Key(uint64(i)) },
		"threaded": func(i int) []byte { return kv.Key(uint32(i*7919%threads), uint64(i)) },
	} {
		b.Run(name, func(b *testing.B) {
			var per [2]float64
			for packed, spaces := range [][]kv.Space{nil, {space}} {
				e := openBench(b, Options{AppendOrdered: spaces})
				for i := 0; i < records; i += 500 {
					err := e.Update(context.Background(), func(tx kv.Tx) error {
						for n := range 500 {
							if err := tx.Put(space, key(i+n), record); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						b.Fatal(err)
					}
				}
				per[packed] = float64(allocated(b, e)) / records
			}
			b.ReportMetric(per[0], "B/record")
			b.ReportMetric(per[1], "B/record-packed")
			b.ReportMetric(per[1]/per[0], "x-default")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// allocated is the size of the pages that space uses.
func allocated(tb testing.TB, e *Engine) (n int) {
	err := e.db.View(func(tx *bbolt.Tx) error {
		s := tx.Bucket([]byte(space)).Stats()
		n = s.LeafAlloc + s.BranchAlloc
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func fillBoth(b *testing.B, e *Engine, db *bbolt.DB, n int) {
	keys := make([][]byte, n)
	for i := range keys {
		keys[i] = nextKey()
	}
	err := errors.Join(
		e.Update(context.Background(), func(tx kv.Tx) error {
			for _, k := range keys {
				if err := tx.Put(space, k, record); err != nil {
					return err
				}
			}
			return nil
		}),
		db.Update(func(tx *bbolt.Tx) error {
			for _, k := range keys {
				if err := tx.Bucket([]byte(space)).Put(k, record); err != nil {
					return err
				}
			}
			return nil
		}))
	if err != nil {
		b.Fatal(err)
	}
}

// compare has both do the same by turns, and reports the median of the ratios.
func compare(b *testing.B, callers int, ours, bare func() error) {
	var ratios []float64
	var us, them time.Duration
	for left := b.N; left > 0; {
		n := min(left, 50*callers)
		left -= n
		u, t := spend(b, callers, n, ours), spend(b, callers, n, bare)
		us, them = us+u, them+t
		ratios = append(ratios, float64(u)/float64(t))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-bare")
	b.ReportMetric(float64(b.N)/us.Seconds(), "ours/s")
	b.ReportMetric(float64(b.N)/them.Seconds(), "bare/s")
	b.ReportMetric(0, "ns/op") // of both together: says nothing
}

// spend has callers do f n times in all.
func spend(b *testing.B, callers, n int, f func() error) time.Duration {
	start := time.Now()
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := f(); err != nil {
					b.Error(err)
					return
				}
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
