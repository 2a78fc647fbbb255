package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func put(t *testing.T, s *Store, text string) string {
	t.Helper()
	sum, n, err := s.Put(t.Context(), strings.NewReader(text), 1<<20)
	if err != nil || n != int64(len(text)) {
		t.Fatalf("put %q: %d, %v", text, n, err)
	}
	return sum
}

func read(t *testing.T, s *Store, sum string) string {
	t.Helper()
	f, n, err := s.Open(sum)
	if errors.Is(err, fs.ErrNotExist) {
		return "not there"
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil || int64(len(b)) != n {
		t.Errorf("read %d of %d bytes: %v", len(b), n, err)
	}
	return string(b)
}

func list(t *testing.T, s *Store) map[string]int64 {
	t.Helper()
	got := map[string]int64{}
	if err := s.Walk(t.Context(), func(sum string, size int64) error { got[sum] = size; return nil }); err != nil {
		t.Error(err)
	}
	return got
}

// files are the names of everything below the folder that is no folder.
func files(t *testing.T, folder string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, d.Name())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return names
}

func TestPut(t *testing.T) {
	s := New(filepath.Join(t.TempDir(), "blobs"))
	if got := list(t, s); len(got) != 0 {
		t.Errorf("there is %v before the first", got)
	}
	for _, text := range []string{"", "hello", strings.Repeat("x", 100_000)} {
		h := sha256.Sum256([]byte(text))
		sum := put(t, s, text)
		if sum != hex.EncodeToString(h[:]) || read(t, s, sum) != text {
			t.Errorf("%.20q came back as %.20q, under %s", text, read(t, s, sum), sum)
		}
		if put(t, s, text) != sum {
			t.Error("the same bytes have another name")
		}
		if err := s.Verify(t.Context(), sum); err != nil {
			t.Error(err)
		}
	}
	if got := list(t, s); len(got) != 3 || len(files(t, s.Folder())) != 3 {
		t.Errorf("there is %v, in %v", got, files(t, s.Folder()))
	}
	sum := put(t, s, "hello")
	info, err := os.Stat(filepath.Join(s.Folder(), sum[:2], sum[2:4], sum))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("it lies with mode %v, %v", info, err)
	}
}

func TestPutThatFailsKeepsNothing(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		ctx  context.Context
		r    io.Reader
		want error
	}{
		"one byte too many":      {t.Context(), strings.NewReader("12345678901"), ErrTooLarge},
		"far too many":           {t.Context(), strings.NewReader(strings.Repeat("x", 1<<20)), ErrTooLarge},
		"a reader that fails":    {t.Context(), io.MultiReader(strings.NewReader("x"), iotest.ErrReader(iotest.ErrTimeout)), iotest.ErrTimeout},
		"a context that has end": {cancelled, strings.NewReader("x"), context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(filepath.Join(t.TempDir(), "blobs"))
			if sum, _, err := s.Put(tt.ctx, tt.r, 10); !errors.Is(err, tt.want) || sum != "" {
				t.Errorf("got %q, %v; want %v", sum, err, tt.want)
			}
			if left := files(t, s.Folder()); len(left) > 0 {
				t.Errorf("it left %q", left)
			}
		})
	}
	if sum, n, err := New(t.TempDir()).Put(t.Context(), strings.NewReader("1234567890"), 10); err != nil || n != 10 || sum == "" {
		t.Errorf("just at the limit: %q, %d, %v", sum, n, err)
	}
}

func TestNamesThatAreNone(t *testing.T) {
	s := New(t.TempDir())
	secret := filepath.Join(filepath.Dir(s.Folder()), "secret")
	if err := os.WriteFile(secret, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "..", "../secret", "x", strings.Repeat("A", 64), strings.Repeat("/", 64), strings.Repeat("a", 63), strings.Repeat("a", 65)} {
		if _, _, err := s.Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("open %q: %v", name, err)
		}
		if err := s.Verify(t.Context(), name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("verify %q: %v", name, err)
		}
		if err := s.Delete(name); err != nil {
			t.Errorf("delete %q: %v", name, err)
		}
	}
	if _, err := os.Stat(secret); err != nil {
		t.Error(err)
	}
}

func TestVerifyNamesWhatIsWrong(t *testing.T) {
	for name, tt := range map[string]struct {
		harm func(path string) error
		want error
	}{
		"a flipped byte": {func(path string) error { return os.WriteFile(path, []byte("hellp"), 0o600) }, ErrDamaged},
		"cut off":        {func(path string) error { return os.Truncate(path, 3) }, ErrDamaged},
		"empty":          {func(path string) error { return os.Truncate(path, 0) }, ErrDamaged},
		"gone":           {os.Remove, fs.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(t.TempDir())
			sum := put(t, s, "hello")
			other := put(t, s, "other")
			if err := tt.harm(s.path(sum)); err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(t.Context(), sum); !errors.Is(err, tt.want) || !strings.Contains(err.Error(), sum) {
				t.Errorf("got %v, want %v of %s", err, tt.want, sum)
			}
			if err := s.Verify(t.Context(), other); err != nil {
				t.Error(err)
			}
			put(t, s, "hello")
			if err := s.Verify(t.Context(), sum); err != nil {
				t.Errorf("a new Put does not heal: %v", err)
			}
		})
	}
}

