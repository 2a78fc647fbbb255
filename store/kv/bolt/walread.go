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
	at, txid := walStart, t.meta.txid
	for t.seq > 0 {
		r, ok := parseRecord(b[min(at, len(b)):])
		if !ok || r.secret != t.secret || r.seq != t.seq || r.txid != txid+1 {
			break
		}
		t.groups = append(t.groups, r.writes)
		at, txid = at+r.size, r.txid
	}
	if stray := t.findRecord(b, at); stray >= 0 {
		fault := fmt.Sprintf("%s: bytes %d to %d are not what was written", path, at, stray)
		return nil, &DamageError{[]string{fault}}
	}
	if t.seq == 0 {
		return nil, nil //nolint:nilnil // says the comment
	}
	return t, nil
}

// readHeaders returns the base that was noted last; none at all has number 0. A
// header that is half there is one that was being written: no record followed it.
func readHeaders(b []byte) (t *tale, err error) {
	t = &tale{}
	for at := 0; at < walStart && at+walBlock <= len(b); at += walBlock {
		head := b[at : at+walBlock]
		if string(head[:len(walMagic)]) != walMagic {
			continue
		}
		if v := binary.LittleEndian.Uint32(head[8:]); v != walVersion {
			return nil, fmt.Errorf("version %d of the log is not known: it was written by another release, which has to open it", v)
		}
		if binary.LittleEndian.Uint32(head[12:]) != crc32.Checksum(head[sumEnd:], castagnoli) {
			continue
		}
		if seq := binary.LittleEndian.Uint64(head[24:]); seq > t.seq {
			t.seq, t.secret = seq, binary.LittleEndian.Uint64(head[16:])
			t.base.rootSum = binary.LittleEndian.Uint32(head[32:])
			copy(t.base.meta[:], head[walHead:])
			if t.meta, err = parseMeta(t.base.meta[:]); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
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
