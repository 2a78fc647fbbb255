package bolt

import (
	"bytes"
	"testing"
)

func TestAnArenaKeepsWhatItHasGivenOut(t *testing.T) {
	var a arena
	var given, want [][]byte
	for i := range 300 {
		b := bytes.Repeat([]byte{byte(i)}, i*i%5000)
		c := a.copy(b)
		if c == nil || cap(c) != len(c) {
			t.Fatalf("copy %d is %v, with room for %d", i, c, cap(c))
		}
		given, want = append(given, c), append(want, bytes.Clone(b))
		clear(b)
	}
	for i := range given {
		if !bytes.Equal(given[i], want[i]) {
			t.Fatalf("copy %d was overwritten", i)
		}
	}
}

func TestAnArenaKeepsNoHugeBlock(t *testing.T) {
	var a arena
	for range 3 {
		for range 2 * mostBlock / firstBlock {
			a.copy(make([]byte, firstBlock))
		}
		if cap(a) > mostBlock {
			t.Fatalf("a block of %d bytes, want at most %d", cap(a), mostBlock)
		}
		a.copy(make([]byte, mostBlock+1))
		if a.reset(); a != nil {
			t.Fatalf("%d bytes wait for the next group", cap(a))
		}
		a.copy([]byte("small"))
		if a.reset(); cap(a) != firstBlock || len(a) != 0 {
			t.Fatalf("of a small block %d bytes are left, %d of them used", cap(a), len(a))
		}
	}
}
