package llm

import "time"

// SetGrace shortens, for tests, what is waited for after a finish reason.
func (o *OpenAI) SetGrace(d time.Duration) { o.grace = d }
