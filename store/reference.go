package store

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/parley-app/parley/store/kv"
)

// onDelete says what happens to a record when the one that it refers to goes.
type onDelete int

const (
	cascade  onDelete = iota // it goes too
	setNull                  // it stays, and its reference is emptied
	restrict                 // it keeps the other from going
)

// A reference is a field of T that holds the id of a record of another table.
type reference[T any] struct {
	name  string
	to    kv.Space    // the table that is referred to; its key is the id
	id    func(*T) ID // zero: refers to nothing
	then  onDelete
	clear func(*T) // with setNull
	// keep, with swept, writes into a record what it should still say of the other
	// one, before clear.
	keep func(*Tx, *T) error
	// index names the index of T whose key begins with the id; "" means that
	// the key of T itself does.
	index string
	// swept, with setNull, says that whoever refers to an id is found by a walk
	// over the whole table: an index would cost every write, and only a rare
	// deletion needs it. A table may be the target of one such reference.
	swept bool
}

// checkRefs proves that what r refers to is there, where r refers to something
// else than old did.
func (t *table[T]) checkRefs(tx *Tx, old, r *T) error {
	for i := range t.refs {
		ref := &t.refs[i]
		id := ref.id(r)
		if id.IsZero() || old != nil && ref.id(old) == id {
			continue
		}
		there := tx.proven.holds(ref.to, id)
		if !there {
			var err error
			if there, err = targets[ref.to].has(tx, id); err != nil {
				return err
			}
		}
		if !there {
			return Errorf(CodeNotFound, "%s: %s not found", ref.name, targets[ref.to].noun)
		}
		tx.proven.note(ref.to, id)
	}
	return nil
}

// A referrer is one reference of some table, seen from the table it points to.
type referrer struct {
	then onDelete
	// some returns whether any record refers to id.
	some func(tx *Tx, id ID) (bool, error)
	// release takes at most n records off id, by their onDelete, and says how
	// many there were.
	release func(tx *Tx, id ID, n int) (int, error)
	// sweep, if set, does the work of both. It takes at most n records off id, from
	// the key from on, and returns where the next step begins, nil at the end.
	sweep func(tx *Tx, id ID, from []byte, n int) (next []byte, err error)
}

// A target is a table, seen from those that refer to it.
type target struct {
	noun string
	has  func(tx *Tx, id ID) (bool, error)
}

var (
	referrers = map[kv.Space][]referrer{}
	targets   = map[kv.Space]target{}
)

// declare makes t known to check, rebuild and to the tables that it refers to.
// It is called once for each table, from tables.go.
func (t *table[T]) declare() {
	t.nameSpaces()
	targets[t.space] = target{t.noun, t.has}
	checkers = append(checkers, t)
	for i := range t.refs {
		ref := &t.refs[i]
		if ref.swept {
			t.declareSwept(ref)
			continue
		}
		referrers[ref.to] = append(referrers[ref.to], referrer{
			then:    ref.then,
			some:    func(tx *Tx, id ID) (bool, error) { keys, err := t.referring(tx, ref, id, 1); return len(keys) > 0, err },
			release: func(tx *Tx, id ID, n int) (int, error) { return t.release(tx, ref, id, n) },
		})
	}
}

func (t *table[T]) declareSwept(ref *reference[T]) {
	if slices.ContainsFunc(referrers[ref.to], func(r referrer) bool { return r.sweep != nil }) {
		panic("store: " + string(ref.to) + " has two references that are swept: what is doomed notes one place")
	}
	referrers[ref.to] = append(referrers[ref.to], referrer{
		then:  ref.then,
		some:  func(*Tx, ID) (bool, error) { return true, nil }, // nobody knows yet
		sweep: func(tx *Tx, id ID, from []byte, n int) ([]byte, error) { return t.sweep(tx, ref, id, from, n) },
	})
}

// What one step of a sweep looks at, at most: records, and about as many bytes.
const (
	sweepRecords = 1000
	sweepPage    = 50
	sweepBytes   = 4 << 20
)

// sweep looks at records from the key from on, and takes at most n that refer to id
// off it. It returns the key that the next step begins with, nil at the end.
func (t *table[T]) sweep(tx *Tx, ref *reference[T], id ID, from []byte, n int) (next []byte, err error) {
	text := []byte(id.String())
	for seen, size := 0, 0; seen < sweepRecords && size < sweepBytes; {
		page, err := tx.kv.Scan(t.space, kv.Range{From: from, Limit: sweepPage})
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			if n == 0 {
				return e.Key, nil
			}
			seen, size, from = seen+1, size+len(e.Value), append(bytes.Clone(e.Key), 0)
			taken, err := t.sweepOne(tx, ref, id, text, e)
			if err != nil {
				return nil, err
			}
			if taken {
				n--
			}
		}
		if len(page) < sweepPage {
			return nil, nil
		}
	}
	return from, nil
}

