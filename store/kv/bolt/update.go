package bolt

import (
	"fmt"

	"github.com/parley-app/parley/store/kv"
)

// An update is the kv.Tx of one Update, inside the bbolt transaction of its
// group.
type update struct {
	group  *group
	before int // how many changes the group had before it
	writes int // puts and deletes asked for; those that change nothing count too
	bytes  int // of their keys and values
	after  []func()
	err    error // the first write that failed, or ErrDone: what all calls return
}

var _ kv.Tx = (*update)(nil)

func (u *update) Get(space kv.Space, keys ...[]byte) ([][]byte, error) {
	if u.err != nil {
		return nil, u.err
	}
	values, err := u.group.read(space, keys)
	u.err = err
	return values, err
}

func (u *update) Scan(space kv.Space, r kv.Range) ([]kv.Entry, error) {
	if u.err != nil {
		return nil, u.err
	}
	page, err := u.group.readPage(space, r)
	u.err = err
	return page, err
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
	b, err := u.group.ensure(space)
	if err != nil {
		return fmt.Errorf("kv/bolt: space %q: %w", space, err)
	}
	return u.group.put(b, key, value)
}

func (u *update) delete(space kv.Space, key []byte) error {
	if err := u.admit(key, nil); err != nil {
		return err
	}
	if b := u.group.bucket(space); b != nil {
		return u.group.delete(b, key)
	}
	return nil
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
