package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/parley-app/parley/store/disk"
)

// A Recovery is what was done with the log of a store whose process was cut off.
type Recovery struct {
	Groups int   // transactions of the log that are in the store again
	Bytes  int64 // of these in the log
	Torn   int64 // bytes of the last record, which is not whole and was dropped; 0 if there is none
	Ahead  bool  // the file had one transaction more than the log, which was taken back
	Header bool  // one of the log's two headers is damaged; the other served
}

// Notes returns one sentence for each thing in the log, or in the file, that was
// dropped or looked damaged. None means that all of it was taken up.
func (r *Recovery) Notes() (notes []string) {
	if r == nil {
		return nil
	}
	if r.Torn > 0 {
		notes = append(notes, fmt.Sprintf("the last record of the log is torn: %d bytes were dropped, after %d whole records with %d bytes", r.Torn, r.Groups, r.Bytes))
	}
	if r.Ahead {
		notes = append(notes, "the file held one transaction more than the log tells, and was taken back to before it: nobody was told that it succeeded, "+
			"unless the log was damaged since. A backup, or a copy of the file from before, may still have it")
	}
	if r.Header {
		notes = append(notes, "one of the two headers of the log was damaged; the other one served")
	}
	return notes
}

// Recover takes up the log of the store at path, as Open does by itself, and returns
// what came of it, or nil if there was no log to take up. A damaged log is a
// *DamageError with Log set, and nothing is changed then. ErrInUse means that another
// process has the store open.
func Recover(ctx context.Context, path string) (*Recovery, error) {
	t, err := settleBy(ctx, path, Options{}, readWAL)
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, inUse(path)
	case err != nil:
		return nil, fmt.Errorf("kv/bolt: open %s: %w", path, explain(path, err))
	case t == nil:
		return nil, nil //nolint:nilnil // says the comment
	}
	return &t.Recovery, nil
}

// A Salvage is what could be saved of a store whose log is damaged.
type Salvage struct {
	AsItLies bool     // the file needs nothing of the log
	Groups   int      // transactions that were taken from the log
	Doubt    []string // one sentence for each thing that may be lost
}

// TakeAsItLies makes the store at path, a copy that nobody else uses, do without its
// damaged log, if its pages are sound and it has every transaction that can be read
// in the log. It returns nil if not; the log is gone then all the same.
func TakeAsItLies(ctx context.Context, path string) (*Salvage, error) {
	t, damaged, err := salvaged(WAL(path))
	if err != nil {
		return nil, err
	}
	if err := removeWAL(path); err != nil {
		return nil, err
	}
	newest, err := newestTransaction(path)
	if err != nil || newest < t.last {
		return nil, err
	}
	faults, err := CheckFile(ctx, path)
	if err != nil || len(faults) > 0 {
		return nil, err
	}
	return &Salvage{AsItLies: true, Doubt: []string{fmt.Sprintf("%s; the file was taken as it lies. If its process was killed, nothing is missing; "+
		"if the machine lost power, what was written in the last seconds before may be missing or old", damaged)}}, nil
}

// SalvageLog applies to the store at path, a copy that nobody else uses, every record
// of its damaged log that is whole, and removes the log.
func SalvageLog(ctx context.Context, path string) (*Salvage, error) {
	var doubt string
	t, err := settleBy(ctx, path, Options{}, func(path string) (t *tale, err error) {
		if t, doubt, err = salvaged(path); err == nil && t.seq == 0 {
			err = errors.New("the log has no header that can be read, so none of its records can be applied")
		}
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("kv/bolt: salvage %s: %w", path, explain(path, err))
	}
	return &Salvage{Groups: len(t.groups), Doubt: []string{doubt}}, nil
}

// salvaged returns what can be read of a damaged log, in order, and what cannot.
func salvaged(path string) (t *tale, doubt string, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	if t, err = readHeaders(b); err != nil || t.seq == 0 {
		return &tale{}, fmt.Sprintf("the log has %d bytes and no header that can be read", len(b)), nil //nolint:nilerr // it is said
	}
	missing, unread, skipped := uint64(0), 0, 0
	for at := walStart; at+recordHead <= len(b); {
		r, ok := parseRecord(b[at:])
		if !ok || !t.owns(r) || r.txid <= t.last {
			at, skipped = at+walBlock, skipped+walBlock
			continue
		}
		missing += r.txid - t.last - 1
		unread, skipped = unread+skipped, 0
		t.add(r)
		at += r.size
	}
	return t, fmt.Sprintf("%d transactions of the log cannot be read (%d bytes), %d can, of which the last is number %d", missing, unread, len(t.groups), t.last), nil
}

// newestTransaction returns the number of the last commit that the file at path has.
func newestTransaction(path string) (uint64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r := &reader{file: f}
	err = r.metas()
	return r.meta.txid, err
}

// CopyRaw copies the store at path, which nobody may write meanwhile, with its log if
// it has one, to the file to, byte for byte. It needs no right to write at path.
func CopyRaw(ctx context.Context, path, to string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := lockToRead(f); errors.Is(err, syscall.EWOULDBLOCK) {
		return inUse(path)
	} else if err != nil {
		return err
	}
	if err := copyBytes(ctx, f, to); err != nil {
		return err
	}
	log, err := os.Open(WAL(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer log.Close()
	return copyBytes(ctx, log, WAL(to))
}

func copyBytes(ctx context.Context, from *os.File, to string) error {
	f, err := disk.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.ReadFrom(&contextReader{ctx, from})
	return errors.Join(err, f.Sync(), f.Close())
}

// A contextReader reads until its context ends.
type contextReader struct {
	ctx context.Context
	*os.File
}

func (r *contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.File.Read(p)
}
