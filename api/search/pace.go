package search

import "time"

// A pace is how long the indexer rests between its steps: as long as the last one took,
// and longer if it had to wait for its turn to write, because others then want to. At
// rest, a text is found at once; under load, what people do goes first. A nil pace
// measures nothing.
type pace struct {
	now    func() time.Time
	began  time.Time
	asked  time.Time
	waited time.Duration // for the writer, in this step
}

const (
	// yielding is how many times as long as it waited the indexer rests more.
	yielding = 10
	// longestYield bounds that, lest it never comes to its turn.
	longestYield = 250 * time.Millisecond
)

// begin begins a step.
func (p *pace) begin() { p.began, p.waited = p.now(), 0 }

// ask notes that the step waits for the writer from now on.
func (p *pace) ask() {
	if p != nil {
		p.asked = p.now()
	}
}

// turn notes that it does not wait any more. That a transaction is run once more does
// not matter.
func (p *pace) turn() {
	if p != nil {
		p.waited += p.now().Sub(p.asked)
		p.asked = p.now()
	}
}

// rest ends the step and returns the time until the next.
func (p *pace) rest() time.Duration {
	return p.now().Sub(p.began) + min(yielding*p.waited, longestYield)
}
