package store

import "github.com/parley-app/parley/store/kv"

// A proof remembers some records that this transaction has seen are there: those that
// one verb writes refer to the same few.
type proof struct {
	records [8]struct {
		space kv.Space
		id    ID
	}
	next int
}

func (p *proof) holds(space kv.Space, id ID) bool {
	if p == nil { // a View refers to nothing
		return false
	}
	for i := range p.records {
		if r := &p.records[i]; r.id == id && r.space == space {
			return true
		}
	}
	return false
}

// note remembers that the record with id is there.
func (p *proof) note(space kv.Space, id ID) {
	if p == nil || id.IsZero() || p.holds(space, id) {
		return
	}
	r := &p.records[p.next%len(p.records)]
	r.space, r.id = space, id
	p.next++
}

func (p *proof) forget() {
	if p != nil {
		*p = proof{}
	}
}

// dropped is for who deletes a record of space.
func (tx *Tx) dropped(space kv.Space) {
	tx.proven.forget()
	if space == members.space {
		tx.membersMoved()
	}
}