// sweepOne takes the record of e off id, if it refers to it; text is the id as it
// would stand in the record.
func (t *table[T]) sweepOne(tx *Tx, ref *reference[T], id ID, text []byte, e kv.Entry) (taken bool, err error) {
	if !bytes.Contains(e.Value, text) {
		return false, nil
	}
	r, damage := t.decode(e.Key, e.Value)
	if damage != nil || ref.id(r) != id {
		return false, nil //nolint:nilerr // Check names what is damaged; it must not hold up the others
	}
	if ref.keep != nil {
		if err := ref.keep(tx, r); err != nil {
			return false, err
		}
	}
	ref.clear(r)
	return true, t.put(tx, r)
}

// A referral is the entry by which a reference was found, and the key of the record
// that refers.
type referral struct{ entry, key []byte }

// referring returns at most n records that refer to id by ref.
func (t *table[T]) referring(tx *Tx, ref *reference[T], id ID, n int) ([]referral, error) {
	r := kv.Prefix(kv.Key(id))
	r.Limit = n
	page, err := tx.kv.Scan(t.referSpace(ref), r)
	if err != nil {
		return nil, err
	}
	found := make([]referral, len(page))
	for i, e := range page {
		if found[i] = (referral{e.Key, e.Key}); ref.index != "" {
			found[i].key = e.Value
		}
	}
	return found, nil
}

// referSpace is where referring looks.
func (t *table[T]) referSpace(ref *reference[T]) kv.Space {
	if ref.index == "" {
		return t.space
	}
	return t.index(ref.index).space
}

func (t *table[T]) release(tx *Tx, ref *reference[T], id ID, n int) (int, error) {
	found, err := t.referring(tx, ref, id, n)
	if err != nil {
		return 0, err
	}
	for _, f := range found {
		v, err := tx.get1(t.space, f.key)
		if err != nil {
			return 0, err
		}
		r, err := t.decode(f.key, v)
		switch {
		case err != nil:
		case ref.then == setNull:
			ref.clear(r)
			err = t.put(tx, r)
		default:
			err = t.destroy(tx, r)
		}
		if isDamage(err) { // of this one, or of what shows it
			err = t.abandon(tx, ref, f, err)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(found), nil
}

// abandon is release for a record that cannot be read: it must not keep all others
// from being taken down. With cascade it goes, and what hangs from it is noted, for
// its id is the end of its key; with setNull it stays as it is. What only the record
// itself could tell, its other index entries, Check finds and Repair removes.
func (t *table[T]) abandon(tx *Tx, ref *reference[T], f referral, damage error) error {
	tx.store.log.Warn("a damaged record is taken off what was deleted", "space", t.space, "key", fmt.Sprintf("%x", f.key), "err", damage)
	if err := tx.kv.Delete(t.referSpace(ref), f.entry); err != nil || ref.then == setNull {
		return err
	}
	tx.dropped(t.space)
	if err := tx.kv.Delete(t.space, f.key); err != nil || t.id == nil || len(f.key) < len(ID{}) {
		return err
	}
	id := ID(f.key[len(f.key)-len(ID{}):])
	if t.byID != "" {
		if err := tx.kv.Delete(t.index(t.byID).space, kv.IDs(id)); err != nil {
			return err
		}
	}
	if len(referrers[t.space]) == 0 {
		return nil
	}
	return tx.kv.Put(doomedSpace, doomedKey(t.space, id), []byte{})
}

// destroy deletes r. What refers to it forbids that, or is noted to be released:
// the record is gone for every reader at once, and ReapSome takes down what hung
// from it in bounded transactions, however much that is.
func (t *table[T]) destroy(tx *Tx, r *T) error {
	var doomed bool
	for _, ref := range referrers[t.space] {
		some, err := ref.some(tx, t.id(r))
		if err != nil {
			return err
		}
		if some && ref.then == restrict {
			return Errorf(CodeConflict, "the %s is still in use", t.noun)
		}
		doomed = doomed || some
	}
	if err := t.remove(tx, r); err != nil || !doomed {
		return err
	}
	return tx.kv.Put(doomedSpace, doomedKey(t.space, t.id(r)), []byte{})
}