func TestDelete(t *testing.T) {
	s := New(t.TempDir())
	sum := put(t, s, "hello")
	open, _, err := s.Open(sum)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	for range 2 {
		if err := s.Delete(sum); err != nil {
			t.Error(err)
		}
	}
	if got := read(t, s, sum); got != "not there" {
		t.Errorf("it is %q", got)
	}
	if b, err := io.ReadAll(open); string(b) != "hello" {
		t.Errorf("who had it open reads %q, %v", b, err)
	}
}

func TestAHeldStoreKeepsWhatIsDeleted(t *testing.T) {
	s := New(t.TempDir())
	gone, back, swept := put(t, s, "gone"), put(t, s, "back"), put(t, s, "swept")
	first, second := s.Hold(), s.Hold()
	for _, sum := range []string{gone, back} {
		if err := s.Delete(sum); err != nil {
			t.Error(err)
		}
	}
	if n, _, err := s.Sweep(t.Context(), time.Now().Add(time.Hour), nobody); n != 0 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if err := first(); err != nil {
		t.Error(err)
	}
	if err := first(); err != nil { // a second time does nothing
		t.Error(err)
	}
	if got := len(list(t, s)); got != 3 {
		t.Errorf("%d blobs while it is held", got)
	}
	put(t, s, "back")
	if err := second(); err != nil {
		t.Error(err)
	}
	want := map[string]int64{back: 4, swept: 5}
	if diff := cmp.Diff(want, list(t, s)); diff != "" {
		t.Errorf("after release (-want +got):\n%s", diff)
	}
}

func nobody(string) (bool, error) { return false, nil }

func TestSweep(t *testing.T) {
	s := New(t.TempDir())
	old := time.Now().Add(-2 * time.Hour)
	used, unused, fresh := put(t, s, "used"), put(t, s, "unused"), put(t, s, "fresh")
	leftOver := filepath.Join(s.Folder(), tempPrefix+"1")
	if err := os.WriteFile(leftOver, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{s.path(used), s.path(unused), leftOver} {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	asked := map[string]bool{}
	n, size, err := s.Sweep(t.Context(), time.Now().Add(-time.Hour), func(sum string) (bool, error) { asked[sum] = true; return sum == used, nil })
	if n != 1 || size != 6 || err != nil {
		t.Errorf("swept %d blobs of %d bytes, %v", n, size, err)
	}
	if diff := cmp.Diff(map[string]int64{used: 4, fresh: 5}, list(t, s)); diff != "" {
		t.Error(diff)
	}
	if asked[fresh] || !asked[used] {
		t.Errorf("asked for %v", asked)
	}
	if _, err := os.Stat(leftOver); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a crash left is still there: %v", err)
	}
	wrong := errors.New("the store is broken")
	if err := os.Chtimes(s.path(used), old, old); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Sweep(t.Context(), time.Now(), func(string) (bool, error) { return false, wrong }); !errors.Is(err, wrong) {
		t.Errorf("who uses it is not known, and it says %v", err)
	}
	if got := read(t, s, used); got != "used" {
		t.Errorf("it is %q", got)
	}
	if n, _, err := New(filepath.Join(t.TempDir(), "none")).Sweep(t.Context(), time.Now(), nobody); n != 0 || err != nil {
		t.Errorf("no folder: %d, %v", n, err)
	}
}

// What is put while the same bytes are swept again and again is there whenever
// nobody has swept since.
func TestPutsAndDeletesAtOnce(t *testing.T) {
	s := New(t.TempDir())
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			text := fmt.Sprint("text ", i%2)
			for range 20 {
				sum, _, err := s.Put(t.Context(), strings.NewReader(text), 100)
				if err != nil {
					t.Error(err)
				}
				if f, _, err := s.Open(sum); err == nil {
					b, err := io.ReadAll(f)
					if !bytes.Equal(b, []byte(text)) || err != nil {
						t.Errorf("read %q, %v", b, err)
					}
					f.Close()
				} else if !errors.Is(err, fs.ErrNotExist) {
					t.Error(err)
				}
				release := s.Hold()
				if err := s.Delete(sum); err != nil {
					t.Error(err)
				}
				if err := release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, text := range []string{"text 0", "text 1"} {
		if got := read(t, s, put(t, s, text)); got != text {
			t.Errorf("it is %q", got)
		}
	}
}
