package bolt

import (
	"context"
	"sync/atomic"

	"github.com/parley-app/parley/store/kv"
)

// A view is the kv.Tx of View. It hands out memory of the file itself, which bbolt
// neither changes nor unmaps while the transaction is open.
type view struct {
	*snapshot
	ctx     context.Context
	done    bool
	damages *atomic.Int64 // or nil
}

var _ kv.Tx = (*view)(nil)

func (v *view) end() { v.done = true }

func (v *view) usable() error {
	if v.done {
		return kv.ErrDone
	}
	return v.ctx.Err()
}

func (v *view) Get(space kv.Space, keys ...[]byte) (values [][]byte, err error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	defer restore(panicOnFault())
	defer meetDamage(v.damages, &err)
	return v.lend(space, keys), nil
}

func (v *view) Scan(space kv.Space, r kv.Range) (page []kv.Entry, err error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	defer restore(panicOnFault())
	defer meetDamage(v.damages, &err)
	return v.lendPage(space, r), nil
}

func (*view) Put(kv.Space, []byte, []byte) error { return kv.ErrReadOnly }
func (*view) Delete(kv.Space, []byte) error      { return kv.ErrReadOnly }
func (*view) AfterCommit(func()) error           { return kv.ErrReadOnly }
