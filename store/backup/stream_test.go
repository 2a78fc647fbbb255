package backup

import (
	"bytes"
	"errors"
	"testing"
)

// errWriter fails after n bytes.
type errWriter struct{ n int }

func (w *errWriter) Write(p []byte) (int, error) {
	if len(p) > w.n {
		return w.n, errors.New("no room")
	}
	w.n -= len(p)
	return len(p), nil
}

func TestStream(t *testing.T) {
	i := begin(t, t.TempDir())
	i.fill(t, "ann", "one", "two")
	var made bytes.Buffer
	if _, err := Write(t.Context(), &made, i.source(), nil); err != nil {
		t.Fatal(err)
	}
	whole := made.Bytes()
	for name, tt := range map[string]struct {
		change func([]byte) []byte
		good   bool
	}{
		"whole":               {func(b []byte) []byte { return b }, true},
		"cut off":             {func(b []byte) []byte { return b[:len(b)-1] }, false},
		"without its trailer": {func(b []byte) []byte { return b[:len(b)-block] }, false},
		"nothing":             {func([]byte) []byte { return nil }, false},
		"a flipped bit":       {func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, false},
		"something between":   {func(b []byte) []byte { return append(make([]byte, block), b...) }, false},
		"something after":     {func(b []byte) []byte { return append(b, make([]byte, block)...) }, false},
	} {
		for _, size := range []int{1 << 20, block, 100} {
			b := tt.change(bytes.Clone(whole))
			var out bytes.Buffer
			s := NewStream(&out)
			for rest := b; len(rest) > 0; rest = rest[min(size, len(rest)):] {
				if _, err := s.Write(rest[:min(size, len(rest))]); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(out.Bytes(), b) || s.Size() != int64(len(b)) {
				t.Errorf("%s: %d of %d bytes passed", name, s.Size(), len(b))
			}
			if err := s.Verify(); (err == nil) != tt.good {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	s := NewStream(&errWriter{len(whole) - 10})
	if _, err := s.Write(whole); err == nil || s.Verify() == nil {
		t.Error("a write that failed was not noticed")
	}
}
