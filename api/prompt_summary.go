package api

import (
	"slices"
	"strings"

	"github.com/parley-app/parley/store"
)

// A summaryText is what the model is told instead of messages.
type summaryText struct {
	spans  []store.Span // that it stands for, none within another, the latest first
	texts  []string     // in the order of spans
	tokens int
}

// maxTold is how many summaries are told at most: usually it is one, into which
// those before were merged.
const maxTold = 20

// summariesFor returns the summaries of what came before the question of t: the
// latest, and those of what that does not stand for, as far as they fit into
// budget tokens.
func (a *API) summariesFor(t *turn, budget int) (told summaryText, err error) {
	err = a.store.View(t.ctx, func(tx *store.Tx) error {
		told = summaryText{}
		spans, err := tx.Spans(t.threadID)
		if err != nil {
			return err
		}
		for _, span := range spans { // the newest summary first
			if span.End.Compare(t.questionID) >= 0 || len(told.spans) == maxTold ||
				slices.ContainsFunc(told.spans, func(other store.Span) bool { return overlap(span, other) }) {
				continue
			}
			s, err := tx.Summary(span.SummaryID)
			if err != nil {
				return err
			}
			if told.tokens+s.TokenCount+messageOverhead > budget {
				continue
			}
			told.add(span, s)
		}
		return nil
	})
	return told, err
}

func overlap(a, b store.Span) bool { return a.Has(b.Start) || b.Has(a.Start) }

// add puts a summary where it belongs in time.
func (s *summaryText) add(span store.Span, summary *store.Summary) {
	at, _ := slices.BinarySearchFunc(s.spans, span, func(x, y store.Span) int { return y.Start.Compare(x.Start) })
	s.spans = slices.Insert(s.spans, at, span)
	s.texts = slices.Insert(s.texts, at, summary.SummaryText)
	s.tokens += summary.TokenCount + messageOverhead
}

// after returns the summaries, the oldest first, behind the instructions.
func (s *summaryText) after(instructions string) string {
	var parts []string
	if instructions != "" {
		parts = append(parts, instructions)
	}
	if len(s.texts) > 0 {
		parts = append(parts, "What was said before in this conversation, summed up:")
	}
	for _, text := range slices.Backward(s.texts) {
		parts = append(parts, text)
	}
	return strings.Join(parts, "\n\n")
}
