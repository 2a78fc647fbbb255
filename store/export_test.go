package store

import "github.com/parley-app/parley/store/kv"

// DestroyUser removes a user and what goes with them, for tests of references.
func DestroyUser(tx *Tx, u *User) error { return users.destroy(tx, u) }

// EachMessage calls fn with every message there is.
func (tx *Tx) EachMessage(fn func(*Message)) error {
	return kv.Walk(tx.kv, messages.space, kv.Range{}, func(e kv.Entry) error {
		m, err := messages.decode(e.Key, e.Value)
		if err == nil {
			fn(m)
		}
		return err
	})
}
