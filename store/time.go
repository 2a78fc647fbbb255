package store

import (
	"fmt"
	"time"
)

// A Time is an instant in UTC, to the millisecond. In JSON it is RFC 3339 with
// exactly three decimals; the zero Time stands for "never" and is null.
type Time struct{ time.Time }

const timeFormat = "2006-01-02T15:04:05.000Z"

// TimeOf cuts t to what a Time holds.
func TimeOf(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// String returns the JSON form without quotes.
func (t Time) String() string { return t.Format(timeFormat) }

// MarshalJSON writes RFC 3339 with milliseconds, or null for "never".
func (t Time) MarshalJSON() ([]byte, error) { return t.appendJSON(nil), nil }

// appendJSON appends what MarshalJSON writes.
func (t *Time) appendJSON(b []byte) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	return append(t.UTC().AppendFormat(append(b, '"'), timeFormat), '"')
}

// UnmarshalJSON reads RFC 3339 or null.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*t = Time{}
		return nil
	}
	if len(b) < 2 || b[0] != '"' {
		return fmt.Errorf("%s is not a time", b)
	}
	parsed, err := time.Parse(time.RFC3339Nano, string(b[1:len(b)-1]))
	*t = TimeOf(parsed)
	return err
}
