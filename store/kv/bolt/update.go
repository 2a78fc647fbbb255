package bolt

import (
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/parley-app/parley/store/kv"
)

// An update is the kv.Tx of one Update, inside the bbolt transaction of its
// group.
type update struct {
	*snapshot
	log    []change
	writes int // puts and deletes asked for; those that change nothing count too
	bytes  int // of their keys and values
	after  []func()
	err    error // the first write that failed, or ErrDone: what all calls return
}

var _ kv.Tx = (*update)(nil)

// A change is one that undo can take back and that the log can tell. The old value
// lies in the file or where an earlier Put of the group copied it; both outlast
// the group.
type change struct {
	bucket     *bbolt.Bucket
	space      kv.Space
	key, value []byte // value is nil if key was deleted
	old        []byte // nil if key was not there
}

func (u *update) Get(space kv.Space, keys ...[]byte) ([][]byte, error) {
	if u.err != nil {
		return nil, u.err
	}
	return u.get(space, keys), nil
}

func (u *update) Scan(space kv.Space, r kv.Range) ([]kv.Entry, error) {
	if u.err != nil {
		return nil, u.err
	}
	return u.scan(space, r), nil
}

func (u *update) Put(space kv.Space, key, value []byte) error {
	if u.err == nil {
		u.err = u.put(space, key, value)
	}
	return u.err
}

func (u *update) Delete(space kv.Space, key []byte) error {
	if u.err == nil {
		u.err = u.delete(space, key)
	}
	return u.err
}

func (u *update) AfterCommit(fn func()) error {
	if u.err == nil {
		u.after = append(u.after, fn)
	}
	return u.err
}

func (u *update) put(space kv.Space, key, value []byte) error {
	if err := u.admit(key, value); err != nil {
		return err
	}
	b, err := u.ensure(space)
	if err != nil {
		return fmt.Errorf("kv/bolt: space %q: %w", space, err)
	}
	// bbolt keeps the value as it is until the commit.
	own := make(arena, 0, len(key)+len(value))
	key, value = own.copy(key), own.copy(value)
	u.log = append(u.log, change{b, space, key, value, b.Get(key)})
	return b.Put(key, value)
}

func (u *update) delete(space kv.Space, key []byte) error {
	if err := u.admit(key, nil); err != nil {
		return err
	}
	b := u.bucket(space)
	if b == nil {
		return nil
	}
	old := b.Get(key)
	if old == nil {
		return nil
	}
	own := make(arena, 0, len(key))
	u.log = append(u.log, change{b, space, own.copy(key), nil, old})
	return b.Delete(key)
}

// admit counts a write and says whether the limits allow it.
func (u *update) admit(key, value []byte) error {
	u.writes++
	u.bytes += len(key) + len(value)
	switch {
	case len(key) == 0:
		return fmt.Errorf("%w: the key is empty", kv.ErrLimit)
	case len(key) > kv.MaxKey:
		return fmt.Errorf("%w: a key of %d bytes", kv.ErrLimit, len(key))
	case len(value) > kv.MaxValue:
		return fmt.Errorf("%w: a value of %d bytes", kv.ErrLimit, len(value))
	case u.writes > kv.MaxWrites:
		return fmt.Errorf("%w: more than %d writes", kv.ErrLimit, kv.MaxWrites)
	case u.bytes > kv.MaxBytes:
		return fmt.Errorf("%w: more than %d bytes written", kv.ErrLimit, kv.MaxBytes)
	}
	return nil
}

// end makes u useless to whoever kept it.
func (u *update) end() { u.err = kv.ErrDone }

// undo puts back what u has changed, the last change first. That nobody else
// has written since makes it exact.
func (u *update) undo() error {
	for _, w := range slices.Backward(u.log) {
		var err error
		if w.old != nil {
			err = w.bucket.Put(w.key, w.old)
		} else {
			err = w.bucket.Delete(w.key)
		}
		if err != nil {
			return fmt.Errorf("undo: %w", err)
		}
	}
	return nil
}
