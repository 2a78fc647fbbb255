package store

// Where a record belongs whose own words are damaged, as its index entries tell: who
// may not see that may not know of it either. Finding them walks an index, and is for
// damaged records alone.

// PlaceOfThread returns a thread that is damaged with its id, its project and whose it
// is if it is private; not_found if nothing tells that.
func (tx *Tx) PlaceOfThread(id ID) (*Thread, error) {
	scope, err := threads.entryOf(tx, "activity", id[:])
	if err != nil {
		return nil, err
	}
	if len(scope) < 2*len(ID{})+1 {
		return nil, notFound(threads.noun)
	}
	t := damagedThread(id[:])
	t.place(scope[:2*len(ID{})+1])
	return t, nil
}

// ThreadOfAttachment returns the thread of an attachment that is damaged, zero if
// nothing tells it.
func (tx *Tx) ThreadOfAttachment(id ID) (ID, error) { return attachments.threadOf(tx, id) }

// ThreadOfSummary returns the thread of a summary that is damaged, zero if nothing
// tells it.
func (tx *Tx) ThreadOfSummary(id ID) (ID, error) { return summaries.threadOf(tx, id) }

func (t *table[T]) threadOf(tx *Tx, id ID) (ID, error) {
	entry, err := t.entryOf(tx, "thread", id[:])
	if err != nil || len(entry) < len(ID{}) {
		return ID{}, err
	}
	return ID(entry[:len(ID{})]), nil
}
