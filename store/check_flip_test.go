package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// Every byte of every record matters: flipped, Check names the record by its key.
func TestEveryFlippedByteOfARecordIsNamed(t *testing.T) {
	e, s := openStore(t)
	fullStore(t, s)
	mustCheck(t, s)
	flips := 0
	for _, space := range Tables() {
		var entries []kv.Entry
		if err := e.View(t.Context(), func(tx kv.Tx) (err error) {
			lent, err := tx.Scan(space, kv.Range{})
			entries = kv.Clone(lent)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			for at := range entry.Value {
				if at >= valueHead+2 && at%13 != 0 && at < len(entry.Value)-2 { // all of its head and ends, samples between
					continue
				}
				flips++
				checkFlip(t, e, s, space, entry, at)
			}
		}
	}
	if flips < 100 {
		t.Errorf("only %d bytes were tried", flips)
	}
	mustCheck(t, s)
}

func checkFlip(t *testing.T, e kv.Engine, s *Store, space kv.Space, entry kv.Entry, at int) {
	t.Helper()
	put := func() {
		if err := e.Update(t.Context(), func(tx kv.Tx) error { return tx.Put(space, entry.Key, entry.Value) }); err != nil {
			t.Fatal(err)
		}
	}
	bit := byte(1) << (at % 8)
	entry.Value[at] ^= bit
	put()
	findings, err := s.Check(t.Context())
	entry.Value[at] ^= bit
	put()
	want := fmt.Sprintf("%s %x: the checksum does not fit", space, entry.Key)
	if err != nil || len(findings) == 0 || !strings.Contains(strings.Join(findings, "\n"), want) {
		t.Fatalf("byte %d of %s %x: %q, %v", at, space, entry.Key, findings, err)
	}
}
