package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
)

// A tale is what a log tells: its base, and the writes of each group since.
type tale struct {
	seq    uint64 // of the base; 0 if there is none
	secret uint64
	base   base
	meta   meta // of the base
	groups [][]byte
	last   uint64 // the transaction of the last group, or the base's
	size   int64  // bytes of the groups in the log
	Recovery
}

// readWAL reads the log at path; nil means that none was begun. Only what was
// written last can be half there. If anything whole lies behind what is not, the
// log was damaged afterwards, which is a *DamageError.
func readWAL(path string) (*tale, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // says the comment
	} else if err != nil {
		return nil, err
	}
	return parseWAL(path, b)
}

func parseWAL(path string, b []byte) (*tale, error) {
	t, err := readHeaders(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	at := walStart
	for t.seq > 0 {
		r, ok := parseRecord(b[min(at, len(b)):])
		if !ok || !t.owns(r) || r.txid != t.last+1 {
			break
		}
		t.add(r)
		at += r.size
	}
	if stray := t.findRecord(b, at); stray >= 0 {
		return nil, logDamage("%s: bytes %d to %d are not what was written", path, at, stray)
	}
	switch {
	case t.seq > 0 && len(b) < walFirst:
		return nil, logDamage("%s: it has %d bytes and at least %d are missing: it was cut off", path, len(b), walFirst-len(b))
	case t.seq > 0:
		t.Torn = t.torn(b[min(at, len(b)):])
		return t, nil
	case !zero(b[min(walStart, len(b)):]) || !unbegun(b[:min(walStart, len(b))]):
		return nil, logDamage("%s: it is neither empty nor a log of Parley: it was overwritten, or is another file", path)
	default:
		return nil, nil //nolint:nilnil // says the comment
	}
}

// logDamage is the error that the log is damaged.
func logDamage(format string, args ...any) error {
	return &DamageError{Faults: []string{fmt.Sprintf(format, args...)}, Log: true}
}

// owns reports whether r is of t's base.
func (t *tale) owns(r logged) bool { return r.secret == t.secret && r.seq == t.seq }

// add takes r as the next group.
func (t *tale) add(r logged) {
	t.groups = append(t.groups, r.writes)
	t.last, t.size = r.txid, t.size+int64(r.size)
	t.Groups, t.Bytes = len(t.groups), t.size
}

// torn returns how many bytes the record has whose head b begins with, but which is
// not whole; 0 if there is none.
func (t *tale) torn(b []byte) int64 {
	if len(b) < recordHead || string(b[:4]) != recordMagic {
		return 0
	}
	head := logged{secret: binary.LittleEndian.Uint64(b[8:]), seq: binary.LittleEndian.Uint64(b[16:]), txid: binary.LittleEndian.Uint64(b[24:])}
	if !t.owns(head) || head.txid != t.last+1 {
		return 0
	}
	return min(recordHead+int64(binary.LittleEndian.Uint32(b[32:])), int64(len(b)))
}

// unbegun reports whether no header of a log was ever finished: the two places for it
// are empty, or power was lost while the first was written.
func unbegun(b []byte) bool {
	for len(b) > 0 {
		head := b[:min(walBlock, len(b))]
		if !zero(head) && !bytes.HasPrefix(head, []byte(walMagic)) {
			return false
		}
		b = b[len(head):]
	}
	return true
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// readHeaders returns the base that was noted last; none at all has number 0. A
// header that is half there is one that was being written: no record followed it.
func readHeaders(b []byte) (t *tale, err error) {
	t = &tale{}
	defer func() {
		if t.seq > 0 { // a header that serves says more than one of an unknown version
			err = nil
		}
	}()
	for at := 0; at < walStart && at+walBlock <= len(b); at += walBlock {
		head := b[at : at+walBlock]
		known := string(head[:len(walMagic)]) == walMagic
		version := binary.LittleEndian.Uint32(head[8:])
		whole := known && binary.LittleEndian.Uint32(head[12:]) == crc32.Checksum(head[sumEnd:], castagnoli)
		switch {
		case whole && version == walVersion:
			if e := t.readHeader(head); e != nil {
				return t, e
			}
		case whole || known && version != walVersion && !zero(head[sumEnd:]):
			err = fmt.Errorf("version %d of the log is not known: it was written by another release, which has to open it", version)
			t.Header = true
		case !zero(head):
			t.Header = true
		}
	}
	return t, err
}

// readHeader takes the base of head if it is newer than what t has.
func (t *tale) readHeader(head []byte) (err error) {
	seq := binary.LittleEndian.Uint64(head[24:])
	if seq <= t.seq {
		return nil
	}
	t.seq, t.secret = seq, binary.LittleEndian.Uint64(head[16:])
	t.base.rootSum = binary.LittleEndian.Uint32(head[32:])
	copy(t.base.meta[:], head[walHead:])
	if t.meta, err = parseMeta(t.base.meta[:]); err != nil {
		t.seq = 0
	}
	t.last = t.meta.txid
	return err
}

type logged struct {
	secret, seq, txid uint64
	writes            []byte
	size              int // in the log
}

func parseRecord(b []byte) (r logged, ok bool) {
	if len(b) < recordHead || string(b[:4]) != recordMagic {
		return r, false
	}
	n := recordHead + int64(binary.LittleEndian.Uint32(b[32:]))
	if n > int64(len(b)) || binary.LittleEndian.Uint32(b[4:]) != crc32.Checksum(b[recordSum:n], castagnoli) {
		return r, false
	}
	r = logged{
		secret: binary.LittleEndian.Uint64(b[8:]), seq: binary.LittleEndian.Uint64(b[16:]),
		txid: binary.LittleEndian.Uint64(b[24:]), writes: b[recordHead:n], size: int(n+walBlock-1) &^ (walBlock - 1),
	}
	return r, true
}

// findRecord returns where, from at on, a whole record lies that is of this base
// or a later one, or of any if no base is known; -1 if nowhere.
func (t *tale) findRecord(b []byte, at int) int {
	for ; at+recordHead <= len(b); at += walBlock {
		if !bytes.HasPrefix(b[at:], []byte(recordMagic)) {
			continue
		}
		if r, ok := parseRecord(b[at:]); ok && (t.seq == 0 || r.secret == t.secret && r.seq >= t.seq) {
			return at
		}
	}
	return -1
}

var errWrites = errors.New("a record of the log is whole but cannot be read: another program wrote it")

// eachWrite calls fn with the writes of one group, in order; a nil value deletes.
func eachWrite(b []byte, fn func(space, key, value []byte) error) error {
	for len(b) > 0 {
		op := b[0]
		var space, key []byte
		ok := op == putOp || op == deleteOp
		space, b, ok = cutSized(b[1:], ok)
		key, b, ok = cutSized(b, ok)
		var value []byte
		if op == putOp {
			value, b, ok = cutSized(b, ok)
		}
		if !ok {
			return errWrites
		}
		if err := fn(space, key, value); err != nil {
			return err
		}
	}
	return nil
}

// cutSized returns what b begins with and what follows; what it returns is not
// nil.
func cutSized(b []byte, ok bool) (head, rest []byte, _ bool) {
	n, size := binary.Uvarint(b)
	if !ok || size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, false
	}
	end := size + int(n) //nolint:gosec // no more than b has
	return b[size:end:end], b[end:], true
}
