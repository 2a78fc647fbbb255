package bolt

// An arena is memory for many copies, in few pieces: a page of results costs one
// allocation and not two for each entry. One that is full goes on in a new block; what
// it has given out stays where it is.
type arena []byte

const (
	firstBlock = 4 << 10
	// mostBlock is how large blocks become by themselves, and how much memory of
	// one group waits for the next. A larger value has a block of its own.
	mostBlock = 1 << 20
)

// copy returns a copy of b, not nil, to which nothing can be appended in place.
func (a *arena) copy(b []byte) []byte {
	if *a == nil || len(b) > cap(*a)-len(*a) {
		*a = make(arena, 0, max(len(b), firstBlock, min(2*cap(*a), mostBlock)))
	}
	start := len(*a)
	*a = append(*a, b...)
	return (*a)[start:len(*a):len(*a)]
}

// reset begins anew in the last block, over what was copied there.
func (a *arena) reset() {
	*a = (*a)[:0]
	if cap(*a) > mostBlock {
		*a = nil
	}
}
