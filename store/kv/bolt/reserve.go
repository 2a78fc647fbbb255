package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"syscall"

	"github.com/parley-app/parley/store/kv"
)

// A reserve is room on the disk for what the log tells: after an unclean end that is
// committed anew, and by then others may have filled the disk. It lies in the store's
// file, behind its pages, as blocks in which nothing is written yet. The file grows
// into it, and takes more ahead; it stays when the store is closed.
//
// What is committed anew may come to lie in other pages than at first, but all of them
// are free in the base, and so have room, or lie behind the base's last one. So it is
// enough if there is as much room behind that as new pages are needed. At first no more
// were needed than have been made since the base, nor more than are in use and were not
// in the base. At once may take more than bit by bit, though all pages are filled that
// have to be split (settle.go): those that were almost empty for a while were merged
// then, and at once they never are. Most such pages are merged in twos, so it is hardly
// more than twice as much; and the free pages of the base help.
//
// Where the file system cannot set room aside the store goes without.
type reserve struct {
	none    bool  // the file system cannot do it
	page    int64 // bytes of one
	end     int64 // up to here the file has room; 0 if nobody has asked for any
	top     int64 // where the pages of the base end
	used    int64 // bytes of pages that the base uses
	changed int64 // bytes of pages that are in use and that the base does not use, at the most
}

const (
	// reserveMost is how many bytes of room are set aside behind the base at the most. A
	// group for which that is not enough is flushed.
	reserveMost = 8 << 20
	// replayFactor is how many times the room a log may need at once that it had bit by
	// bit.
	replayFactor = 2
	// keptBack is how many bytes of room in the file only those may use who say so
	// (kv.InReserve): enough for many small writes, one after the other.
	keptBack = 1 << 20
	// allocateAhead is how much room is asked for at once where there is no log.
	allocateAhead = 1 << 20
	// spareEstimate is added to what a group will change for sure: pages that are merged,
	// and large values that lie beside small ones.
	spareEstimate = 128 << 10
)

// reserveFrom is for a new base, whose pages end at top.
func (e *Engine) reserveFrom(top int64) {
	r, s := &e.reserve, e.db.Stats()
	r.page, r.top, r.changed = int64(e.db.Info().PageSize), top, 0
	r.used = top - int64(s.FreePageN+s.PendingPageN)*r.page
}

// covers says whether there will be room for all that the log tells if it tells of g too.
func (e *Engine) covers(g *group) (bool, error) {
	r := &e.reserve
	inUse := g.bolt.Size() - int64(e.db.Stats().FreePageN)*r.page
	r.changed = min(r.changed, inUse-r.used)
	return e.hasRoom(e.estimate(g))
}

// estimate returns how many bytes of pages the commit of g takes, with some to spare.
func (e *Engine) estimate(g *group) int64 {
	stats := g.bolt.Stats()
	return stats.GetNodeCount()*int64(e.db.Info().PageSize) + 2*int64(g.bytes) + spareEstimate
}

// provide makes sure that there is room on the disk for the commit of g before bbolt
// begins it, or returns kv.ErrFull: nothing is written then, and g can be undone. Some
// room is kept back for those who may use the reserve.
func (e *Engine) provide(g *group) error {
	r, need := &e.reserve, e.estimate(g)
	if !g.reserve() {
		need += keptBack
	}
	top := g.bolt.Size()
	if r.none || top+need <= r.end {
		return nil
	}
	if r.end == 0 {
		r.end = firstHole(e.file, top)
	}
	end := top + need
	err := allocate(e.file, r.end, end+allocateAhead)
	if err == nil {
		end += allocateAhead
	} else if noRoom(err) {
		err = fallocate(e.file, r.end, end)
	}
	switch {
	case err == nil:
		r.end = end
	case !noRoom(err):
		r.none = true
	case int64(e.db.Stats().FreePageN)*int64(e.db.Info().PageSize) < 2*need: // in pieces that may not fit
		return fmt.Errorf("%w: %w", kv.ErrFull, err)
	}
	return nil
}

// keepCovered is for when g is in the log and committed. If it has changed more than
// one could think before, it does not stay in the log alone.
func (e *Engine) keepCovered(g *group) error {
	stats := g.bolt.Stats()
	e.reserve.changed += stats.GetPageAlloc()
	if covered, err := e.hasRoom(0); covered || err != nil {
		return err
	}
	return e.checkpoint()
}

// hasRoom says whether there is room for so many bytes of pages more than were changed
// since the base. It asks the file system for what is missing; if that has too
// little left, the log is given up: a store without one needs no room to be opened.
func (e *Engine) hasRoom(more int64) (bool, error) {
	r := &e.reserve
	need := replayFactor * (r.changed + more)
	if r.none || r.top+need+keptBack <= r.end {
		return true, nil
	}
	if need > reserveMost {
		return false, nil
	}
	need += keptBack
	if r.end == 0 {
		r.end = firstHole(e.file, r.top)
	}
	end := r.top + min(int64(1)<<bits.Len64(uint64(need-1)), reserveMost+keptBack) //nolint:gosec // is positive
	switch err := allocate(e.file, r.end, end); {
	case err == nil:
		r.end = end
	case noRoom(err):
		e.without = retryLog
		return false, e.retire()
	default:
		r.none = true
	}
	return true, nil
}

// noRoom says whether err is that of a full disk.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// fullWrite reports whether err is that of a write, not a flush, for which the disk
// has no room: what was to be written is not there, and nothing else is lost.
func fullWrite(err error) bool {
	p, ok := errors.AsType[*fs.PathError](err)
	return ok && p.Op == "write" && noRoom(p)
}

// notIsolated returns err as one that breaks the engine.
func notIsolated(err error) error {
	if isolated(err) {
		return fmt.Errorf("%v", err) //nolint:errorlint // to lose what it wraps
	}
	return err
}
