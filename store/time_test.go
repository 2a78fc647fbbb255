package store

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A Time is written as its layout says, whatever the time.
func TestTimeIsWrittenAsItsLayoutSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("somewhere", rapid.IntRange(-14*3600, 14*3600).Draw(t, "zone"))
		at := Time{time.UnixMilli(rapid.Int64Range(-1<<46, 1<<49).Draw(t, "ms")).In(zone)}
		want := `"` + at.UTC().Format(timeFormat) + `"`
		if got, err := at.MarshalJSON(); err != nil || string(got) != want {
			t.Errorf("got %s, %v; want %s", got, err, want)
		}
	})
}
