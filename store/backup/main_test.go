package backup

import (
	"crypto/sha256"
	"io"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newTestWriter(t *testing.T, w io.Writer) *writer {
	return &writer{ctx: t.Context(), w: w, sum: sha256.New(), m: Manifest{Format: format, MadeAt: noon}}
}
