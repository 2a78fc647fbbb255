package search

import (
	"testing"
	"time"
)

func TestWhoIndexesRestsLongerTheLongerOthersWrite(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct{ cuts, waits, writes, want time.Duration }{
		{3 * ms, 0, 2 * ms, 5 * ms},
		{3 * ms, 4 * ms, 2 * ms, 9*ms + 40*ms},
		{0, 2 * time.Second, 0, 2*time.Second + 250*ms},
	} {
		var at time.Time
		p := &pace{now: func() time.Time { return at }}
		for range 2 { // a step knows nothing of the one before
			p.begin()
			at = at.Add(tt.cuts)
			p.ask()
			at = at.Add(tt.waits)
			p.turn()
			at = at.Add(tt.writes)
			if got := p.rest(); got != tt.want {
				t.Errorf("after %v, %v in line and %v it rests %v, want %v", tt.cuts, tt.waits, tt.writes, got, tt.want)
			}
		}
	}
	var nobody *pace
	nobody.ask()
	nobody.turn()
}
