package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"sync"
)

// A stored value is flags (1 byte), a CRC-32C (4 bytes, over flags, key and
// JSON) and the record as JSON. The sum names a flipped byte before anybody
// acts on it; the flags let a scan skip records without decoding them.
const valueHead = 5

// usualValue is for how many bytes encode makes room at once.
const usualValue = 1 << 10

// flagHidden marks records that lists leave out unless asked.
const flagHidden = 1

var (
	castagnoli  = crc32.MakeTable(crc32.Castagnoli)
	errChecksum = errors.New("the checksum does not fit: the value was damaged")
)

// encode is the function encode into memory of the transaction's, which the next
// call uses again: an engine copies what it is given.
func (tx *Tx) encode(key []byte, flags byte, pointer any) ([]byte, error) {
	v, err := encodeInto(tx.value[:0], key, flags, pointer)
	if cap(v) <= maxScratch {
		tx.value = v
	}
	return v, err
}

// maxScratch is how many bytes a transaction keeps for its next value.
const maxScratch = 64 << 10

// encode returns what is stored for the record to which pointer points.
func encode(key []byte, flags byte, pointer any) ([]byte, error) {
	return encodeInto(nil, key, flags, pointer)
}

func encodeInto(b, key []byte, flags byte, pointer any) ([]byte, error) {
	b = slices.Grow(b, usualValue)[:valueHead]
	v, err := AppendJSON(b, pointer)
	if err != nil {
		return nil, err
	}
	v[0] = flags
	binary.BigEndian.PutUint32(v[1:], checksum(key, v))
	return v, nil
}

// isMended says whether the encoder has put replacement characters into record,
// in place of bytes that were no UTF-8: it alone writes U+FFFD as an escape.
func isMended(record []byte) bool {
	for rest := record; ; {
		i := bytes.Index(rest, []byte(`\ufffd`))
		if i < 0 {
			return false
		}
		before := rest[:i]
		if (len(before)-len(bytes.TrimRight(before, `\`)))%2 == 0 { // the backslash is not itself escaped
			return true
		}
		rest = rest[i+1:]
	}
}

// open returns the flags and the JSON of a stored value.
func open(key, v []byte) (flags byte, record []byte, err error) {
	if len(v) < valueHead || binary.BigEndian.Uint32(v[1:]) != checksum(key, v) {
		return 0, nil, errChecksum
	}
	return v[0], v[valueHead:], nil
}

func checksum(key, v []byte) uint32 {
	if len(v) == 0 || len(key) > usualKey {
		sum := crc32.Update(0, castagnoli, v[:1])
		return crc32.Update(crc32.Update(sum, castagnoli, key), castagnoli, v[valueHead:])
	}
	// For a sum of what is short the call is most of the cost, so it is one for both.
	head := heads.Get().(*[1 + usualKey]byte) //nolint:forcetypeassert // the pool has nothing else
	head[0] = v[0]
	sum := crc32.Update(0, castagnoli, head[:1+copy(head[1:], key)])
	heads.Put(head)
	return crc32.Update(sum, castagnoli, v[valueHead:])
}

// heads are where checksum puts together a flag and a key: on its stack they cannot be.
var heads = sync.Pool{New: func() any { return new([1 + usualKey]byte) }}

// usualKey is the size of keys of two ids.
const usualKey = 32
