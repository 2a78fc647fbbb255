package api_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store/blob"
)

// Bytes that are lost or cut off are told as that, and a question with them is answered
// all the same.
func TestLostAndDamagedBytesAreTold(t *testing.T) {
	for want, harm := range map[string]func(path string) error{
		"not_found": os.Remove,
		"damaged":   func(path string) error { return os.Truncate(path, 4) },
	} {
		t.Run(want, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "blobs")
			d := newDesk(t, nil, func(o *api.Options) { o.Blobs = blob.New(folder) })
			f := d.bring("note.txt", "roses and tulips")
			if err := harm(filepath.Join(folder, filepath.FromSlash(blob.Path(f.SHA256)))); err != nil {
				t.Fatal(err)
			}
			if got := d.read(f); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if err := d.send(f); err != nil {
				t.Fatal(err)
			}
			d.model.Call(t)
			if got := lastPrompt(d.world, 0); strings.Contains(got, "rose") || !strings.Contains(got, "its content cannot be shown to you") {
				t.Errorf("the model is sent %q", got)
			}
		})
	}
}
