package kv

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"testing"
	"time"
)

type namedID [16]byte

func (id namedID) KeyPart() [16]byte { return id }

// rising has, for every kind of part, values in their order.
func rising() map[string][]any {
	day := 24 * time.Hour
	epoch := time.UnixMilli(0)
	return map[string][]any{
		"string": {
			"", "\x00", "\x00\x00", "\x00\x01", "\x00\x02", "\x00\xff", "\x01", "\x01\x00", "a", "a\x00", "a\x00\x00",
			"a\x00a", "a\x00\xff", "a\x01", "aa", "ab", "a\xff", "b", "ä", "\xfe\xff", "\xff", "\xff\x00", "\xff\xff",
		},
		"bytes":  {[]byte(nil), []byte{0}, []byte{0, 0}, []byte{0, 255}, []byte{1}, []byte{255}, []byte{255, 0}},
		"id":     {[16]byte{}, [16]byte{15: 1}, [16]byte{14: 1}, [16]byte{1}, [16]byte{0: 255, 15: 255}},
		"own id": {namedID{}, namedID{15: 1}, namedID{1}},
		"uint64": {uint64(0), uint64(1), uint64(255), uint64(256), uint64(1 << 63), uint64(math.MaxUint64)},
		"uint32": {uint32(0), uint32(1), uint32(255), uint32(256), uint32(math.MaxUint32)},
		"uint8":  {uint8(0), uint8(1), uint8(127), uint8(128), uint8(255)},
		"int64": {
			int64(math.MinInt64), int64(math.MinInt64 + 1), int64(-256), int64(-255), int64(-1),
			int64(0), int64(1), int64(255), int64(256), int64(math.MaxInt64),
		},
		"time": {
			time.Time{},
			time.Date(1901, 1, 1, 0, 0, 0, 0, time.UTC), epoch.Add(-day), epoch.Add(-time.Millisecond),
			epoch, epoch.Add(time.Millisecond), epoch.Add(day), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		},
		"bool": {false, true},
	}
}

func TestKeysOfOnePartKeepTheirOrder(t *testing.T) {
	for kind, values := range rising() {
		t.Run(kind, func(t *testing.T) { wantRising(t, values, func(v any) []byte { return Key(v) }) })
	}
}

// TestOrderHoldsBesideOtherParts puts each value between two others: what
// follows must not disturb the order, and what precedes goes first.
func TestOrderHoldsBesideOtherParts(t *testing.T) {
	for kind, values := range rising() {
		t.Run(kind, func(t *testing.T) {
			for _, first := range []string{"", "a", "a\x00"} {
				i := 0
				wantRising(t, values, func(v any) []byte {
					i++
					return Key(first, v, int64(-i)) // falls while v rises
				})
			}
			smallest, largest := values[0], values[len(values)-1]
			if bytes.Compare(Key("a", largest), Key("a\x00", smallest)) >= 0 {
				t.Error("the second part went before the first")
			}
		})
	}
}

// wantRising fails the test unless the keys of values rise and none is a prefix
// of another.
func wantRising(t *testing.T, values []any, key func(v any) []byte) {
	t.Helper()
	var keys [][]byte
	for i, v := range values {
		keys = append(keys, key(v))
		for j := range i {
			if bytes.Compare(keys[j], keys[i]) >= 0 {
				t.Errorf("key of %#v is not below that of %#v", values[j], values[i])
			}
			if bytes.HasPrefix(keys[i], keys[j]) || bytes.HasPrefix(keys[j], keys[i]) {
				t.Errorf("one of the keys of %#v and %#v is a prefix of the other", values[j], values[i])
			}
		}
	}
}

func TestEqualParts(t *testing.T) {
	at := time.Date(1969, 12, 31, 23, 59, 59, 999_000_000, time.UTC)
	for name, pair := range map[string][2]any{
		"string and bytes":               {"a\x00", []byte("a\x00")},
		"nil and empty bytes":            {[]byte(nil), []byte{}},
		"an id and its bytes":            {namedID{1, 2}, [16]byte{1, 2}},
		"a time and its milliseconds":    {at, int64(-1)},
		"a time in another zone":         {at, at.In(time.FixedZone("", 3600))},
		"a time with a bit more, before": {at, at.Add(time.Millisecond - 1)},
		"a time with a bit more, after":  {time.UnixMilli(5), time.UnixMilli(5).Add(time.Millisecond - 1)},
	} {
		t.Run(name, func(t *testing.T) {
			if a, b := Key(pair[0]), Key(pair[1]); !bytes.Equal(a, b) {
				t.Errorf("%x and %x", a, b)
			}
		})
	}
}

