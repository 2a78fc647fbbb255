package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// Of more summaries than one transaction takes down, the rest is taken by the next.
func TestASummaryOfAChangedMessageGoes(t *testing.T) {
	s := storetest.New(t)
	ann := storetest.User(t, s, "ann")
	th := storetest.Thread(t, s, storetest.Project(t, s, ann, "Garden"), ann, "Roses")
	m := storetest.Message(t, s, th.ID, ann, "a secret")
	const many = 400
	for from := 0; from < many; from += 100 {
		storetest.Update(t, s, func(tx *store.Tx) error {
			thread, err := tx.Thread(th.ID)
			for range 100 {
				if err != nil {
					return err
				}
				sum := &store.Summary{ThreadID: th.ID, SummaryText: "a secret", ModelUsed: "model", StartMessageID: m.ID, EndMessageID: m.ID, CreatedAt: tx.Now}
				if sum.ID, err = tx.NewID(); err == nil {
					err = tx.SaveSummary(thread, sum)
				}
			}
			return err
		})
	}
	hand := storetest.Summary(t, s, th.ID, "by hand")
	rounds := 0
	for more := true; more; rounds++ {
		storetest.Update(t, s, func(tx *store.Tx) error {
			thread, err := tx.Thread(th.ID)
			if err != nil {
				return err
			}
			r, err := tx.Rewritten(thread, m.ID)
			more = r.More
			return err
		})
	}
	storetest.View(t, s, func(tx *store.Tx) error {
		thread, err := tx.Thread(th.ID)
		if err != nil {
			return err
		}
		list, err := tx.SummariesOf(th.ID)
		if len(list) != 1 || list[0].ID != hand.ID || !list[0].IsStale || thread.SummaryCount != 1 || thread.SavedTokens != 0 || rounds < 3 {
			t.Errorf("%d rounds left %s", rounds, fmt.Sprint(list, thread))
		}
		spans, err2 := tx.Spans(th.ID)
		if len(spans) > 0 {
			t.Errorf("spans %v", spans)
		}
		return errors.Join(err, err2)
	})
}
