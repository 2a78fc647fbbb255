package store

import (
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-app/parley/store/kv"
)

// full opens a store on a disk that has free bytes and keeps 100 of them.
func full(t *testing.T, free *int64, asked *int) *Store {
	t.Helper()
	e := openEngine(t, filepath.Join(t.TempDir(), "parley.db"))
	o := quiet()
	o.Reserve = Reserve{Bytes: 100, Free: func() (int64, error) { *asked++; return *free, nil }}
	s, err := Open(t.Context(), e, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestAFullDisk(t *testing.T) {
	free, asked := int64(99), 0
	s := full(t, &free, &asked) // opens, also on a full disk
	write := func(tx *Tx) error { return tx.PutUser(&User{ID: ID{1}, Username: "a", Email: "a@example.org"}) }
	if err := s.Update(t.Context(), write); CodeOf(err) != CodeDiskFull {
		t.Errorf("a write is answered %v", err)
	}
	if err := s.View(t.Context(), func(tx *Tx) error {
		u, err := tx.HasUsers()
		if u {
			t.Error("it was written")
		}
		return err
	}); err != nil {
		t.Errorf("a read is answered %v", err)
	}
	if err := s.Update(InReserve(t.Context()), write); err != nil {
		t.Errorf("what may use the reserve is answered %v", err)
	}
	if n, r, ok := s.Disk(); n > 99 || r != 100 || !ok {
		t.Errorf("tells %d, %d, %v", n, r, ok)
	}
	s.room.asked = time.Time{}
	free = 1 << 40
	if err := s.Update(t.Context(), write); err != nil {
		t.Errorf("after there is room: %v", err)
	}
}

func TestADiskThatDoesNotTellIsNotFull(t *testing.T) {
	e := openEngine(t, filepath.Join(t.TempDir(), "parley.db"))
	o := quiet()
	o.Reserve = Reserve{Bytes: 100, Free: func() (int64, error) { return 0, errors.New("stale handle") }}
	s, err := Open(t.Context(), e, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Update(t.Context(), func(tx *Tx) error { return tx.SetSetupToken("x") }); err != nil {
		t.Error(err)
	}
	if _, _, ok := s.Disk(); ok {
		t.Error("it tells")
	}
}

// The disk is asked once a second, sooner when much is written.
func TestHowOftenTheDiskIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free, asked := int64(200<<20), 0
		r := Reserve{Bytes: 100 << 20, Free: func() (int64, error) { asked++; return free, nil }}.guard()
		look := func(want int, wantFree int64) {
			t.Helper()
			if got, err := r.look(); asked != want || got != wantFree || err != nil {
				t.Errorf("asked %d times, want %d; %d free, want %d; %v", asked, want, got, wantFree, err)
			}
		}
		look(1, free)
		r.written(10 << 20)
		look(1, free-10<<20)
		time.Sleep(999 * time.Millisecond)
		look(1, free-10<<20)
		time.Sleep(time.Millisecond)
		look(2, free)
		r.written(roomWritten)
		look(3, free)
	})
	if (Reserve{}).guard() != nil || (Reserve{Bytes: 1}).guard() != nil {
		t.Error("a reserve that cannot be")
	}
}

func TestWhatAnUpdateWritesIsCounted(t *testing.T) {
	free, asked := int64(1<<40), 0
	s := full(t, &free, &asked)
	s.room.since = 0
	err := s.Update(t.Context(), func(tx *Tx) error { return tx.kv.Put(metaSpace, []byte("key"), make([]byte, 997)) })
	if err != nil || s.room.since != 1000 {
		t.Errorf("counted %d, %v", s.room.since, err)
	}
	if err := s.engine.Update(t.Context(), func(tx kv.Tx) error { return tx.Delete(metaSpace, []byte("key")) }); err != nil {
		t.Error(err)
	}
}
