package bolt

import (
	"context"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// TestAppendOrderedSpacesArePacked compares what the same records take with and
// without the option; how much it saves is for the benchmark to say.
func TestAppendOrderedSpacesArePacked(t *testing.T) {
	var size [2]int
	for packed, spaces := range [][]kv.Space{nil, {space}} {
		e := openBench(t, Options{AppendOrdered: spaces})
		for i := range 8 {
			err := e.Update(context.Background(), func(tx kv.Tx) error {
				for n := range 250 {
					if err := tx.Put(space, kv.Key(uint64(i*250+n)), record); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		size[packed] = allocated(t, e)
	}
	if size[1] > size[0]*6/10 {
		t.Errorf("packed %d bytes, otherwise %d", size[1], size[0])
	}
}
