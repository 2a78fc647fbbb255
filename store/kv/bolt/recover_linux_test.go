package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-app/parley/store/kv"
)

// killedWith puts the store as it is, with some log beside it, where nobody has it.
func (l *life) killedWith(log []byte) (path string) {
	l.t.Helper()
	path = filepath.Join(l.t.TempDir(), "store")
	if err := errors.Join(os.WriteFile(path, l.read(l.path), 0o600), os.WriteFile(WAL(path), log, 0o600)); err != nil {
		l.t.Fatal(err)
	}
	return path
}

// recordsOf returns where the records of a log begin, and where the last one ends.
func recordsOf(log []byte) (at []int) {
	at = []int{walStart}
	for {
		r, ok := parseRecord(log[at[len(at)-1]:])
		if !ok {
			return at
		}
		at = append(at, at[len(at)-1]+r.size)
	}
}

// What is dropped of a log is said, and what is nothing is not.
func TestWhatALogDropsIsSaid(t *testing.T) {
	l := newLife(t, 5)
	for range 12 {
		l.step()
	}
	log := l.read(WAL(l.path))
	records := recordsOf(log)
	last := records[len(records)-2]
	for name, tt := range map[string]struct {
		change func(b []byte)
		want   []string
	}{
		"nothing":                      {func([]byte) {}, nil},
		"a bit of the last record":     {func(b []byte) { b[last+recordHead+2] ^= 1 }, []string{"the last record of the log is torn", "one transaction more than the log tells"}},
		"the head of the last one":     {func(b []byte) { b[last] ^= 1 }, []string{"one transaction more than the log tells"}},
		"the other, earlier header":    {func(b []byte) { b[headerBefore(b)+20] ^= 1 }, []string{"one of the two headers"}},
		"the name of the other header": {func(b []byte) { b[headerBefore(b)] ^= 1 }, []string{"one of the two headers"}},
	} {
		t.Run(name, func(t *testing.T) {
			changed := bytes.Clone(log)
			if tt.change(changed); strings.Contains(name, "header") && zero(log[headerBefore(log):headerBefore(log)+walBlock]) {
				t.Skip("there is one header only")
			}
			path := l.killedWith(changed)
			r, err := Recover(t.Context(), path)
			if err != nil || r == nil || r.Groups < len(records)-2 {
				t.Fatalf("%+v, %v", r, err)
			}
			notes := r.Notes()
			if len(notes) != len(tt.want) {
				t.Errorf("the notes are %q, want %d", notes, len(tt.want))
			}
			for _, want := range tt.want {
				if !strings.Contains(strings.Join(notes, "\n"), want) {
					t.Errorf("no note has %q: %q", want, notes)
				}
			}
			if r, err := Recover(t.Context(), path); r != nil || err != nil {
				t.Errorf("a second time: %+v, %v", r, err)
			}
		})
	}
}

// headerBefore returns where the header lies that is not in force.
func headerBefore(log []byte) int {
	t, err := readHeaders(log)
	if err != nil {
		panic(err)
	}
	return int((t.seq+1)%2) * walBlock
}

// A log that is neither empty nor valid is damaged, whatever it is, and nothing changes.
func TestALogThatIsNone(t *testing.T) {
	l := newLife(t, 6)
	for range 5 {
		l.step()
	}
	log := l.read(WAL(l.path))
	noise := make([]byte, walFirst)
	for i := range noise {
		noise[i] = byte(l.rng.Uint32())
	}
	headless := append(bytes.Repeat([]byte{7}, walStart), log[walStart:]...)
	for name, b := range map[string][]byte{
		"noise": noise, "a text": []byte("not a log"), "noise behind empty headers": append(make([]byte, walStart), noise...),
		"headers overwritten": headless, "cut off behind the headers": log[:walStart+3*walBlock], "one odd byte": append(make([]byte, walStart), 1),
	} {
		t.Run(name, func(t *testing.T) {
			path := l.killedWith(b)
			before := l.read(path)
			_, err := Open(path, Options{})
			damage, ok := errors.AsType[*DamageError](err)
			if !ok || !damage.Log || !strings.Contains(err.Error(), WAL(path)) {
				t.Errorf("got %v, want a DamageError that names the log", err)
			}
			if !bytes.Equal(l.read(path), before) || !bytes.Equal(l.read(WAL(path)), b) {
				t.Error("a file was changed")
			}
		})
	}
}

