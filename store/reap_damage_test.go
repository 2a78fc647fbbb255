package store

import (
	"strings"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// A record that is damaged does not keep the others from being taken down with what
// they hung from, and once that is done repair leaves nothing but what is damaged
// and hung from nothing.
func TestReapGoesOnBehindWhatIsDamaged(t *testing.T) {
	deletions := map[string]func(tx *Tx, user, project ID) error{
		"project": func(tx *Tx, _, id ID) error {
			p, err := tx.Project(id)
			if err == nil {
				err = tx.DeleteProject(p)
			}
			return err
		},
		"user": func(tx *Tx, id, _ ID) error {
			u, err := tx.User(id)
			if err == nil {
				err = tx.DeleteUser(u)
			}
			return err
		},
	}
	taken := 0
	for what, remove := range deletions {
		for _, space := range recordSpaces() {
			if string(space) == what+"s" {
				continue // what is deleted must be whole
			}
			t.Run(what+" and "+string(space), func(t *testing.T) {
				e, s := openStore(t)
				user, project, _ := fullStore(t, s)
				if damageFirst(t, e, space) == "" {
					return // fullStore has none of them
				}
				if err := s.Update(t.Context(), func(tx *Tx) error { return remove(tx, user, project) }); err != nil {
					t.Fatal(err)
				}
				if err := s.Reap(t.Context()); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Repair(t.Context()); err != nil {
					t.Fatal(err)
				}
				found, err := s.Check(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range found {
					if !strings.Contains(f, "checksum") {
						t.Errorf("left behind: %s", f)
					}
				}
				if len(found) == 0 {
					taken++
				}
			})
		}
	}
	if taken < 5 {
		t.Errorf("only %d damaged records were taken down", taken)
	}
}

// recordSpaces are those of the tables.
func recordSpaces() (spaces []kv.Space) {
	for space := range targets {
		spaces = append(spaces, space)
	}
	return spaces
}

// damageFirst flips a bit in the first value of a space, and returns its key.
func damageFirst(t *testing.T, e kv.Engine, space kv.Space) (key string) {
	t.Helper()
	err := e.Update(t.Context(), func(tx kv.Tx) error {
		page, err := tx.Scan(space, kv.Range{Limit: 1})
		if err != nil || len(page) == 0 {
			return err
		}
		key = string(page[0].Key)
		page[0].Value[len(page[0].Value)-2] ^= 4
		return tx.Put(space, page[0].Key, page[0].Value)
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}
