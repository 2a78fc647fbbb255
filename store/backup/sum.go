package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

// A summer sums up what is written to it, tells the progress, and fails when its
// context ends.
type summer struct {
	ctx         context.Context
	hash        hash.Hash
	what        string
	done, total int64
	progress    Progress
}

func newSummer(ctx context.Context, what string, total int64, p Progress) *summer {
	return &summer{ctx: ctx, hash: sha256.New(), what: what, total: total, progress: p}
}

func (s *summer) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	s.hash.Write(p)
	s.done += int64(len(p))
	s.progress.tell(s.what, s.done, s.total)
	return len(p), nil
}

func (s *summer) hex() string { return hex.EncodeToString(s.hash.Sum(nil)) }
