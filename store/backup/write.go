package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/blob"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// A Source is what a backup is made of.
type Source struct {
	Engine  *bolt.Engine
	Blobs   *blob.Store // nil leaves them out: for a copy of the store alone
	Program string      // the version of this program
	Now     func() time.Time
}

// Size returns about how many bytes a backup of s has.
func (s Source) Size(ctx context.Context) (size int64, err error) {
	err = s.Engine.Snapshot(ctx, func(snap *bolt.Snapshot) error {
		blobs, err := s.blobsOf(snap)
		for _, n := range blobs {
			size += n
		}
		size += snap.Size()
		return err
	})
	return size, err
}

func (s Source) blobsOf(snap *bolt.Snapshot) (map[string]int64, error) {
	if s.Blobs == nil {
		return nil, nil
	}
	return store.BlobsOf(snap)
}

// Write writes a backup of s to w while others go on using it. It holds the
// store's pages until parley.db is written, so w should not be slow. The caller
// proves what has become of it; see Create.
func Write(ctx context.Context, w io.Writer, s Source, p Progress) (m *Manifest, err error) {
	if s.Blobs != nil {
		release := s.Blobs.Hold()
		defer func() { err = errors.Join(err, release()) }()
	}
	b := &writer{ctx: ctx, w: w, sum: sha256.New(), progress: p}
	b.m = Manifest{Format: format, Program: s.Program, MadeAt: s.Now().UTC().Truncate(time.Second)}
	var blobs map[string]int64
	err = s.Engine.Snapshot(ctx, func(snap *bolt.Snapshot) (err error) {
		if blobs, err = s.blobsOf(snap); err != nil {
			return err
		}
		b.total = snap.Size()
		for _, n := range blobs {
			b.total += n
		}
		if err := b.m.describe(snap); err != nil {
			return err
		}
		return b.member(Database, snap.Size(), snap.WriteTo)
	})
	if err != nil {
		return nil, fmt.Errorf("backup: %w", errors.Join(ctx.Err(), err))
	}
	for _, sum := range slices.Sorted(maps.Keys(blobs)) {
		if err := b.blob(s.Blobs, sum); err != nil {
			return nil, fmt.Errorf("backup: %w", err)
		}
	}
	return &b.m, b.finish()
}

func (m *Manifest) describe(snap *bolt.Snapshot) error {
	age, err := store.AgeOf(snap)
	m.DataVersion, m.Counts = age.Data, map[kv.Space]int{}
	for _, space := range store.Tables() {
		m.Counts[space] = snap.Count(space)
	}
	return err
}

// A writer writes the parts of a backup and sums them up.
type writer struct {
	ctx         context.Context
	w           io.Writer
	sum         hash.Hash // of everything
	at          int64
	m           Manifest
	progress    Progress
	done, total int64 // bytes of members
}

func (b *writer) Write(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.w.Write(p)
	b.sum.Write(p[:n])
	b.at += int64(n)
	return n, err
}

// member writes one member, whose bytes fill writes.
func (b *writer) member(name string, size int64, fill func(io.Writer) (int64, error)) error {
	m := Member{Name: name, Offset: b.at, Size: size}
	head, err := header(name, size, b.m.MadeAt)
	if err != nil {
		return err
	}
	if _, err := b.Write(head); err != nil {
		return err
	}
	sum := sha256.New()
	n, err := fill(io.MultiWriter(b, sum, told{b}))
	if err == nil && n != size {
		err = fmt.Errorf("%s has %d bytes, and had %d a moment ago", name, n, size)
	}
	if err != nil {
		return err
	}
	m.SHA256 = hex.EncodeToString(sum.Sum(nil))
	b.m.Members = append(b.m.Members, m)
	_, err = b.Write(make([]byte, padding(size)))
	return err
}

// told tells the progress of what passes it.
type told struct{ b *writer }

func (t told) Write(p []byte) (int, error) {
	t.b.done += int64(len(p))
	t.b.progress.tell("copying", min(t.b.done, t.b.total), t.b.total)
	return len(p), nil
}

// blob writes the blob of a sum. One that is not there or not whole is noted: that
// attachment is lost already, and must not keep all else from being saved.
func (b *writer) blob(from *blob.Store, sum string) error {
	err := from.Verify(b.ctx, sum)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, blob.ErrDamaged) {
		b.m.Missing = append(b.m.Missing, sum)
		return nil
	} else if err != nil {
		return err
	}
	f, size, err := from.Open(sum)
	if err != nil {
		return err
	}
	defer f.Close()
	return b.member(blobName(sum), size, func(w io.Writer) (int64, error) { return io.Copy(w, f) })
}

// blobName is the member that has the blob of a sum.
func blobName(sum string) string { return Blobs + "/" + blob.Path(sum) }

// finish writes the manifest and what follows it.
func (b *writer) finish() error {
	members := b.m.Members
	text, err := json.MarshalIndent(&b.m, "", "  ")
	if err != nil {
		return err
	}
	t := trailer{offset: b.at, size: int64(len(text)), manifest: sumOf(text)}
	err = b.member(manifest, t.size, func(w io.Writer) (int64, error) { n, err := w.Write(text); return int64(n), err })
	b.m.Members = members
	if err == nil {
		_, err = b.Write(make([]byte, end))
	}
	if err != nil {
		return err
	}
	t.before = hex.EncodeToString(b.sum.Sum(nil))
	_, err = b.Write(t.bytes())
	return err
}
