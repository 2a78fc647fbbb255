package store

// maxRewritten is how many summaries Rewritten deals with at once, so that the
// transaction of an edit stays small.
const maxRewritten = 150

// A Rewriting is what became of the summaries of a message that was changed.
type Rewriting struct {
	Removed int        // summaries that a program had made: their thread wants a new one
	Stale   []*Summary // those that people wrote or edited
	More    bool       // there were too many for one transaction: call again
}

// Rewritten says that a message of t was edited or deleted: from now on nobody may be
// told what it said before. Summaries that a program made of it are removed; what a
// person wrote is kept, as stale, and stands for no message any more. The caller
// holds t as this transaction read it, and t is written too.
func (tx *Tx) Rewritten(t *Thread, message ID) (r Rewriting, err error) {
	spans, err := tx.Spans(t.ID)
	if err != nil {
		return r, err
	}
	for _, span := range spans {
		if !span.Has(message) {
			continue
		}
		if r.More = r.Removed+len(r.Stale) == maxRewritten; r.More {
			break
		}
		if err := tx.withdraw(t, span.SummaryID, &r); err != nil {
			return r, err
		}
	}
	t.Rewrites++
	return r, tx.summarized(t)
}

func (tx *Tx) withdraw(t *Thread, id ID, r *Rewriting) error {
	s, err := tx.Summary(id)
	if err != nil {
		return ignoreDamage(err)
	}
	if s.IsByHand() {
		s.IsStale = true
		r.Stale = append(r.Stale, s)
		return summaries.put(tx, s)
	}
	r.Removed++
	t.SummaryCount--
	return summaries.destroy(tx, s)
}

// IsByHand says whether a person wrote the summary, or changed what a program had
// written.
func (s *Summary) IsByHand() bool { return s.ModelUsed == "" || s.IsEdited }
