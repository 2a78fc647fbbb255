package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"slices"

	"github.com/parley-app/parley/store/kv"
)

// ListMessages returns a page of a thread's messages, the oldest first: without
// a cursor the newest ones, Offset skipping that many of the newest. more says
// whether there are messages beyond the page in the direction it was walked:
// older ones, or with After newer ones.
func (tx *Tx) ListMessages(thread ID, p Page, withDeleted bool) (page []StoredMessage, more bool, err error) {
	return tx.listMessages(thread, p, withDeleted, nil)
}

// ListMessagesSummed is ListMessages that adds to sum what tells the page from every
// other one, of this thread or another: the checksum and the size of each message. It
// is a fraction of the page, and as good as that for telling what has changed by
// itself; but who may choose what a message says can make another one of the same
// checksum. So sum needs something that counts what people change: Thread.Rewrites.
func (tx *Tx) ListMessagesSummed(thread ID, p Page, withDeleted bool, sum *maphash.Hash) (page []StoredMessage, more bool, err error) {
	return tx.listMessages(thread, p, withDeleted, sum)
}

func (tx *Tx) listMessages(thread ID, p Page, withDeleted bool, sum *maphash.Hash) (page []StoredMessage, more bool, err error) {
	for _, cursor := range []ID{p.After, p.Before} {
		if cursor.IsZero() {
			continue
		}
		v, err := tx.get1(messages.space, kv.Key(thread, cursor))
		if err != nil {
			return nil, false, err
		}
		if v == nil {
			return nil, false, unknownCursor()
		}
	}
	return tx.scanMessages(thread, p, withDeleted, sum)
}

// MessagesFrom returns n messages of a thread from an id on, which need not be a
// message's (zero: from the beginning), the oldest first, and where the next page
// begins, zero if there is none. Deleted ones are left out.
func (tx *Tx) MessagesFrom(thread, from ID, n int) (page []*Message, next ID, err error) {
	before := ID{len(ID{}) - 1: 1} // smaller than every id of a message
	if from.Compare(before) > 0 {
		before = from.step(-1)
	}
	stored, more, err := tx.scanMessages(thread, Page{After: before, Limit: n}, false, nil)
	if err != nil {
		return nil, ID{}, err
	}
	for _, s := range stored {
		m, err := s.Decode()
		if err != nil {
			return nil, ID{}, err
		}
		page = append(page, m)
	}
	if more {
		next = page[len(page)-1].ID.step(1)
	}
	return page, next, nil
}

func (tx *Tx) scanMessages(thread ID, p Page, withDeleted bool, sum *maphash.Hash) (page []StoredMessage, more bool, err error) {
	r := kv.Prefix(kv.Key(thread))
	r.Reverse = p.After.IsZero()
	if !p.After.IsZero() {
		r.From = append(kv.Key(thread, p.After), 0)
	} else if !p.Before.IsZero() {
		r.To = kv.Key(thread, p.Before)
	}
	skip := p.Offset
	page = make([]StoredMessage, 0, min(p.Limit, usualPage))
	err = walkPages(tx.kv, messages.space, r, p.Limit+p.Offset+1, func(e kv.Entry) error {
		flags, record, err := open(e.Key, e.Value)
		if err != nil {
			if flags, record, err = tx.damagedInList(e, err); err != nil {
				return err
			}
		}
		switch {
		case flags&flagHidden != 0 && !withDeleted:
			return nil
		case skip > 0:
			skip--
			return nil
		case len(page) == p.Limit:
			more = true
			return kv.Stop
		}
		page = append(page, StoredMessage(record))
		addToSum(sum, e.Value, record)
		return nil
	})
	if r.Reverse {
		slices.Reverse(page)
	}
	return page, more, err
}

// damagedInList returns what the page of a thread has in place of a message that is
// damaged.
func (tx *Tx) damagedInList(e kv.Entry, why error) (flags byte, record []byte, err error) {
	tx.store.met(corrupt(messages.space, e.Key, "%w", why))
	if len(e.Value) > 0 && e.Value[0] == flagHidden {
		flags = flagHidden
	}
	record, err = damagedMessage(e.Key)
	return flags, record, err
}

// addToSum adds to sum, unless it is nil, the checksum and the size of a stored value.
// One that is cut off has only what is shown in its place.
func addToSum(sum *maphash.Hash, v, record []byte) {
	if sum == nil {
		return
	}
	if len(v) < valueHead {
		_, _ = sum.Write(record)
		return
	}
	var b [8]byte
	copy(b[:4], v[1:valueHead])
	binary.BigEndian.PutUint32(b[4:], uint32(len(v)))
	_, _ = sum.Write(b[:])
}

// usualPage is for how many messages a page makes room at once.
const usualPage = 50

// walkPages is kv.Walk in pages of n entries, so that a walk that ends after
// about n copies no more than that.
func walkPages(tx kv.Tx, space kv.Space, r kv.Range, n int, fn func(kv.Entry) error) error {
	r.Limit = n
	for seen := n; seen == n; {
		seen = 0
		err := kv.Walk(tx, space, r, func(e kv.Entry) error {
			seen++
			if r.Reverse {
				r.To = e.Key
			} else {
				r.From = append(bytes.Clone(e.Key), 0)
			}
			err := fn(e)
			if errors.Is(err, kv.Stop) {
				seen = 0
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// maxAfter bounds MessagesAfter: an answer stands near its question.
const maxAfter = 200

// MessagesAfter returns what follows m in its thread, the oldest first, at most
// some hundred messages.
func (tx *Tx) MessagesAfter(m *Message) ([]*Message, error) {
	page, _, err := tx.scanMessages(m.ThreadID, Page{After: m.ID, Limit: maxAfter}, false, nil)
	if err != nil {
		return nil, err
	}
	out := make([]*Message, len(page))
	for i, s := range page {
		if out[i], err = s.Decode(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
