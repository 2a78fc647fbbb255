package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/disk"
	"github.com/parley-app/parley/store/kv/bolt"
)

// A Report is what was found in a backup.
type Report struct {
	Manifest *Manifest // nil if it cannot be read
	// Damage is where the file is not what was written, one sentence for each part.
	Damage []string
	// Faults are damage in the store that the backup is a true copy of, one sentence each.
	Faults []string
	// Derived are faults in data that is made again from the records when the backup is
	// restored: it is no worse for them.
	Derived []string
	// MasterKeys name the master keys that wrap the signing keys in it, which no
	// backup holds: without them Parley makes new signing keys.
	MasterKeys []string
}

// Good says that the backup is whole, and so is the store in it.
func (r *Report) Good() bool { return len(r.Damage)+len(r.Faults) == 0 }

// A BadError says that a backup, or what came of it, is not good.
type BadError struct {
	Path   string
	Report *Report
}

// Error returns one line for each thing that is wrong.
func (e *BadError) Error() string {
	r, text := e.Report, ""
	if len(r.Damage) > 0 {
		text = fmt.Sprintf("%s is damaged", e.Path)
	} else {
		text = fmt.Sprintf("%s is a true copy of a store that has faults", e.Path)
	}
	for _, line := range first(slices.Concat(r.Damage, r.Faults), 20) {
		text += "\n  " + line
	}
	return text
}

// first returns the first n lines, and how many more there are.
func first(lines []string, n int) []string {
	if len(lines) <= n {
		return lines
	}
	return append(slices.Clone(lines[:n]), fmt.Sprintf("and %d more", len(lines)-n))
}

// Verify reads the backup at path whole, compares every byte with its sum, and
// then opens the store in it, brought up to this program's version, and checks all
// that a check can. For that it unpacks the store into folder. The error says why
// it could not be done, such as ErrNoBackup; what was found is in the report.
func Verify(ctx context.Context, path, folder string, p Progress) (*Report, error) {
	f, m, damage, err := openScanned(ctx, path, p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := &Report{Manifest: m, Damage: damage}
	if len(damage) > 0 {
		return r, nil
	}
	temp, err := disk.MkdirTemp(folder, "parley-verify-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	db := filepath.Join(temp, Database)
	if err := extract(ctx, f, m.Members[0], m, db, p); err != nil {
		return nil, err
	}
	return r, r.prove(ctx, db, p)
}

// extract writes the bytes of a member to a new file. Its sum is compared again:
// the file may be another by now.
func extract(ctx context.Context, f io.ReaderAt, member Member, m *Manifest, path string, p Progress) error {
	head, err := header(member.Name, member.Size, m.MadeAt)
	if err != nil {
		return err
	}
	out, err := disk.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sum := newSummer(ctx, "unpacking "+member.Name, member.Size, p)
	_, err = io.Copy(io.MultiWriter(out, sum), io.NewSectionReader(f, member.Offset+int64(len(head)), member.Size))
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	if got := sum.hex(); got != member.SHA256 {
		return fmt.Errorf("%s has changed while it was read", member.Name)
	}
	return nil
}

// prove opens the store at path, a copy that may be changed, and reports what is wrong
// with it.
func (r *Report) prove(ctx context.Context, path string, p Progress) (err error) {
	p.tell("checking", 0, 0)
	if r.Faults, err = bolt.CheckFile(ctx, path); err != nil || len(r.Faults) > 0 {
		return err
	}
	e, err := bolt.Open(path, bolt.Options{AppendOrdered: store.AppendOrdered()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	differs, err := r.Manifest.compare(ctx, e)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, e, store.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	found, err := s.Examine(ctx)
	if err != nil {
		return err
	}
	if r.MasterKeys, err = MasterKeys(ctx, s); err != nil {
		return err
	}
	missing, err := r.Manifest.missing(ctx, s)
	r.Faults, r.Derived = slices.Concat(differs, found.Damage, missing), found.Derived
	return err
}

// MasterKeys names those that wrap the signing keys of s.
func MasterKeys(ctx context.Context, s *store.Store) (names []string, err error) {
	err = s.View(ctx, func(tx *store.Tx) error {
		ring, err := tx.SigningKeys()
		for _, k := range ring {
			if k.MasterID != "" && !slices.Contains(names, k.MasterID) {
				names = append(names, k.MasterID)
			}
		}
		return err
	})
	return names, err
}

// compare looks whether the store is the one that the manifest describes. One
// that is newer than the program is an error.
func (m *Manifest) compare(ctx context.Context, e *bolt.Engine) (faults []string, err error) {
	err = e.Snapshot(ctx, func(snap *bolt.Snapshot) error {
		age, err := store.AgeOf(snap)
		if err != nil {
			return err
		}
		if age.Data != m.DataVersion {
			faults = append(faults, fmt.Sprintf("the data has version %d, not %d", age.Data, m.DataVersion))
		}
		for space, want := range m.Counts {
			if got := snap.Count(space); got != want {
				faults = append(faults, fmt.Sprintf("%s has %d records, not %d", space, got, want))
			}
		}
		slices.Sort(faults)
		return age.Newer()
	})
	return faults, err
}

// missing names the blobs that the store refers to and the backup has not. Those
// that it has are whole: their name is their sum.
func (m *Manifest) missing(ctx context.Context, s *store.Store) (faults []string, err error) {
	have := map[string]bool{}
	for _, member := range m.Members {
		have[member.SHA256] = true
	}
	err = s.View(ctx, func(tx *store.Tx) error {
		blobs, err := tx.Blobs()
		for sum := range blobs {
			if !have[sum] {
				faults = append(faults, fmt.Sprintf("blob %s: missing or damaged when the backup was made", sum))
			}
		}
		return err
	})
	slices.Sort(faults)
	return faults, err
}

// ExtractStore proves the bytes of the backup at path and takes the store out of
// it, into a new file.
func ExtractStore(ctx context.Context, path, to string, p Progress) error {
	f, m, damage, err := openScanned(ctx, path, p)
	if err != nil {
		return err
	}
	defer f.Close()
	if len(damage) > 0 {
		return &BadError{path, &Report{Manifest: m, Damage: damage}}
	}
	return extract(ctx, f, m.Members[0], m, to, p)
}
