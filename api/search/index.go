package search

import (
	"context"
	"time"

	"github.com/parley-app/parley/store"
)

// batch is how many texts are read and cut at once.
const batch = 32

// maxTerms bounds the different words of one text that are kept: more than any
// text of a megabyte in a human language has.
const maxTerms = 100_000

// Index brings the index of words up to date with the texts, until the queue is
// empty or ctx ends. It takes bounded steps and rests between them, so that those who
// write wait little for it; see pace. now tells the time. Several at once do no harm.
func Index(ctx context.Context, s *store.Store, now func() time.Time) error {
	p := &pace{now: now}
	for {
		p.begin()
		n, err := step(ctx, s, batch, p)
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-time.After(p.rest()):
		case <-ctx.Done():
			return nil
		}
	}
}

// CatchUp indexes a few texts without a rest, those that were just written: so who
// searches for what they have just said finds it, unless very much is written.
func CatchUp(ctx context.Context, s *store.Store) error {
	for range 4 {
		if n, err := step(ctx, s, batch/2, nil); err != nil || n == 0 {
			return err
		}
	}
	return nil
}

// Drain indexes all there is without a rest, for when nobody else uses the store.
func Drain(ctx context.Context, s *store.Store) error {
	for {
		if n, err := step(ctx, s, batch, nil); err != nil || n == 0 {
			return err
		}
	}
}

// step does a part of the queue, and says how many texts it saw there. p may be nil.
func step(ctx context.Context, s *store.Store, n int, p *pace) (seen int, err error) {
	texts, err := queued(ctx, s, n)
	if err != nil || len(texts) == 0 {
		return 0, err
	}
	entries := make([]store.SearchEntry, len(texts))
	for i, t := range texts { // outside of any transaction: this is the slow part
		entries[i] = entry(t)
	}
	for len(entries) > 0 {
		done := 0
		p.ask()
		err := s.Update(store.InReserve(ctx), func(tx *store.Tx) (err error) {
			p.turn()
			done, err = tx.IndexSearch(entries)
			return err
		})
		if err != nil {
			return len(texts), err
		}
		entries = entries[done:]
	}
	return len(texts), nil
}

// maxTexts bounds the bytes of the texts that are in memory at once.
const maxTexts = 8 << 20

func queued(ctx context.Context, s *store.Store, n int) (texts []store.SearchText, err error) {
	err = s.View(ctx, func(tx *store.Tx) error {
		refs, err := tx.SearchQueue(n)
		size := 0
		for _, ref := range refs {
			if err != nil || size > maxTexts {
				return err
			}
			var t store.SearchText
			if t, err = tx.SearchText(ref); err == nil {
				texts = append(texts, t)
				size += len(t.Text)
			}
		}
		return err
	})
	return texts, err
}

// entry cuts a text into words.
func entry(t store.SearchText) store.SearchEntry {
	e := store.SearchEntry{SearchText: t}
	places := map[string]int{}
	words(t.Text, true, func(w word) {
		e.Length++
		i, known := places[w.term]
		switch {
		case known:
			e.Counts[i]++
		case len(e.Terms) < maxTerms:
			places[w.term] = len(e.Terms)
			e.Terms, e.Counts = append(e.Terms, w.term), append(e.Counts, 1)
		}
	})
	return e
}
