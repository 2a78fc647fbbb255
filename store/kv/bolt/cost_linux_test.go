package bolt

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/parley-app/parley/store/kv"
)

// The benchmarks here say what a transaction costs the processor, the collector's and
// the kernel's part included, and in memory (-benchmem): on a server that is busy this
// counts, not the time that a disk takes. They are for comparing two versions by turns.

// cost has callers do f b.N times in all.
func cost(b *testing.B, callers int, f func() error) {
	b.ReportAllocs()
	b.ResetTimer()
	before := processor(b)
	spend(b, callers, b.N, f)
	b.ReportMetric(float64(processor(b)-before)/float64(b.N), "cpu-ns/op")
}

// processor is how long this process has had a processor.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkThreadUpdate writes what a new thread does: some twenty records and index
// entries, in eight spaces that hold many already.
func BenchmarkThreadUpdate(b *testing.B) {
	e := openBench(b, Options{})
	spaces := fillSpaces(b, e, 8, 5000)
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			cost(b, callers, func() error {
				return e.Update(context.Background(), func(tx kv.Tx) error {
					for i := range 20 {
						if err := tx.Put(spaces[i%len(spaces)], nextKey(), record[:200]); err != nil {
							return err
						}
					}
					return tx.AfterCommit(func() {})
				})
			})
		})
	}
}

// BenchmarkListView reads what a list of threads does: a page of an index, and then
// twenty records, one by one, each with what belongs to it in other spaces.
func BenchmarkListView(b *testing.B) {
	e := openBench(b, Options{})
	spaces := fillSpaces(b, e, 5, 5000)
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			cost(b, callers, func() error {
				return e.View(context.Background(), func(tx kv.Tx) error { return readList(tx, spaces) })
			})
		})
	}
}

func readList(tx kv.Tx, spaces []kv.Space) error {
	page, err := tx.Scan(spaces[0], kv.Range{Limit: 20, Reverse: true})
	if err != nil {
		return err
	}
	for i, e := range page {
		v, err := tx.Get(spaces[i%len(spaces)], e.Key)
		if err != nil {
			return err
		}
		if v[0] == nil {
			return fmt.Errorf("%x is missing", e.Key)
		}
	}
	return nil
}

// BenchmarkPageView reads a page of 50 records.
func BenchmarkPageView(b *testing.B) {
	e := openBench(b, Options{})
	spaces := fillSpaces(b, e, 1, 20000)
	cost(b, 1, func() error {
		return e.View(context.Background(), func(tx kv.Tx) error {
			_, err := tx.Scan(spaces[0], kv.Range{Limit: 50, Reverse: true})
			return err
		})
	})
}

// fillSpaces puts the same n keys into each of some spaces.
func fillSpaces(b *testing.B, e *Engine, count, n int) (spaces []kv.Space) {
	keys := make([][]byte, n)
	for i := range keys {
		keys[i] = nextKey()
	}
	for i := range count {
		s := kv.Space(fmt.Sprint("space ", i))
		spaces = append(spaces, s)
		for at := 0; at < n; at += kv.MaxWrites {
			err := e.Update(context.Background(), func(tx kv.Tx) error {
				for _, k := range keys[at:min(n, at+kv.MaxWrites)] {
					if err := tx.Put(s, k, record[:200]); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	return spaces
}
