package ui

import (
	"io/fs"
	"testing"
)

// The placeholder is what lets the binary be built on a clean clone; a build of
// the page that removed it would break the next one without the page.
func TestDistKeepsItsPlaceholder(t *testing.T) {
	if _, err := fs.Stat(Dist(), ".gitkeep"); err != nil {
		t.Fatal(err)
	}
}
