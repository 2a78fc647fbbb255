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
	costs  []int        // of each, in tokens
	tokens int
}

// maxTold is how many summaries are told at most: usually it is one, into which
// those before were merged.
const maxTold = 20

func overlap(a, b store.Span) bool { return a.Has(b.Start) || b.Has(a.Start) }

// add puts a summary where it belongs in time.
func (s *summaryText) add(span store.Span, summary *store.Summary) {
	at, _ := slices.BinarySearchFunc(s.spans, span, func(x, y store.Span) int { return y.Start.Compare(x.Start) })
	s.spans = slices.Insert(s.spans, at, span)
	s.texts = slices.Insert(s.texts, at, summary.SummaryText)
	s.costs = slices.Insert(s.costs, at, summary.TokenCount+messageOverhead)
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
