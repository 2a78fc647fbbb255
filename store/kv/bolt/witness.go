package bolt

import (
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/parley-app/parley/store/kv"
)

// A witness is bbolt's log. It hears of a commit that fails before Commit
// returns, which with NoFreelistSync is only after the whole file has been
// read for the free pages: minutes, for a large one, in which callers would
// wait for an answer that is known.
type witness struct{ e *Engine }

var _ bbolt.Logger = witness{}

func (w witness) Errorf(format string, v ...any) {
	if !w.e.committing.Load() {
		return
	}
	switch err := fmt.Errorf(format, v...); {
	case fullWrite(err): // before the meta page: bbolt takes all of it back
		w.e.full = err
	case w.e.full == nil:
		w.e.fail(err)
	}
}

func (w witness) Error(v ...any)          { w.Errorf("%s", fmt.Sprint(v...)) }
func (witness) Debug(...any)              {}
func (witness) Debugf(string, ...any)     {}
func (witness) Info(...any)               {}
func (witness) Infof(string, ...any)      {}
func (witness) Warning(...any)            {}
func (witness) Warningf(string, ...any)   {}
func (witness) Fatal(v ...any)            { panic(fmt.Sprint(v...)) }
func (witness) Fatalf(f string, v ...any) { panic(fmt.Sprintf(f, v...)) }
func (witness) Panic(v ...any)            { panic(fmt.Sprint(v...)) }
func (witness) Panicf(f string, v ...any) { panic(fmt.Sprintf(f, v...)) }

func brokenBy(err error) error { return fmt.Errorf("%w: %w", kv.ErrBroken, err) }
