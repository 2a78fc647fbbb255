package hub

// A batch is what Next has taken and hands out in pieces. It belongs to the
// goroutine that calls Next.
type batch struct {
	items  []item
	at     int   // the item that is being handed out
	part   uint8 // of it; see item.shared
	buffer *[]byte
}

const (
	copyAtMost  = 8 << 10  // larger pieces are handed out where they lie
	pieceAtMost = 64 << 10 // copied bytes in one piece
	keepItems   = 16       // a queue that grew beyond this is given back
	maxTail     = 96       // what is behind a text: two numbers and their names
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
	if b.part++; b.part >= b.items[b.at].parts() {
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

// parts is how many parts the frame of an item is handed out in.
func (i *item) parts() uint8 {
	switch {
	case i.body != nil:
		return 1
	case i.kind == aSnapshot:
		return 5 // head, content, middle, reasoning, tail
	default:
		return 3 // head, text, tail
	}
}

// shared is the part of an item that lies in memory that others use too.
func (i *item) shared(part uint8) []byte {
	switch {
	case i.body != nil:
		return i.body
	case part == 1:
		return i.text
	case part == 3:
		return i.reasoning
	}
	return nil
}

// own appends the part of an item that is made for this receiver.
func (i *item) own(out []byte, part uint8, h *Hub) []byte {
	switch {
	case i.body != nil || part == 1 || part == 3:
		return out
	case part == 0:
		return i.appendHead(out, h)
	case part == 2 && i.kind == aSnapshot:
		return appendSnapshotMiddle(out, i.next)
	default:
		return i.appendTail(out)
	}
}

func (i *item) appendHead(out []byte, h *Hub) []byte {
	var behind [2 * maxTail]byte
	head, tail := i.answer.whole, behind[:0]
	if i.kind == aSnapshot {
		tail = appendSnapshotMiddle(tail, i.next)
	} else {
		head = i.stream.head
	}
	n := len(head) + len(i.text) + len(i.reasoning) + len(i.appendTail(tail))
	return append(h.header(out, n), head...)
}

func (i *item) appendTail(out []byte) []byte {
	if i.kind == aSnapshot {
		return appendSnapshotTail(out, i.reasoningNext)
	}
	return appendChunkTail(out, i.first, i.next, i.stream == &i.answer.reasoning)
}

// whole makes a chunk's frame in one piece.
func (i *item) whole(h *Hub) []byte {
	out := make([]byte, 0, maxHeader+len(i.stream.head)+len(i.text)+maxTail)
	return i.appendTail(append(i.appendHead(out, h), i.text...))
}
