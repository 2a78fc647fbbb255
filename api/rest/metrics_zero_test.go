package rest

import (
	"strings"
	"testing"
)

// An alert by rate() misses the first event of a series that begins with it.
func TestSeriesBeginAtZero(t *testing.T) {
	w := newWorld(t, Options{})
	text := "\n" + w.do(ask{method: get, path: "/metrics"}).is(200).body
	for _, line := range []string{
		`parley_live_closed_total{code="4408",reason="no sign of life"} 0`, `parley_live_closed_total{code="client",reason="the client left"} 0`,
		`parley_live_refused_total{error_code="internal"} 0`, `parley_live_refused_total{error_code="rate_limited"} 0`,
		`parley_rate_limited_total{class="sign_in"} 0`, `parley_rate_limited_total{class="message"} 0`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("there is no line %s", line)
		}
	}
}
