package main

import (
	"testing"
	"testing/fstest"
)

func TestControlGroupsBoundTheMemory(t *testing.T) {
	root := fstest.MapFS{
		"system.slice/memory.max":                {Data: []byte("4000\n")},
		"system.slice/parley.service/memory.max": {Data: []byte("max\n")},
		"small.slice/memory.max":                 {Data: []byte("9000\n")},
		"small.slice/a.service/memory.max":       {Data: []byte("500\n")},
	}
	for groups, want := range map[string]uint64{
		"0::/system.slice/parley.service\n":                 4000,
		"4:memory:/x\n0::/small.slice/a.service\n1:cpu:/\n": 500,
		"0::/\n":                    10_000,
		"":                          10_000,
		"0::/elsewhere/b.service\n": 10_000,
		"4:memory:/system.slice/parley.service\nno such line\n": 10_000,
	} {
		if got := allowed(root, groups, 10_000); got != want {
			t.Errorf("%q: %d, want %d", groups, got, want)
		}
	}
	if memoryAtHand() < 1<<20 {
		t.Errorf("%d bytes of memory: this test needs more", memoryAtHand())
	}
}
