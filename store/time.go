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
	u := t.UTC()
	year, month, day := u.Date()
	if year < 0 || year > 9999 {
		return append(u.AppendFormat(append(b, '"'), timeFormat), '"')
	}
	hour, minute, second := u.Clock()
	b = appendDigits(append(b, '"'), year, 4)
	b = appendDigits(append(b, '-'), int(month), 2)
	b = appendDigits(append(b, '-'), day, 2)
	b = appendDigits(append(b, 'T'), hour, 2)
	b = appendDigits(append(b, ':'), minute, 2)
	b = appendDigits(append(b, ':'), second, 2)
	b = appendDigits(append(b, '.'), u.Nanosecond()/int(time.Millisecond), 3)
	return append(b, 'Z', '"')
}

// appendDigits appends n with at least so many digits; AppendFormat, which can do
// more, takes several times as long.
func appendDigits(b []byte, n, digits int) []byte {
	at := len(b)
	b = append(b, "0000"[:digits]...)
	for i := at + digits - 1; i >= at; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
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
