package main

import "testing"

func TestGarbageMayLieAboutUnderLoad(t *testing.T) {
	th := &thrift{room: 64 << 20, percent: usualPercent}
	look := func(times int, collections, live uint64, want int) {
		t.Helper()
		for range times {
			th.percent = th.next(th.cycles+collections, live)
		}
		if th.percent != want {
			t.Errorf("%d%%, want %d%%", th.percent, want)
		}
	}
	look(1, 0, 16<<20, 100)
	look(5, 2, 16<<20, 100) // no haste
	look(1, 3, 16<<20, 400) // 64 MB of room beside 16 MB
	look(calmLooks-1, 0, 16<<20, 400)
	look(1, 1, 16<<20, 400) // not yet at rest
	look(calmLooks, 0, 16<<20, 100)
	look(1, 20, 1<<30, 100) // a large server has room already
	look(1, 20, 0, 64*100)  // whatever the runtime says
	look(1, 20, 32<<20, 200)
	look(1, 0, 64<<20, 100) // what lives has grown since
}

func TestRoomForGarbageFollowsTheMemory(t *testing.T) {
	for memory, want := range map[uint64]uint64{0: 64 << 20, 1 << 30: 64 << 20, 8 << 30: 128 << 20, 64 << 30: 256 << 20} {
		if got := roomIn(memory); got != want {
			t.Errorf("of %d bytes: %d, want %d", memory, got, want)
		}
	}
}
