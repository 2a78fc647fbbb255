package llm

import "time"

// SetGrace sets, for tests, how long what may follow a finish reason is waited for, and
// the end of a body after [DONE].
func (o *OpenAI) SetGrace(d time.Duration) { o.grace, o.drain = d, d }

// SetLongest sets, for tests, how long an answer may go without a token, whatever
// signs of life come.
func (o *OpenAI) SetLongest(d time.Duration) { o.longest = d }

// SetNow sets the clock.
func (o *OpenAI) SetNow(now func() time.Time) { o.now = now }