// A log that is damaged in the middle costs nothing if the file is sound, and else the
// records that cannot be read.
func TestSalvage(t *testing.T) {
	l := newLife(t, 7)
	for range 12 {
		l.step()
	}
	log := l.read(WAL(l.path))
	records := recordsOf(log)
	damaged := bytes.Clone(log)
	damaged[records[4]+recordHead] ^= 1
	groups := len(records) - 1

	path := l.killedWith(damaged)
	s, err := TakeAsItLies(t.Context(), path)
	if err != nil || s == nil || !s.AsItLies || len(s.Doubt) != 1 || !strings.Contains(s.Doubt[0], "1 transactions of the log cannot be read") {
		t.Fatalf("%+v, %v", s, err)
	}
	l.want(path)

	path = l.killedWith(damaged)
	s, err = SalvageLog(t.Context(), path)
	if err != nil || s.Groups != groups-1 || len(s.Doubt) != 1 || !strings.Contains(s.Doubt[0], "1 transactions of the log cannot be read") {
		t.Fatalf("%+v, %v", s, err)
	}
	if faults, err := CheckFile(t.Context(), path); err != nil || len(faults) > 0 {
		t.Errorf("check: %q, %v", faults, err)
	}

	older := l.killedWith(damaged) // as if a power cut had left the file as it was at the base
	if err := os.WriteFile(older, l.states[len(l.states)-groups], 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := TakeAsItLies(t.Context(), older); s != nil || err != nil {
		t.Errorf("a file that lacks what the log has: %+v, %v", s, err)
	}

	noise := l.killedWith(bytes.Repeat([]byte("noise"), walFirst))
	if _, err := SalvageLog(t.Context(), noise); err == nil {
		t.Error("a log without a header was applied")
	}
	if s, err := TakeAsItLies(t.Context(), noise); err != nil || s == nil {
		t.Errorf("a sound file beside noise: %+v, %v", s, err)
	}
	l.want(noise)
}

// An engine without a log takes up what one with a log has left, and the reverse.
func TestSwitchingTheLog(t *testing.T) {
	l := newLife(t, 8)
	for range 5 {
		l.step()
	}
	path := l.killedWith(l.read(WAL(l.path)))
	want := map[string]bool{}
	for key := range l.told {
		want[key] = true
	}
	for i := range 4 {
		e, err := Open(path, Options{Strict: true, NoLog: i%2 == 0})
		if err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprint("round ", i)
		if err := writeNoteIn(context.Background(), e, key); err != nil {
			t.Fatal(err)
		}
		want[key] = true
		if _, err := os.Stat(WAL(path)); (err == nil) != (i%2 == 1) {
			t.Errorf("round %d: the log: %v", i, err)
		}
		killed := filepath.Join(t.TempDir(), "store") // as kill -9 leaves it
		if err := copyBoth(path, killed); err != nil {
			t.Fatal(err)
		}
		_ = e.Close()
		path = killed
		got := map[string]bool{}
		again, err := Open(killed, Options{Strict: true, NoLog: i%3 == 0})
		if err != nil {
			t.Fatal(err)
		}
		err = again.View(t.Context(), func(tx kv.Tx) error {
			return kv.Walk(tx, notes, kv.Range{}, func(e kv.Entry) error { got[string(e.Key)] = true; return nil })
		})
		if err := errors.Join(err, again.Close()); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("round %d: there are %d notes, want %d", i, len(got), len(want))
		}
	}
}

// copyBoth copies a store and its log, if it has one.
func copyBoth(from, to string) error {
	for a, b := range map[string]string{from: to, WAL(from): WAL(to)} {
		bytes, err := os.ReadFile(a)
		if errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		if err := os.WriteFile(b, bytes, 0o600); err != nil {
			return err
		}
	}
	return nil
}
