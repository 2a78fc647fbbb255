package bolt

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAFileThatCameMeanwhileStays(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	for path, text := range map[string]string{from: "mine", to: "another's"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := place(from, to); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(to); err != nil || string(got) != "another's" {
		t.Errorf("there is %q, %v", got, err)
	}
}
