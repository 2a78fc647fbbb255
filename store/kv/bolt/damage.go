package bolt

import (
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/parley-app/parley/store/kv"
)

// bbolt panics when it meets a page that is not what it should be. The functions here
// make that an error of the one transaction that met it.

// Damages returns how often a transaction has met a damaged page since Open.
func (e *Engine) Damages() int64 { return e.damages.Load() }

// meetDamage is deferred by every function that reads with bbolt: it makes an error of bbolt's panic,
// and counts it.
func meetDamage(count *atomic.Int64, err *error) {
	if p := recover(); p != nil {
		if count != nil {
			count.Add(1)
		}
		*err = fmt.Errorf("%w: bbolt: %v", kv.ErrDamaged, p)
	}
}

// panicOnFault makes a read of the file's map where there is no file, to which a
// damaged page may lead, a panic of this goroutine and not the end of the process,
// until restore is called.
func panicOnFault() (before bool) { return debug.SetPanicOnFault(true) }

func restore(before bool) { debug.SetPanicOnFault(before) }
