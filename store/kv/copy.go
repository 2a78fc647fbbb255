package kv

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// A Sum is what a keyspace holds, in few words: two keyspaces with the same one
// hold the same entries.
type Sum struct {
	Entries int    `json:"entries"`
	Bytes   int64  `json:"bytes"`  // of keys and values
	SHA256  string `json:"sha256"` // over keys and values in order, each after its length
}

// SumOf reads a keyspace page by page, each in a snapshot of its own: nobody
// should write to it meanwhile. progress, if not nil, hears of each page.
func SumOf(ctx context.Context, e Engine, space Space, progress func(entries int)) (Sum, error) {
	s := summer{hash: sha256.New()}
	err := pages(ctx, e, space, func(page []Entry) error {
		s.add(page)
		if progress != nil {
			progress(len(page))
		}
		return nil
	})
	return s.sum(), err
}

// Copy writes every entry of a keyspace of src to dst, in bounded transactions,
// and returns what it has read; SumOf of dst then proves it. What dst has there
// already stays, and makes the sums differ. Nobody should write to src
// meanwhile. progress, if not nil, hears of each page.
func Copy(ctx context.Context, dst, src Engine, space Space, progress func(entries int)) (Sum, error) {
	s := summer{hash: sha256.New()}
	err := pages(ctx, src, space, func(page []Entry) error {
		s.add(page)
		for len(page) > 0 {
			n := fitting(page)
			if err := putAll(ctx, dst, space, page[:n]); err != nil {
				return err
			}
			page = page[n:]
			if progress != nil {
				progress(n)
			}
		}
		return nil
	})
	return s.sum(), err
}

// copyPage bounds what is in memory: a page of the largest values has 400 MB.
const copyPage = 100

func pages(ctx context.Context, e Engine, space Space, fn func([]Entry) error) error {
	r := Range{Limit: copyPage}
	for {
		var page []Entry
		err := e.View(ctx, func(tx Tx) (err error) {
			lent, err := tx.Scan(space, r)
			page = Clone(lent)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		r = after(r, page)
		if err := fn(page); err != nil || len(page) < copyPage {
			return err
		}
	}
}

// fitting is how many entries of page, at least one, one transaction takes.
func fitting(page []Entry) int {
	size := 0
	for i, e := range page {
		if size += len(e.Key) + len(e.Value); i > 0 && size > MaxBytes {
			return i
		}
	}
	return len(page)
}

func putAll(ctx context.Context, dst Engine, space Space, page []Entry) error {
	return dst.Update(ctx, func(tx Tx) error {
		for _, e := range page {
			if err := tx.Put(space, e.Key, e.Value); err != nil {
				return err
			}
		}
		return nil
	})
}

type summer struct {
	hash hash.Hash
	s    Sum
}

func (s *summer) add(page []Entry) {
	var n [8]byte
	for _, e := range page {
		for _, b := range [][]byte{e.Key, e.Value} {
			binary.BigEndian.PutUint64(n[:], uint64(len(b)))
			s.hash.Write(n[:])
			s.hash.Write(b)
			s.s.Bytes += int64(len(b))
		}
	}
	s.s.Entries += len(page)
}

func (s *summer) sum() Sum {
	s.s.SHA256 = hex.EncodeToString(s.hash.Sum(nil))
	return s.s
}
