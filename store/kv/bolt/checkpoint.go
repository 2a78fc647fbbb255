package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/parley-app/parley/store/kv"
)

// A logbook is what an engine has to do with its log. Only the writer touches it,
// and Close after that.
type logbook struct {
	wal  *wal      // nil while there is none
	base *bbolt.Tx // reads the log's base, whose pages bbolt therefore keeps as they are
	due  *time.Timer
	// room is how many bytes of pages the store may have with a log: to map a file
	// anew bbolt waits until nobody reads, and the base is read all the time.
	room    int64
	without int // how many commits are to do without a log, after one could not be made
	reserve reserve

	atRebase func() // for tests: bbolt has committed, the log is still the old one
}

const (
	// settleAfter is how long writes are in the log alone, if no more come.
	settleAfter = 5 * time.Second
	// retryLog is for how many commits a store does without a log that could not be
	// made.
	retryLog = 1000
	// spareMap is how much of the map a group may need.
	spareMap = 1 << 30
)

func newLogbook(mapped int64) logbook {
	due := time.NewTimer(settleAfter)
	due.Stop()
	return logbook{due: due, room: mapped - min(spareMap, mapped/2)}
}

// commit makes g durable. A group that changed nothing has nothing to wait for. If
// there is a log, with room, that is one flush of one piece, and bbolt's pages go to
// the disk when the kernel likes; if not, bbolt flushes them and then its meta page.
func (e *Engine) commit(g *group) error {
	if len(g.log) == 0 {
		return g.bolt.Rollback()
	}
	e.wrote = true
	if logged, err := e.log(g); err != nil {
		return err
	} else if logged {
		return e.commitLogged(g)
	}
	if err := e.provide(g); err != nil {
		return err
	}
	return e.commitDirect(g)
}

// commitDirect has bbolt flush g, and begins the log anew. Until that is done, a
// crash takes the commit back: the next start goes back to the log's base. So a View
// that sees the commit waits.
func (e *Engine) commitDirect(g *group) (err error) {
	held := e.flushes.hold(g.bolt.ID())
	err = errUnfinished // in case bbolt panics
	defer func() { e.flushes.release(held, err) }()
	if err = e.commitPages(g, false); err != nil {
		return err
	}
	if e.atRebase != nil {
		e.atRebase()
	}
	err = e.rebase()
	return err
}

var errUnfinished = errors.New("kv/bolt: the commit was not finished")

// commitLogged flushes the log and has bbolt commit, at once where that helps.
func (e *Engine) commitLogged(g *group) error {
	flush := e.flushes.begin(e.wal, g.bolt.ID())
	if e.flushes.took > swift {
		if err := e.flushes.end(flush); err != nil {
			return err
		}
	}
	err := e.commitPages(g, true)
	if lost := e.flushes.end(flush); lost != nil {
		return lost
	}
	if err != nil {
		return e.revoke(err)
	}
	e.due.Reset(settleAfter)
	return e.keepCovered(g)
}

// revoke takes back the record of a group that bbolt could not commit because of
// err. For a full disk that undoes the group; the log then goes, because its estimate
// of the room was wrong.
func (e *Engine) revoke(err error) error {
	lost := e.wal.revoke()
	switch {
	case lost != nil:
		return errors.Join(notIsolated(err), lost)
	case !errors.Is(err, kv.ErrFull):
		return err
	}
	e.without = retryLog
	if failed := e.retire(); failed != nil {
		return failed
	}
	return err
}

// log makes g a record of the log, if there is one with room for it, and says whether
// it did.
func (e *Engine) log(g *group) (bool, error) {
	if e.wal == nil {
		return false, nil
	}
	if covered, err := e.covers(g); !covered || err != nil {
		return false, err
	}
	return e.wal.append(g), nil
}

func (e *Engine) commitPages(g *group, logged bool) error {
	e.committing.Store(true)
	defer e.committing.Store(false)
	e.db.NoSync = logged
	e.readers.dismiss(g.bolt.ID())
	e.full = nil
	err := e.commitBolt(g)
	if err != nil && e.full != nil {
		return fmt.Errorf("%w: %w", kv.ErrFull, err)
	}
	return err
}

// commitBolt has bbolt commit g. If bbolt meets a damaged page before it has taken pages
// for the commit, that is an error after which g can be undone.
func (e *Engine) commitBolt(g *group) (err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if stats := g.bolt.Stats(); stats.GetPageCount() > 0 {
			panic(p)
		}
		e.damages.Add(1)
		err = fmt.Errorf("%w: bbolt: %v", kv.ErrDamaged, p)
	}()
	return g.bolt.Commit()
}

// rebase begins the log anew from what is in force, all of which is on the disk.
// It makes the log if there is none yet.
func (e *Engine) rebase() error {
	if e.wal == nil {
		if err := e.newWAL(); err != nil || e.wal == nil {
			return err
		}
	}
	tx, err := e.db.Begin(false)
	if err != nil {
		return err
	}
	b, err := readBase(e.file, e.db.Info().PageSize, uint64(tx.ID())) //nolint:gosec // counts up from 0
	if err == nil {
		err = e.wal.begin(b)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	e.release()
	e.base = tx
	e.reserveFrom(tx.Size())
	return nil
}

// newWAL makes a log. If the disk is too full for one, the store does without for
// now, and is only slower.
func (e *Engine) newWAL() (err error) {
	if !walWorks || e.without > 0 {
		e.without--
		return nil
	}
	if e.wal, err = createWAL(WAL(e.path)); err == nil {
		return syncDir(filepath.Dir(e.path))
	}
	e.without = retryLog
	if noRoom(err) {
		return nil
	}
	return err
}

// checkpoint has the disk take what bbolt has written, and begins the log anew.
func (e *Engine) checkpoint() error {
	if e.wal == nil || e.wal.at == walStart {
		return nil
	}
	if err := e.db.Sync(); err != nil {
		return err
	}
	return e.rebase()
}

// retire has the disk take what bbolt has written, and leaves no log.
func (e *Engine) retire() error {
	if e.wal == nil {
		return nil
	}
	if err := e.db.Sync(); err != nil {
		return err
	}
	w := e.wal
	e.wal, e.db.NoSync = nil, false
	err := errors.Join(w.file.Close(), removeWAL(e.path))
	if err == nil {
		e.release()
	}
	return err
}

// outgrown retires the log for good when the file is about to outgrow its map.
func (e *Engine) outgrown(tx *bbolt.Tx) error {
	if e.wal == nil || tx.Size() < e.room {
		return nil
	}
	e.without = math.MaxInt
	return e.retire()
}

// release lets the base go.
func (e *Engine) release() {
	if e.base != nil {
		_ = e.base.Rollback() // of what was only read
		e.base = nil
	}
}

// abandon leaves the log to the next start.
func (e *Engine) abandon() {
	e.release()
	if e.wal != nil {
		_ = e.wal.file.Close()
	}
}

// Remove removes the store at path, which nobody has open, with its log if it was
// left with one. That it is not there is no error.
func Remove(path string) error {
	for _, name := range []string{WAL(path), path} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// removeWAL removes the log of the store at path, durably.
func removeWAL(path string) error {
	if err := os.Remove(WAL(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}
