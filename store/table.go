package store

import (
	"bytes"
	"encoding/json"

	"github.com/parley-app/parley/store/kv"
)

// A table declares everything about one kind of record; from the declaration
// follow writing, deleting with references, checking and rebuilding. Only put
// and remove write, so an index can never be forgotten.
type table[T any] struct {
	space   kv.Space
	noun    string          // for messages to people
	key     func(*T) []byte // of the record; never changes
	id      func(*T) ID     // what references to it name; nil means nothing refers to it
	byID    string          // the unique index that finds id; "" means that id is the key
	flags   func(*T) byte   // nil means none
	indexes []index[T]
	refs    []reference[T]
	decoded *cache[T] // nil: not worth remembering
	// damaged, if set, returns what lists show in place of the record of a key that is
	// damaged; without it lists leave that out.
	damaged func(key []byte) *T
	// recover, if set, returns what the record of a key is written anew as when it is
	// damaged, nil if that cannot be known; read is what of it is JSON still, or nil.
	// Without it a damaged record is removed; see DropDamaged.
	recover func(tx *Tx, key []byte, read *T) (*T, error)
	// examine, if set, finds what Check should say of a record beside its indexes and
	// references.
	examine func(tx *Tx, key []byte, r *T, report *Findings) error
	// loss says what a change from old to r (nil: deleted) takes from somebody;
	// nil means that such a change takes nothing. See Loss.
	loss func(old, r *T) Loss
	// moved, if set, keeps in step what other records show of this one. It runs
	// after every write; either of old and r may be nil.
	moved func(tx *Tx, old, r *T) error
}

// An index finds records by something else than their key. Its entry is
// key(record) followed by the record's key, or key(record) alone if unique.
type index[T any] struct {
	name   string
	unique bool
	key    func(*T) []byte // made for the caller; nil: the record is not in this index
	// group, if set, is the part of the index that is counted: tx.count(…)
	// answers without a scan how many entries share it.
	group func(*T) []byte
	// weigh, with group, is what a record adds to the sum of its group: see sum.
	weigh func(*T) int64
	// taken says what to tell a person when a unique key is taken already.
	taken string

	space, counts, sums kv.Space // see nameSpaces
}

// idKey is the index key for a reference: none when there is no reference.
func idKey(id ID) []byte {
	if id.IsZero() {
		return nil
	}
	return kv.IDs(id)
}

// has says whether there is a record that a reference to id finds.
func (t *table[T]) has(tx *Tx, id ID) (bool, error) {
	space := t.space
	if t.byID != "" {
		space = t.index(t.byID).space
	}
	v, err := tx.get1(space, kv.IDs(id))
	return v != nil, err
}

// nameSpaces names the spaces of the indexes, once: every look at one needs it.
func (t *table[T]) nameSpaces() {
	for i := range t.indexes {
		ix := &t.indexes[i]
		ix.space = t.space + "." + kv.Space(ix.name)
		ix.counts, ix.sums = ix.space+"#", ix.space+"+"
	}
}

func (t *table[T]) index(name string) *index[T] {
	for i := range t.indexes {
		if t.indexes[i].name == name {
			return &t.indexes[i]
		}
	}
	panic("store: no index " + name + " in " + string(t.space))
}

// find returns the record of key, or nil.
func (t *table[T]) find(tx *Tx, key []byte) (*T, error) {
	v, err := tx.get1(t.space, key)
	if err != nil || v == nil {
		return nil, err
	}
	r, err := t.decode(key, v)
	if err == nil {
		t.prove(tx, r)
	} else {
		tx.store.met(err)
	}
	return r, err
}

// prove notes that r is there, for what refers to it.
func (t *table[T]) prove(tx *Tx, r *T) {
	if t.id != nil && t.byID == "" {
		tx.proven.note(t.space, t.id(r))
	}
}

// get is find, with not_found for nil.
func (t *table[T]) get(tx *Tx, key []byte) (*T, error) {
	r, err := t.find(tx, key)
	if err == nil && r == nil {
		err = notFound(t.noun)
	}
	return r, err
}

// by returns the record that the unique index name has at key, or nil.
func (t *table[T]) by(tx *Tx, name string, key []byte) (*T, error) {
	pk, err := tx.get1(t.index(name).space, key)
	if err != nil || pk == nil {
		return nil, err
	}
	return t.find(tx, pk)
}

// decode reads a stored value. It keeps nothing of v.
func (t *table[T]) decode(key, v []byte) (*T, error) {
	r, err := t.look(key, v)
	if err != nil || t.decoded == nil {
		return r, err
	}
	return new(*r), nil
}

// look is decode for who will not change the record: others may hold it too.
func (t *table[T]) look(key, v []byte) (*T, error) {
	if t.decoded != nil {
		if r := t.decoded.get(key, v); r != nil {
			return r, nil
		}
	}
	_, record, err := open(key, v)
	if err != nil {
		return nil, corrupt(t.space, key, "%w", err)
	}
	r := new(T)
	if err := decodeJSON(record, r); err != nil {
		return nil, corrupt(t.space, key, "%w", err)
	}
	if t.decoded != nil {
		t.decoded.put(key, bytes.Clone(v), r)
	}
	return r, nil
}

