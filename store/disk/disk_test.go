package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestFree(t *testing.T) {
	if n, err := Free(t.TempDir()); err != nil || n <= 0 {
		t.Errorf("a folder has %d, %v", n, err)
	}
	if _, err := Free(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

func TestSame(t *testing.T) {
	d := t.TempDir()
	if !Same(d, filepath.Dir(d)) || !Same(d, filepath.Join(d, "none")) {
		t.Error("a folder and its parent are told apart, or one that is not there")
	}
	if _, err := os.Stat("/proc/self"); err == nil && Same(d, "/proc") {
		t.Error("a folder and /proc are one")
	}
}

func TestRename(t *testing.T) {
	d := t.TempDir()
	from, to := filepath.Join(d, "a"), filepath.Join(d, "sub", "b")
	if err := os.WriteFile(from, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Rename(from, to); err == nil {
		t.Error("into a folder that is not there")
	}
	if err := os.Mkdir(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Rename(from, to); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(to); string(b) != "x" {
		t.Errorf("%q, %v", b, err)
	}
}
