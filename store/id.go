package store

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
)

// An ID is a UUIDv7 (RFC 9562): ids made later sort after those made earlier.
// As text it is canonical and lower-case; the zero ID stands for "none" and is
// null in JSON.
type ID [16]byte

// ParseID reads an id in canonical lower-case form. Any other form is an error.
func ParseID(s string) (ID, error) {
	u, err := uuid.Parse(s)
	if err != nil || u.String() != s {
		return ID{}, fmt.Errorf("%q is not an id", s)
	}
	return ID(u), nil
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
		return fmt.Errorf("%s is not an id", b)
	}
	*id, err = ParseID(string(b[1 : len(b)-1]))
	return err
}
