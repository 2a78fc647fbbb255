//go:build torture

package crashtest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/parley-app/parley/store/kv"
)

// A meter is an engine that notes which spaces are used, and how many writes the
// largest transaction has asked for. It is for one goroutine.
type meter struct {
	kv.Engine
	spaces map[kv.Space]bool
	writes int
}

func (m *meter) View(ctx context.Context, fn func(kv.Tx) error) error {
	return m.Engine.View(ctx, func(tx kv.Tx) error { return fn(&meteredTx{Tx: tx, m: m}) })
}

func (m *meter) Update(ctx context.Context, fn func(kv.Tx) error) error {
	return m.Engine.Update(ctx, func(tx kv.Tx) error {
		t := &meteredTx{Tx: tx, m: m}
		err := fn(t)
		m.writes = max(m.writes, t.writes)
		return err
	})
}

type meteredTx struct {
	kv.Tx
	m      *meter
	writes int
}

func (t *meteredTx) Get(space kv.Space, keys ...[]byte) ([][]byte, error) {
	t.m.spaces[space] = true
	return t.Tx.Get(space, keys...)
}

func (t *meteredTx) Scan(space kv.Space, r kv.Range) ([]kv.Entry, error) {
	t.m.spaces[space] = true
	return t.Tx.Scan(space, r)
}

func (t *meteredTx) Put(space kv.Space, key, value []byte) error {
	t.writes++
	return t.Tx.Put(space, key, value)
}

func (t *meteredTx) Delete(space kv.Space, key []byte) error {
	t.writes++
	return t.Tx.Delete(space, key)
}

// dump returns all entries of the spaces that were used; of long ones the sums.
func (m *meter) dump() (lines []string, err error) {
	err = m.Engine.View(context.Background(), func(tx kv.Tx) error {
		for space := range m.spaces {
			err := kv.Walk(tx, space, kv.Range{}, func(e kv.Entry) error {
				value := fmt.Sprintf("%q", e.Value)
				if len(e.Value) > 1000 {
					value = fmt.Sprintf("%x", sha256.Sum256(e.Value))
				}
				lines = append(lines, fmt.Sprintf("%s %x %s", space, e.Key, value))
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	slices.Sort(lines)
	return lines, err
}
