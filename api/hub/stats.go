package hub

// Stats are figures of a Hub. The first three are of now, the others count up from
// its making. They are read one after another: sums need not agree to the last frame.
type Stats struct {
	Connections int
	Topics      int
	Answers     int

	Published uint64 // frames given to Publish, Append, Begin and End
	Queued    uint64 // frames put into a queue: one per receiver
	Merged    uint64 // chunks that joined a frame that waited already
	Dropped   uint64 // frames lost by receivers that were too slow
	Resyncs   uint64 // snapshots sent in the place of what was lost
	Kicked    uint64 // connections ended by the hub
	Batches   uint64 // pieces handed to writers
	Bytes     uint64 // bytes handed to writers
}

// Stats returns the figures of this moment.
func (h *Hub) Stats() Stats {
	s := Stats{
		Published: h.count.published.Load(),
		Queued:    h.count.queued.Load(),
		Merged:    h.count.merged.Load(),
		Dropped:   h.count.dropped.Load(),
		Resyncs:   h.count.resyncs.Load(),
		Kicked:    h.count.kicked.Load(),
		Batches:   h.count.batches.Load(),
		Bytes:     h.count.bytes.Load(),
	}
	h.mu.RLock()
	s.Connections = len(h.conns)
	s.Topics = len(h.topics)
	h.mu.RUnlock()
	s.Answers = int(h.count.answers.Load())
	return s
}
