package store

import (
	"bytes"
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

// KeyPart returns the bytes that stand for id in a key; see kv.Key.
func (id ID) KeyPart() [16]byte { return id }

// MarshalJSON writes the canonical text, or null for the zero ID.
func (id ID) MarshalJSON() ([]byte, error) {
	if id.IsZero() {
		return []byte("null"), nil
	}
	return []byte(`"` + id.String() + `"`), nil
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
