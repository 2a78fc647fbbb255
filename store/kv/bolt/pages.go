package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"strings"
)

// bbolt trusts what it reads: a number that is out of range ends the process,
// and no page but two carries a checksum. A reader looks at a file without
// trusting it. The format has not changed since 2014.
const (
	pageHead = 16 // id 8, flags 2, count 2, overflow 4

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10

	branchElement = 16 // position 4, key's size 4, page 8
	leafElement   = 16 // flags 4, position 4, key's size 4, value's size 4
	bucketLeaf    = 0x01
	bucketHead    = 16 // root page 8, sequence 8

	noFreelist = 1<<64 - 1
	maxFaults  = 100
	maxDepth   = 64 // of a tree; a real one has a dozen levels at most
)

var order = binary.NativeEndian

// A meta is one of the two pages with which a file begins, of which the one
// with the higher transaction id is in force.
type meta struct {
	pageSize             uint32
	root, freelist, high uint64 // high is the first page that was never used
	txid                 uint64
}

const metaSize = 64

func parseMeta(b []byte) (m meta, err error) {
	if len(b) < pageHead+metaSize {
		return m, errors.New("cut off")
	}
	b = b[pageHead:]
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaSize-8])
	switch {
	case order.Uint32(b) != 0xED0CDAED:
		return m, errors.New("not a page of a store")
	case order.Uint32(b[4:]) != 2:
		return m, fmt.Errorf("format %d is not known", order.Uint32(b[4:]))
	case order.Uint64(b[metaSize-8:]) != sum.Sum64():
		return m, errors.New("its checksum does not fit")
	}
	m = meta{order.Uint32(b[8:]), order.Uint64(b[16:]), order.Uint64(b[32:]), order.Uint64(b[40:]), order.Uint64(b[48:])}
	if m.pageSize < 512 || m.pageSize > 1<<20 || m.pageSize&(m.pageSize-1) != 0 {
		return m, fmt.Errorf("a page size of %d", m.pageSize)
	}
	return m, nil
}

// A reader walks over a file.
type reader struct {
	ctx    context.Context
	file   io.ReaderAt
	size   int64
	meta   meta
	used   []bool // by page
	faults []string
}

func (r *reader) fault(format string, args ...any) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, fmt.Sprintf(format, args...))
	}
}

// readPages returns what is wrong with a file of size bytes, one sentence each;
// none if every page is where and what it must be.
func readPages(ctx context.Context, file io.ReaderAt, size int64) ([]string, error) {
	r := &reader{ctx: ctx, file: file, size: size}
	if err := r.metas(); err != nil || r.meta.pageSize == 0 {
		return r.faults, err
	}
	if need := int64(r.meta.high) * int64(r.meta.pageSize); r.meta.high > uint64(size) || need > size {
		r.fault("the file has %d bytes but its pages need %d: it was cut off", size, need)
		return r.faults, nil
	}
	r.used = make([]bool, r.meta.high)
	if err := r.tree(nil, r.meta.root, nil, nil, maxDepth); err != nil {
		return r.faults, err
	}
	return r.faults, r.freelist()
}