func TestAnyOtherKindPanics(t *testing.T) {
	for _, v := range []any{nil, 1, int32(1), 1.5, &time.Time{}, struct{}{}, [8]byte{}, []string{}} {
		t.Run(fmt.Sprintf("%T", v), func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("made a key of it")
				}
			}()
			Key("a", v)
		})
	}
}

func TestNext(t *testing.T) {
	for name, tt := range map[string]struct{ p, want string }{
		"one byte":                 {"a", "b"},
		"several":                  {"ab", "ac"},
		"carries over":             {"a\xff\xff", "b"},
		"up to the last":           {"a\xfe", "a\xff"},
		"zero":                     {"\x00", "\x01"},
		"nothing comes after all":  {"\xff\xff", ""},
		"nothing comes after none": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := []byte(tt.p)
			got := Next(p)
			if string(got) != tt.want || (got == nil) != (tt.want == "") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if string(p) != tt.p {
				t.Errorf("changed what it was given to %q", p)
			}
		})
	}
}

// FuzzKey compares the order of keys with that of their parts, part by part.
func FuzzKey(f *testing.F) {
	f.Add("a", "a\x00", []byte{0}, []byte{0, 255}, int64(-1), int64(1), uint64(0), uint64(1<<63), int64(-1), int64(0), true)
	f.Add("", "\x00", []byte{}, []byte{255}, int64(math.MinInt64), int64(math.MaxInt64), uint64(1), uint64(256), int64(-62135596800000), int64(1), false)
	f.Add("a\xff", "a", []byte("x"), []byte("x"), int64(7), int64(7), uint64(9), uint64(9), int64(3), int64(3), true)
	f.Fuzz(func(t *testing.T, s1, s2 string, b1, b2 []byte, i1, i2 int64, u1, u2 uint64, m1, m2 int64, flag bool) {
		// Milliseconds that a time.Time can hold, some years around.
		t1, t2 := time.UnixMilli(m1%1e14), time.UnixMilli(m2%1e14)
		id1, id2 := idOf(u1, i2), idOf(u2, i1)
		one := Key(s1, i1, b1, uint8(u1), t1, u1, id1, uint32(u1), flag)
		two := Key(s2, i2, b2, uint8(u2), t2, u2, id2, uint32(u2), !flag)
		want := cmp.Or(
			cmp.Compare(s1, s2), cmp.Compare(i1, i2), bytes.Compare(b1, b2), cmp.Compare(uint8(u1), uint8(u2)),
			t1.Compare(t2), cmp.Compare(u1, u2), bytes.Compare(id1[:], id2[:]), cmp.Compare(uint32(u1), uint32(u2)),
			cmp.Compare(b2i(flag), b2i(!flag)))
		if got := bytes.Compare(one, two); got != want {
			t.Errorf("order of the keys is %d, of the parts %d", got, want)
		}
		if bytes.HasPrefix(one, two) || bytes.HasPrefix(two, one) {
			t.Error("one key is a prefix of the other")
		}
		if got := inRange(two, Prefix(Key(s1))); got != (s1 == s2) {
			t.Errorf("key of %q is in the prefix range of %q: %t", s2, s1, got)
		}
		if got := inRange(two, Prefix(Key(s2, i1))); got != (i1 == i2) {
			t.Errorf("key of %q, %d is in the prefix range of %q, %d: %t", s2, i2, s2, i1, got)
		}
	})
}

// FuzzPrefix compares the range of a prefix with what the word says.
func FuzzPrefix(f *testing.F) {
	f.Add([]byte("a\xff"), []byte("b"))
	f.Add([]byte{0xff}, []byte{0xff, 0xff})
	f.Add([]byte{}, []byte{0})
	f.Fuzz(func(t *testing.T, p, k []byte) {
		for _, k := range [][]byte{k, append(bytes.Clone(p), k...), Next(p)} {
			if got, want := inRange(k, Prefix(p)), bytes.HasPrefix(k, p); k != nil && got != want {
				t.Errorf("%q in the range of prefix %q: %t, want %t", k, p, got, want)
			}
		}
	})
}

func inRange(k []byte, r Range) bool {
	return bytes.Compare(k, r.From) >= 0 && (r.To == nil || bytes.Compare(k, r.To) < 0)
}

func idOf(a uint64, b int64) (id [16]byte) {
	copy(id[:], Key(a, b))
	return id
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// What makes keys of ids faster makes the same keys.
func TestIDs(t *testing.T) {
	a, b := [16]byte{1}, [16]byte{2}
	for _, tt := range []struct{ got, want []byte }{
		{IDs(), Key()},
		{IDs(a), Key(a)},
		{IDs(a, b), Key(a, b)},
		{Append(IDs(a, b), true, "x"), Key(a, b, true, "x")},
	} {
		if !bytes.Equal(tt.got, tt.want) {
			t.Errorf("got %x, want %x", tt.got, tt.want)
		}
	}
}
