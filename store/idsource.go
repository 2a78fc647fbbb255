package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"
)

// idAhead is how far the persisted high-water mark runs ahead of the ids made.
// One small write a minute buys that ids never go back, whatever the clock and
// whatever the restart.
const idAhead = time.Minute

// An idSource makes UUIDv7 (RFC 9562, section 5.7, monotonic by method 1: the
// 12 bits of rand_a count within a millisecond).
type idSource struct {
	now func() time.Time

	mu       sync.Mutex
	ms       int64  // of the newest id
	count    uint16 // within ms
	reserved int64  // ids up to here are covered by the persisted mark
}

func (s *idSource) load(ctx context.Context, st *Store) error {
	return st.View(ctx, func(tx *Tx) error {
		v, err := tx.get1(metaSpace, metaIDs)
		if err != nil || len(v) != 8 {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ms, s.reserved = int64(binary.BigEndian.Uint64(v)), int64(binary.BigEndian.Uint64(v))
		return nil
	})
}

func (s *idSource) next(tx *Tx) (ID, error) {
	id, mark := s.make()
	if mark == 0 || mark-tx.marked < idAhead.Milliseconds()/2 { // this transaction has moved it already
		return id, nil
	}
	tx.marked = mark
	if err := tx.kv.Put(metaSpace, metaIDs, binary.BigEndian.AppendUint64(nil, uint64(mark))); err != nil {
		return ID{}, err
	}
	return id, tx.AfterCommit(func() { s.persisted(mark) })
}

// make returns a new id and, when the persisted mark must move, where to.
func (s *idSource) make() (id ID, mark int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ms := s.now().UnixMilli(); ms > s.ms {
		s.ms, s.count = ms, 0
	} else if s.count++; s.count >= 1<<12 {
		s.ms, s.count = s.ms+1, 0
	}
	if s.ms > s.reserved-idAhead.Milliseconds()/2 {
		mark = s.ms + idAhead.Milliseconds()
	}
	_, _ = rand.Read(id[8:]) // never fails, by its documentation
	binary.BigEndian.PutUint64(id[:8], uint64(s.ms)<<16|7<<12|uint64(s.count))
	id[8] = id[8]&0x3f | 0x80
	return id, mark
}

func (s *idSource) persisted(mark int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reserved = max(s.reserved, mark)
}
