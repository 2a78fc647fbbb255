package store

import (
	"bytes"
	"encoding/hex"
	"errors"

	"github.com/google/uuid"
)

// An ID is a UUIDv7 (RFC 9562): ids made later sort after those made earlier.
// As text it is canonical and lower-case; the zero ID stands for "none" and is
// null in JSON.
type ID [16]byte

// errNoID does not repeat what was given: it may be a key or a token in the wrong place.
var errNoID = errors.New("not an id")

// ParseID reads an id in canonical lower-case form. Any other form is an error.
func ParseID(s string) (id ID, err error) {
	if !readID(&id, s) {
		return ID{}, errNoID
	}
	return id, nil
}

// readID reads the canonical lower-case text of an id into id, of which it may leave
// anything when it returns false.
func readID[T string | []byte](id *ID, text T) bool {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return false
	}
	for i, at := range [len(id)]int{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34} {
		high, low := unhex(text[at]), unhex(text[at+1])
		if high|low > 0xf {
			return false
		}
		id[i] = high<<4 | low
	}
	return true
}

func unhex(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	default:
		return 0xff
	}
}

// IsZero says whether id stands for "none".
func (id ID) IsZero() bool { return id == ID{} }

// String returns the canonical text, also for the zero ID.
func (id ID) String() string { return uuid.UUID(id).String() }

// Compare orders ids by the time they were made: negative if id is the older.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }

// Next returns the id right after id, for ranges that begin behind it.
func (id ID) Next() ID { return id.step(1) }

// step returns the id that is next to id, by 1 or -1, in the order of ids.
func (id ID) step(by int) ID {
	for i := len(id) - 1; i >= 0; i-- {
		n := int(id[i]) + by
		if id[i] = byte(n); n >= 0 && n <= 0xff {
			break
		}
	}
	return id
}

// KeyPart returns the bytes that stand for id in a key; see kv.Key.
func (id ID) KeyPart() [16]byte { return id }

// MarshalJSON writes the canonical text, or null for the zero ID.
func (id ID) MarshalJSON() ([]byte, error) { return id.appendJSON(nil), nil }

// appendJSON appends what MarshalJSON writes.
func (id *ID) appendJSON(b []byte) []byte {
	if id.IsZero() {
		return append(b, "null"...)
	}
	b = append(b, '"')
	for i, octets := range [...][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, octets)
	}
	return append(b, '"')
}

// UnmarshalJSON reads what MarshalJSON writes, and nothing else.
func (id *ID) UnmarshalJSON(b []byte) (err error) {
	if string(b) == "null" {
		*id = ID{}
		return nil
	}
	if len(b) < 2 || b[0] != '"' {
		return errNoID
	}
	*id, err = ParseID(string(b[1 : len(b)-1]))
	return err
}
