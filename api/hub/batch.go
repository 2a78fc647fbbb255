package hub

// A batch is what Next has taken and hands out in pieces. It belongs to the
// goroutine that calls Next.
type batch struct {
	items  []item
	at     int   // the item that is being handed out
	part   uint8 // 0: its head, 1: its text, 2: its tail
	buffer *[]byte
}

const (
	copyAtMost  = 8 << 10  // larger pieces are handed out where they lie
	pieceAtMost = 64 << 10 // copied bytes in one piece
	keepItems   = 16       // a queue that grew beyond this is given back
	maxTail     = 96       // a frame's tail: two numbers and their names
)

// swap takes the items of a queue and returns an empty one. The batch is empty.
func (b *batch) swap(queue []item) []item {
	empty := b.items[:0]
	b.items, b.at, b.part = queue, 0, 0
	return empty
}

// piece returns the next bytes, none when the batch is empty. They are valid
// until the next call.
func (b *batch) piece(h *Hub) []byte {
	if b.at == len(b.items) {
		b.release(h)
		return nil
	}
	if b.buffer == nil {
		b.buffer = h.buffers.Get().(*[]byte)
	}
	out := (*b.buffer)[:0]
	defer func() { *b.buffer = out }()
	for b.at < len(b.items) && len(out) < pieceAtMost {
		it := &b.items[b.at]
		shared := it.shared(b.part)
		switch {
		case len(shared) <= copyAtMost:
			out = append(it.own(out, b.part, h), shared...)
		case len(out) > 0:
			return out // first what comes before the large piece
		default:
			b.step()
			return shared
		}
		b.step()
	}
	return out
}

// step goes to the next part, or to the next item.
func (b *batch) step() {
	if b.part++; b.part > 2 || b.items[b.at].body != nil {
		b.at, b.part = b.at+1, 0
	}
}

// release gives back what an idle connection need not hold.
func (b *batch) release(h *Hub) {
	clear(b.items)
	b.items, b.at = b.items[:0], 0
	if cap(b.items) > keepItems {
		b.items = nil
	}
	if b.buffer != nil {
		if cap(*b.buffer) <= 2*pieceAtMost {
			h.buffers.Put(b.buffer)
		}
		b.buffer = nil
	}
}

// shared is the part of an item that lies in memory that others use too.
func (i *item) shared(part uint8) []byte {
	switch {
	case i.body != nil:
		return i.body
	case part == 1:
		return i.text
	}
	return nil
}

// own appends the part of an item that is made for this receiver.
func (i *item) own(out []byte, part uint8, h *Hub) []byte {
	switch {
	case i.body != nil || part == 1:
		return out
	case part == 0:
		return i.appendHead(out, h)
	default:
		return i.appendTail(out)
	}
}

func (i *item) appendHead(out []byte, h *Hub) []byte {
	head := i.answer.chunk
	if i.kind == aSnapshot {
		head = i.answer.whole
	}
	var tail [maxTail]byte
	n := len(head) + len(i.text) + len(i.appendTail(tail[:0]))
	return append(h.header(out, n), head...)
}

func (i *item) appendTail(out []byte) []byte {
	if i.kind == aSnapshot {
		return appendSnapshotTail(out, i.next)
	}
	return appendChunkTail(out, i.first, i.next)
}

// whole makes the item's frame in one piece.
func (i *item) whole(h *Hub) []byte {
	out := make([]byte, 0, maxHeader+len(i.answer.chunk)+len(i.text)+maxTail)
	return i.appendTail(append(i.appendHead(out, h), i.text...))
}
