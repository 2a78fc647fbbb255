package store

import (
	"crypto/rand"

	"github.com/parley-app/parley/store/kv"
)

// metaInstance is the id of the instance: 16 random bytes.
var metaInstance = []byte("instance")

// Instance returns the id of the instance that the store belongs to. A copy, a backup
// and what a restore makes of it have the same; every new store has another.
func (tx *Tx) Instance() (ID, error) { return InstanceOf(tx.kv) }

// InstanceOf is Tx.Instance below the records. Data of an earlier release has none yet:
// then it is zero.
func InstanceOf(tx kv.Tx) (ID, error) {
	v, err := tx.Get(metaSpace, metaInstance)
	if err != nil || len(v[0]) == 0 {
		return ID{}, err
	}
	if len(v[0]) != len(ID{}) {
		return ID{}, corrupt(metaSpace, metaInstance, "is no id")
	}
	return ID(v[0]), nil
}

// newInstance returns an id for a store.
func newInstance() (id ID, err error) {
	_, err = rand.Read(id[:])
	return id, err
}

// nameInstance is the migration that gives the store its id: the one that the folders
// beside it are marked with, if a later release has marked them already.
func nameInstance(tx *Tx, _ []byte) ([]byte, error) {
	id := tx.store.instance
	if id.IsZero() {
		var err error
		if id, err = newInstance(); err != nil {
			return nil, err
		}
	}
	return nil, tx.kv.Put(metaSpace, metaInstance, id[:])
}
