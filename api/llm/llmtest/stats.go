package llmtest

import "time"

// Stats is what the server has done so far, as /stats tells it.
type Stats struct {
	Running  int `json:"running"`
	Finished int `json:"finished"`
	Aborted  int `json:"aborted"` // the client left before the end

	Streams []StreamStats `json:"streams"` // oldest first, the newest thousand
}

// StreamStats is one question and its answer.
type StreamStats struct {
	Question string     `json:"question"` // the last message of the user, its first 200 bytes
	Messages int        `json:"messages"` // how many came with it
	State    string     `json:"state"`    // "running", "finished", "aborted"
	Began    time.Time  `json:"began"`
	Ended    *time.Time `json:"ended"` // null while it runs
	Words    int        `json:"words"` // deltas sent
}

// Stats counts streams. The end of an aborted one is when the server saw the
// connection close.
func (s *Server) Stats() Stats {
	st := Stats{Streams: []StreamStats{}}
	for _, c := range s.Calls() {
		one := c.stats()
		switch one.State {
		case "running":
			st.Running++
		case "aborted":
			st.Aborted++
		default:
			st.Finished++
		}
		st.Streams = append(st.Streams, one)
	}
	st.Streams = st.Streams[max(0, len(st.Streams)-1000):]
	return st
}

func (c *Call) stats() StreamStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := c.Last()
	one := StreamStats{Question: q[:min(len(q), 200)], Messages: len(c.Messages), State: "running", Began: c.Began, Words: c.words}
	if c.end.IsZero() {
		return one
	}
	end := c.end
	one.Ended, one.State = &end, "finished"
	if c.left {
		one.State = "aborted"
	}
	return one
}
