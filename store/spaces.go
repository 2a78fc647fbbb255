package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/parley-app/parley/store/kv"
)

// Tables returns the spaces that hold records, in the order of Check.
func Tables() []kv.Space {
	spaces := make([]kv.Space, len(checkers))
	for i, c := range checkers {
		spaces[i] = c.spaces()[0]
	}
	return spaces
}

// allSpaces returns every space that this program writes to.
func allSpaces() []kv.Space {
	spaces := append([]kv.Space{metaSpace, doomedSpace, deletedBlobSpace}, searchSpaces...)
	for _, c := range checkers {
		spaces = append(spaces, c.spaces()...)
	}
	return spaces
}

// spaces returns the space of the records, and then those of its indexes and
// their counts.
func (t *table[T]) spaces() []kv.Space {
	spaces := []kv.Space{t.space}
	for i := range t.indexes {
		ix := &t.indexes[i]
		if spaces = append(spaces, ix.space); ix.group != nil {
			spaces = append(spaces, ix.counts)
		}
		if ix.weigh != nil {
			spaces = append(spaces, ix.sums)
		}
	}
	return spaces
}

// A lister is an engine that can say which spaces it has.
type lister interface {
	Spaces(ctx context.Context) ([]kv.Space, error)
}

// strangeSpaces returns the spaces of the engine that are not ours: a byte that
// flips in the name of one hides all that is in it.
func (s *Store) strangeSpaces(ctx context.Context) ([]kv.Space, error) {
	l, ok := s.engine.(lister)
	if !ok {
		return nil, nil
	}
	spaces, err := l.Spaces(ctx)
	ours := allSpaces()
	return slices.DeleteFunc(spaces, func(space kv.Space) bool { return slices.Contains(ours, space) }), err
}

// checkSpaces reports those of the strange spaces that are not empty, as what an
// earlier release no longer uses is.
func checkSpaces(tx *Tx, strange []kv.Space, report *Findings) error {
	for _, space := range strange {
		page, err := tx.kv.Scan(space, kv.Range{Limit: 1})
		if err != nil {
			return err
		}
		if len(page) > 0 {
			report.damage("space %q: is not one of ours; what is in it is not seen", space)
		}
	}
	return nil
}

// checkMeta looks at the few values that are no records.
func checkMeta(tx *Tx, report *Findings) error {
	v, fresh, err := tx.version()
	if err != nil || fresh || v != len(migrations) {
		report.damage("meta version: is damaged; it should be %d", len(migrations))
	}
	ids, err := tx.get1(metaSpace, metaIDs)
	if err != nil {
		return err
	}
	if ids != nil && len(ids) != 8 {
		report.damage("meta ids: is damaged")
	}
	return kv.Walk(tx.kv, doomedSpace, kv.Range{}, func(e kv.Entry) error {
		space, _, err := parseDoomed(e.Key)
		if _, known := targets[space]; err != nil || !known {
			report.damage("doomed %x: names nothing that could be deleted", e.Key)
		}
		return nil
	})
}

// An Age tells how old data is, and what a program would do with it.
type Age struct {
	Data    int      // of the data, 0 if there is none
	Program int      // that this program brings data to
	Pending []string // what the migrations do that are to come
}

// AgeOf looks at the data of tx, without changing it.
func AgeOf(tx kv.Tx) (a Age, err error) {
	a.Program = len(migrations)
	var fresh bool
	if a.Data, fresh, err = (&Tx{kv: tx}).version(); err != nil || fresh {
		return a, err
	}
	for i := a.Data; i < len(migrations); i++ {
		a.Pending = append(a.Pending, migrations[i].what)
	}
	return a, nil
}

// Newer says in words for people that the data is newer than the program, or
// returns nil.
func (a Age) Newer() error {
	if a.Data <= a.Program {
		return nil
	}
	return fmt.Errorf("store: the data has version %d and this program knows version %d: use the newer program, or restore a backup", a.Data, a.Program)
}

// DataVersion is the version that this program brings data to.
func DataVersion() int { return len(migrations) }
