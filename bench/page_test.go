package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
)

const pageSize = 50

// BenchmarkPages compares a page of 50 messages of the long thread, at its newest
// end, in its middle and at its oldest end, with a bare cursor that splices the
// same stored bytes. Target: x-rate at least 0.5, and the three within 1.3 of one
// another.
func BenchmarkPages(b *testing.B) {
	s := open(b)
	ends := s.ends(b)
	for _, where := range []string{"newest", "middle", "oldest"} {
		b.Run(where, func(b *testing.B) {
			p := ends[where]
			ours := side{"parley", func(int) error { _, err := s.page(p); return err }}
			bare := side{"bare cursor", func(int) error { _, err := s.barePage(p); return err }}
			mine, err1 := s.page(p)
			theirs, err2 := s.barePage(p)
			if err1 != nil || err2 != nil || len(mine) == 0 || string(mine) != string(theirs) {
				b.Fatalf("the sides do not answer the same: %d and %d bytes, %v, %v", len(mine), len(theirs), err1, err2)
			}
			compare(b, 1, ours, bare)
		})
	}
}

// ends returns pages at both ends of the long thread and in its middle.
func (s *scene) ends(b *testing.B) map[string]store.Page {
	b.Helper()
	middle := store.Page{Limit: 1, Offset: min(s.Messages/2, longThread) / 2}
	oldest := store.Page{Limit: 1, Offset: min(s.Messages/2, longThread) - pageSize - 1}
	at := func(p store.Page) (id store.ID) {
		err := s.store.View(context.Background(), func(tx *store.Tx) error {
			page, _, err := tx.ListMessages(s.Long, p, false)
			if err != nil || len(page) != 1 {
				return fmt.Errorf("%d messages at %d: %w", len(page), p.Offset, err)
			}
			m, err := page[0].Decode()
			id = m.ID
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		return id
	}
	return map[string]store.Page{
		"newest": {Limit: pageSize},
		"middle": {Limit: pageSize, Before: at(middle)},
		"oldest": {Limit: pageSize, Before: at(oldest)},
	}
}

// page returns a page of the long thread as a JSON list.
func (s *scene) page(p store.Page) (list []byte, err error) {
	err = s.store.View(context.Background(), func(tx *store.Tx) error {
		page, _, err := tx.ListMessages(s.Long, p, false)
		if err != nil {
			return err
		}
		n := 2
		for _, m := range page {
			n += len(m) + 1
		}
		list = append(make([]byte, 0, n), '[')
		for i, m := range page {
			if i > 0 {
				list = append(list, ',')
			}
			list = append(list, m...)
		}
		list = append(list, ']')
		return nil
	})
	return list, err
}

// barePage is page without a store: a cursor, and the bytes behind the head of each
// value.
func (s *scene) barePage(p store.Page) (list []byte, err error) {
	tx, err := s.bare.Begin(false)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	c := tx.Bucket([]byte("messages")).Cursor()
	end := kv.Next(kv.Key(s.Long))
	if !p.Before.IsZero() {
		end = kv.Key(s.Long, p.Before)
	}
	var page [][]byte
	c.Seek(end)
	for k, v := c.Prev(); k != nil && len(page) < p.Limit; k, v = c.Prev() {
		page = append(page, v[5:])
	}
	slices.Reverse(page)
	list = append(make([]byte, 0, 80<<10), '[')
	for i, m := range page {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, m...)
	}
	return append(list, ']'), nil
}

// BenchmarkThreadPages compares a page of 20 threads at the newest end of all of a
// person's projects with one in their middle. Target: within 1.3 of one another.
func BenchmarkThreadPages(b *testing.B) {
	s := open(b)
	no := false
	q := store.ThreadQuery{Page: store.Page{Limit: 20}, Projects: s.Projects, Viewer: s.Users[0], Archived: &no, Sort: "activity"}
	list := func(q store.ThreadQuery) (page []*store.Thread, err error) {
		err = s.store.View(context.Background(), func(tx *store.Tx) (err error) {
			page, _, _, err = tx.ListThreads(q)
			return err
		})
		return page, err
	}
	deep := q
	deep.Offset = len(s.Threads) / 2
	middle, err := list(deep)
	if err != nil || len(middle) != q.Limit {
		b.Fatalf("%d threads, %v", len(middle), err)
	}
	deep = q
	deep.After = middle[0].ID
	compare(b, 1, side{"newest", func(int) error { _, err := list(q); return err }}, side{"middle", func(int) error { _, err := list(deep); return err }})
}

// BenchmarkTenfold compares pages of a store of PARLEY_BENCH_TENFOLD messages with
// the same of one of PARLEY_BENCH_MESSAGES. Target: x-p50 at most 2. It is left out
// unless the former is set: loading ten million takes an hour and 20 GB.
func BenchmarkTenfold(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("PARLEY_BENCH_TENFOLD"))
	if err != nil {
		b.Skip("PARLEY_BENCH_TENFOLD is not set")
	}
	large, dir := loadedWith(b, n)
	usual, usualDir := loaded(b, n/10)
	open := func(c *Corpus, dir string) *scene {
		st, err := openStore(context.Background(), dir, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = st.Close() })
		return &scene{Corpus: c, store: st}
	}
	a, z := open(large, dir), open(usual, usualDir)
	endsA, endsZ := a.ends(b), z.ends(b)
	for _, where := range []string{"newest", "middle", "oldest"} {
		b.Run(where, func(b *testing.B) {
			compare(b, 1,
				side{"tenfold", func(int) error { _, err := a.page(endsA[where]); return err }},
				side{"usual", func(int) error { _, err := z.page(endsZ[where]); return err }})
		})
	}
}

// BenchmarkOpen is how long the store takes to open after it was closed. Target: at
// most 200 ms.
func BenchmarkOpen(b *testing.B) {
	_, from := loaded(b, 100_000)
	dir := b.TempDir()
	if err := copyFile(filepath.Join(from, "parley.db"), filepath.Join(dir, "parley.db")); err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		s, err := openStore(context.Background(), dir, nil)
		if err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
}
