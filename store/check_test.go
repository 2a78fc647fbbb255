package store

import (
	"strings"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// Check names every kind of damage. Each case damages a sound store of one user
// with one project by one write below the records.
func TestCheckNamesDamage(t *testing.T) {
	for name, tt := range map[string]struct {
		damage func(tx kv.Tx, user, project ID) error
		want   string
	}{
		"a flipped byte": {func(tx kv.Tx, user, _ ID) error {
			v, err := tx.Get("users", kv.Key(user))
			if err != nil {
				return err
			}
			v[0][len(v[0])/2] ^= 1
			return tx.Put("users", kv.Key(user), v[0])
		}, "checksum"},
		"a value under another key": {func(tx kv.Tx, user, project ID) error {
			v, err := tx.Get("users", kv.Key(user))
			if err != nil {
				return err
			}
			return tx.Put("users", kv.Key(project), v[0])
		}, "checksum"},
		"a lost index entry":  {func(tx kv.Tx, _, _ ID) error { return tx.Delete("users.email", kv.Key("ann@example.org")) }, "has no entry"},
		"an entry of nothing": {func(tx kv.Tx, _, project ID) error { return tx.Put("users.email", kv.Key("x"), kv.Key(project)) }, "entry of no record"},
		"a lost parent":       {func(tx kv.Tx, _, project ID) error { return tx.Delete("projects", kv.Key(project)) }, "refers to project"},
		"a wrong counter": {func(tx kv.Tx, _, project ID) error {
			return tx.Put("threads.activity#", kv.Key(project, ID{}, false), []byte{0, 0, 0, 0, 0, 0, 0, 9})
		}, "counts 9, there are 0"},
	} {
		t.Run(name, func(t *testing.T) {
			e, s := openStore(t)
			user, project := soundStore(t, s)
			mustCheck(t, s)
			if err := e.Update(t.Context(), func(tx kv.Tx) error { return tt.damage(tx, user, project) }); err != nil {
				t.Fatal(err)
			}
			findings, err := s.Check(t.Context())
			if err != nil || !strings.Contains(strings.Join(findings, "\n"), tt.want) {
				t.Errorf("got %q, %v; want %q among them", findings, err, tt.want)
			}
		})
	}
}

func soundStore(t *testing.T, s *Store) (user, project ID) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *Tx) (err error) {
		if user, err = tx.NewID(); err != nil {
			return err
		}
		if project, err = tx.NewID(); err != nil {
			return err
		}
		if err := tx.PutUser(&User{ID: user, Username: "ann", Email: "ann@example.org"}); err != nil {
			return err
		}
		if err := tx.PutProject(&Project{ID: project, UserID: user, Name: "p"}); err != nil {
			return err
		}
		return tx.PutMember(&Member{ProjectID: project, UserID: user, Role: ProjectOwner})
	})
	if err != nil {
		t.Fatal(err)
	}
	return user, project
}
