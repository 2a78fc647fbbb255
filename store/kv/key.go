package kv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"
)

// Key joins parts to a key. The order of keys is the order of their parts, and
// no key of complete parts is a prefix of another with the same kinds of
// parts, so a scan of Prefix(Key("ab")) never finds "abc".
//
//   - string, []byte: escaped and terminated (0x00 as 0x00 0xff, end as 0x00 0x01)
//   - [16]byte (an id), or what has a method KeyPart() [16]byte: as it is
//   - uint64, uint32, uint8: big-endian
//   - int64: big-endian with the sign bit turned, so that negatives sort first
//   - time.Time: whole milliseconds since 1970, as int64
//   - bool: one byte
//
// Any other kind is a mistake of the program and panics.
func Key(parts ...any) []byte { return Append(make([]byte, 0, 24*len(parts)), parts...) }

// Append appends parts to a key that another part has begun.
func Append(k []byte, parts ...any) []byte {
	for _, p := range parts {
		k = appendPart(k, p)
	}
	return k
}

// IDs is Key of ids alone, which costs one piece of memory and has room for a few
// parts more.
func IDs(ids ...[16]byte) []byte {
	k := make([]byte, 0, 16*len(ids)+32)
	for i := range ids {
		k = append(k, ids[i][:]...)
	}
	return k
}

func appendPart(k []byte, part any) []byte {
	switch p := part.(type) {
	case string:
		return appendEscaped(k, []byte(p))
	case []byte:
		return appendEscaped(k, p)
	case [16]byte:
		return append(k, p[:]...)
	case uint64:
		return binary.BigEndian.AppendUint64(k, p)
	case uint32:
		return binary.BigEndian.AppendUint32(k, p)
	case uint8:
		return append(k, p)
	case int64:
		return binary.BigEndian.AppendUint64(k, uint64(p)^1<<63)
	case time.Time:
		return binary.BigEndian.AppendUint64(k, uint64(p.UnixMilli())^1<<63)
	case bool:
		if p {
			return append(k, 1)
		}
		return append(k, 0)
	case interface{ KeyPart() [16]byte }:
		id := p.KeyPart()
		return append(k, id[:]...)
	default:
		panic(fmt.Sprintf("kv: a key cannot hold a %T", part))
	}
}

func appendEscaped(k, s []byte) []byte {
	for {
		i := bytes.IndexByte(s, 0)
		if i < 0 {
			return append(append(k, s...), 0, 1)
		}
		k = append(append(k, s[:i]...), 0, 0xff)
		s = s[i+1:]
	}
}

// Next is the smallest key that is larger than every key starting with p, or
// nil when there is none (p is empty or all 0xff).
func Next(p []byte) []byte {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] != 0xff {
			n := bytes.Clone(p[:i+1])
			n[i]++
			return n
		}
	}
	return nil
}
