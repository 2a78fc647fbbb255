package store

import "github.com/parley-app/parley/store/kv"

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