// metas finds the meta page that is in force. A damaged one is a fault also if
// the other one serves.
func (r *reader) metas() error {
	first := make([]byte, 512)
	if _, err := r.file.ReadAt(first, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	m, err := parseMeta(first)
	if err != nil {
		r.fault("page 0: %v", err)
	}
	r.meta = m
	sizes := []uint32{m.pageSize}
	if err != nil { // the second one lies at the first power of two where there is one
		r.meta, sizes = meta{}, []uint32{512, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16}
	}
	for _, at := range sizes {
		second := make([]byte, 512)
		if _, e := r.file.ReadAt(second, int64(at)); e != nil && !errors.Is(e, io.EOF) {
			return e
		}
		other, e := parseMeta(second)
		if e != nil && err == nil {
			r.fault("page 1: %v", e)
		}
		if e == nil && other.pageSize == at {
			if other.txid > r.meta.txid || r.meta.pageSize == 0 {
				r.meta = other
			}
			return nil
		}
	}
	return nil
}

// page reads a page with all that overflows from it, and claims it.
func (r *reader) page(bucket []string, id uint64) ([]byte, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	if id < 2 || id >= r.meta.high {
		r.fault("%s: refers to page %d of %d", where(bucket), id, r.meta.high)
		return nil, nil
	}
	head := make([]byte, r.meta.pageSize)
	at := int64(id) * int64(r.meta.pageSize)
	if _, err := r.file.ReadAt(head, at); err != nil {
		return nil, err
	}
	more := uint64(order.Uint32(head[12:]))
	switch {
	case order.Uint64(head) != id:
		r.fault("%s: page %d says that it is page %d", where(bucket), id, order.Uint64(head))
		return nil, nil
	case id+more >= r.meta.high:
		r.fault("%s: page %d goes on for %d pages, past the end", where(bucket), id, more)
		return nil, nil
	}
	for i := id; i <= id+more; i++ {
		if r.used[i] {
			r.fault("%s: page %d is used twice", where(bucket), i)
			return nil, nil
		}
		r.used[i] = true
	}
	if more == 0 {
		return head, nil
	}
	whole := make([]byte, (1+more)*uint64(r.meta.pageSize))
	_, err := r.file.ReadAt(whole, at)
	return whole, err
}

// tree walks over a page and those below it. Their keys must be at least low
// and less than high; nil is no bound.
func (r *reader) tree(bucket []string, id uint64, low, high []byte, depth int) error {
	b, err := r.page(bucket, id)
	if b == nil || err != nil {
		return err
	}
	place := fmt.Sprintf("%s: page %d", where(bucket), id)
	switch flags := order.Uint16(b[8:]); {
	case depth == 0:
		r.fault("%s: too deep in its tree", place)
		return nil
	case flags == branchPage:
		return r.branch(bucket, place, b, low, high, depth)
	case flags == leafPage:
		return r.leaf(bucket, place, b, low, high)
	default:
		r.fault("%s: is of an unknown kind, %#x", place, flags)
		return nil
	}
}

func (r *reader) branch(bucket []string, place string, b, low, high []byte, depth int) error {
	n := int(order.Uint16(b[10:]))
	if n == 0 || pageHead+n*branchElement > len(b) {
		r.fault("%s: says that it has %d entries", place, n)
		return nil
	}
	keys, children, end := make([][]byte, n), make([]uint64, n), pageHead+n*branchElement
	for i := range n {
		at := pageHead + i*branchElement
		e := b[at:]
		key, next, ok := span(b, at, order.Uint32(e), end, uint64(order.Uint32(e[4:])))
		if !ok {
			r.fault("%s: entry %d points outside of it", place, i)
			return nil
		}
		keys[i], children[i], end = key, order.Uint64(e[8:]), next
	}
	if !r.sorted(place, keys, low, high) {
		return nil
	}
	for i, child := range children {
		until := high
		if i+1 < n {
			until = keys[i+1]
		}
		if err := r.tree(bucket, child, keys[i], until, depth-1); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) leaf(bucket []string, place string, b, low, high []byte) error {
	n := int(order.Uint16(b[10:]))
	if pageHead+n*leafElement > len(b) {
		r.fault("%s: says that it has %d entries", place, n)
		return nil
	}
	keys, end := make([][]byte, n), pageHead+n*leafElement
	buckets := map[int][]byte{}
	for i := range n {
		at := pageHead + i*leafElement
		e := b[at:]
		size := uint64(order.Uint32(e[8:]))
		both, next, ok := span(b, at, order.Uint32(e[4:]), end, size+uint64(order.Uint32(e[12:])))
		flags := order.Uint32(e)
		if !ok || size == 0 || flags > bucketLeaf || (flags == bucketLeaf) != (bucket == nil) {
			r.fault("%s: entry %d is damaged", place, i)
			return nil
		}
		keys[i], end = both[:size], next
		if flags == bucketLeaf {
			buckets[i] = both[size:]
		}
	}
	if !r.sorted(place, keys, low, high) {
		return nil
	}
	for i := range n {
		if value := buckets[i]; value != nil {
			if err := r.bucket(append(bucket, string(keys[i])), value); err != nil {
				return err
			}
		}
	}
	return nil
}

// bucket walks over a bucket: a tree of its own or, if it is small, a page
// within the value of its entry.
func (r *reader) bucket(name []string, value []byte) error {
	if len(value) < bucketHead {
		r.fault("%s: its head is cut off", where(name))
		return nil
	}
	if root := order.Uint64(value); root != 0 {
		return r.tree(name, root, nil, nil, maxDepth)
	}
	inline := value[bucketHead:]
	if len(inline) < pageHead || order.Uint16(inline[8:]) != leafPage || order.Uint32(inline[12:]) != 0 {
		r.fault("%s: its inner page is damaged", where(name))
		return nil
	}
	return r.leaf(name, where(name)+": its inner page", inline, nil, nil)
}

// freelist proves that each page is either used or free.
func (r *reader) freelist() error {
	id := r.meta.freelist
	if id == noFreelist || len(r.faults) > 0 {
		return nil // was not closed: there is no list; or nothing can be said
	}
	b, err := r.page([]string{"free pages"}, id)
	if b == nil || err != nil {
		return err
	}
	n, at := uint64(order.Uint16(b[10:])), pageHead
	if n == 0xffff {
		n, at = order.Uint64(b[at:]), at+8
	}
	if order.Uint16(b[8:]) != freelistPage || n > uint64(len(b)-at)/8 {
		r.fault("page %d: is no list of free pages", id)
		return nil
	}
	for i := range n {
		free := order.Uint64(b[at+int(i)*8:])
		if free < 2 || free >= r.meta.high || r.used[free] {
			r.fault("page %d is listed as free, and is not", free)
			return nil
		}
		r.used[free] = true
	}
	for id := uint64(2); id < r.meta.high; id++ {
		if !r.used[id] {
			r.fault("page %d is neither used nor free", id)
		}
	}
	return nil
}

// sorted proves that keys ascend from low and stay below high.
func (r *reader) sorted(place string, keys [][]byte, low, high []byte) bool {
	for i, k := range keys {
		if i > 0 && bytes.Compare(keys[i-1], k) >= 0 || bytes.Compare(k, low) < 0 || high != nil && bytes.Compare(k, high) >= 0 {
			r.fault("%s: the key of entry %d is out of order", place, i)
			return false
		}
	}
	return true
}

// span returns the size bytes of b at distance pos from an element at at. They
// must begin at start, where those of the element before end.
func span(b []byte, at int, pos uint32, start int, size uint64) (part []byte, end int, ok bool) {
	if uint64(at)+uint64(pos) != uint64(start) || size > uint64(len(b)-start) {
		return nil, 0, false
	}
	end = start + int(size)
	return b[start:end], end, true
}

func where(bucket []string) string {
	if len(bucket) == 0 {
		return "the list of spaces"
	}
	return "space " + strings.Join(bucket, "/")
}