// put writes r, new or changed, and moves its index entries by difference. Text in
// r that is no UTF-8 gets replacement characters.
func (t *table[T]) put(tx *Tx, r *T) error {
	key, v, err := t.encode(tx, r)
	if err != nil {
		return err
	}
	old, err := t.find(tx, key)
	if isDamage(err) { // it is written over; the index entries that only it could tell, Repair removes
		tx.store.met(err)
		old, err = nil, nil
	}
	if err != nil {
		return err
	}
	return t.write(tx, key, v, old, r)
}

// replace is put for who has found old, the stored record or nil, already. The
// key of r must be of ids alone, for other text may change when it is encoded.
func (t *table[T]) replace(tx *Tx, old, r *T) error {
	key, v, err := t.encode(tx, r)
	if err != nil {
		return err
	}
	return t.write(tx, key, v, old, r)
}

// write puts v, which r was encoded to, in the place of old.
func (t *table[T]) write(tx *Tx, key, v []byte, old, r *T) error {
	if err := t.checkRefs(tx, old, r); err != nil {
		return err
	}
	if err := t.reindex(tx, key, old, r); err != nil {
		return err
	}
	if err := t.lose(tx, old, r); err != nil {
		return err
	}
	if t.decoded != nil {
		t.decoded.put(key, bytes.Clone(v), new(*r))
	}
	if err := tx.kv.Put(t.space, key, v); err != nil {
		return err
	}
	if t.prove(tx, r); t.moved == nil {
		return nil
	}
	return t.moved(tx, old, r)
}

// encode returns the key of r and the value to store there, which is good until the
// next is made. What JSON cannot hold as it is, it changes in r itself, or keys and
// indexes would be made of text that no reader ever sees.
func (t *table[T]) encode(tx *Tx, r *T) (key, v []byte, err error) {
	var flags byte
	if t.flags != nil {
		flags = t.flags(r)
	}
	key = t.key(r)
	if v, err = tx.encode(key, flags, r); err != nil || !isMended(v[valueHead:]) {
		return key, v, err
	}
	var read T
	if err := json.Unmarshal(v[valueHead:], &read); err != nil {
		return nil, nil, err
	}
	*r = read
	key = t.key(r)
	v, err = tx.encode(key, flags, r)
	return key, v, err
}

// remove deletes the record with the key of r, if it is there, and its index
// entries, which follow from what is stored and not from what the caller holds;
// what refers to it is the business of destroy.
func (t *table[T]) remove(tx *Tx, r *T) error {
	key := t.key(r)
	old, err := t.find(tx, key)
	if isDamage(err) {
		return t.forget(tx, key)
	}
	if err != nil || old == nil {
		return err
	}
	if err := t.reindex(tx, key, old, nil); err != nil {
		return err
	}
	if err := t.lose(tx, old, nil); err != nil {
		return err
	}
	tx.dropped(t.space)
	if err := tx.kv.Delete(t.space, key); err != nil || t.moved == nil {
		return err
	}
	return t.moved(tx, old, nil)
}

// reindex replaces the index entries of old by those of r; either may be nil.
func (t *table[T]) reindex(tx *Tx, key []byte, old, r *T) error {
	for i := range t.indexes {
		ix := &t.indexes[i]
		was, is := ix.entry(key, old), ix.entry(key, r)
		if bytes.Equal(was, is) && (was == nil) == (is == nil) {
			continue // and counted in the same group, which is part of the entry
		}
		if err := t.moveEntry(tx, ix, key, was, is); err != nil {
			return err
		}
		if err := t.moveCount(tx, ix, old, r); err != nil {
			return err
		}
		if err := t.moveSum(tx, ix, old, r); err != nil {
			return err
		}
	}
	return nil
}

// build writes the entry and the count of r in an index that did not exist when
// r was written; for migrations.
func (t *table[T]) build(tx *Tx, name string, r *T) error {
	ix := t.index(name)
	if err := t.moveEntry(tx, ix, t.key(r), nil, ix.entry(t.key(r), r)); err != nil {
		return err
	}
	if err := t.moveCount(tx, ix, nil, r); err != nil {
		return err
	}
	return t.moveSum(tx, ix, nil, r)
}

func (ix *index[T]) entry(key []byte, r *T) []byte {
	if r == nil {
		return nil
	}
	k := ix.key(r)
	if k == nil || ix.unique {
		return k
	}
	return append(k, key...)
}

func (t *table[T]) moveEntry(tx *Tx, ix *index[T], key, was, is []byte) error {
	space := ix.space
	if is != nil && ix.unique {
		switch holder, err := tx.get1(space, is); {
		case err != nil:
			return err
		case holder != nil && !bytes.Equal(holder, key):
			return Errorf(CodeConflict, "%s", ix.taken)
		}
	}
	if was != nil {
		if err := tx.kv.Delete(space, was); err != nil {
			return err
		}
	}
	if is == nil {
		return nil
	}
	return tx.kv.Put(space, is, key)
}
