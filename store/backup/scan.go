package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/parley-app/parley/store/blob"
)

// ErrNoBackup says that a file is something else.
var ErrNoBackup = errors.New("is no backup of Parley")

// maxManifest bounds what is read of a file that may say anything: 2 million
// attachments fit.
const maxManifest = 512 << 20

// openScanned opens the backup at path and reads it whole, see scan. The caller
// closes the file.
func openScanned(ctx context.Context, path string, p Progress) (f *os.File, m *Manifest, damage []string, err error) {
	if f, err = os.Open(path); err != nil {
		return nil, nil, nil, err
	}
	info, err := f.Stat()
	if err == nil {
		if m, damage, err = scan(ctx, f, info.Size(), p); err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, f.Close())
	}
	return f, m, damage, nil
}

// scan reads a backup whole and returns its manifest and what is damaged, one
// sentence for each part; the manifest is nil if it cannot be read.
func scan(ctx context.Context, f io.ReaderAt, size int64, p Progress) (*Manifest, []string, error) {
	last := make([]byte, block)
	if size < block {
		return nil, nil, ErrNoBackup
	}
	if _, err := f.ReadAt(last, size-block); err != nil {
		return nil, nil, err
	}
	t, ok := parseTrailer(last)
	if !ok || t.offset < 0 || t.size < 0 || t.size > maxManifest || t.offset > size-t.size {
		return scanWithoutTrailer(ctx, f, size)
	}
	m, err := readManifest(f, t)
	if err != nil {
		return nil, []string{fmt.Sprintf("%s: %v", manifest, err)}, nil
	}
	s := &scanner{ctx: ctx, sum: sha256.New(), progress: p, total: size}
	s.r = bufio.NewReaderSize(io.TeeReader(io.NewSectionReader(f, 0, size-block), s.sum), 1<<20)
	if err := s.all(m, t); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		s.report("the file ends before its last part")
	} else if err != nil {
		return m, s.damage, err
	}
	if s.at != size-block {
		s.report("there are %d bytes between the parts", size-block-s.at)
	}
	if got := hex.EncodeToString(s.sum.Sum(nil)); len(s.damage) == 0 && got != t.before {
		s.report("the whole has the sum %s, not %s", got, t.before)
	}
	return m, s.damage, nil
}

func readManifest(f io.ReaderAt, t trailer) (*Manifest, error) {
	// Its header is one block: it is far too small for a longer one.
	text := make([]byte, t.size)
	if _, err := f.ReadAt(text, t.offset+block); err != nil {
		return nil, err
	}
	if sumOf(text) != t.manifest {
		return nil, errors.New("its bytes are damaged")
	}
	return parseManifest(text)
}

func parseManifest(text []byte) (*Manifest, error) {
	m := &Manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, err
	}
	if m.Format != format {
		return nil, fmt.Errorf("the file has format %d and this program knows format %d: use the newer program", m.Format, format)
	}
	return m, m.sane()
}

// sane proves that the members are what they can be: what they are called
// becomes the names of files.
func (m *Manifest) sane() error {
	for i, member := range m.Members {
		if (i == 0) != (member.Name == Database) || i > 0 && !member.isBlob() || member.Size < 0 {
			return fmt.Errorf("a member %q cannot be", member.Name)
		}
	}
	if len(m.Members) == 0 {
		return errors.New("it names no members")
	}
	return nil
}

func (m Member) isBlob() bool { return blob.IsSum(m.SHA256) && m.Name == blobName(m.SHA256) }

// A scanner reads the parts of a backup in their order.
type scanner struct {
	ctx       context.Context
	r         *bufio.Reader
	sum       hash.Hash // of everything read
	at, total int64
	progress  Progress
	damage    []string
}

func (s *scanner) report(format string, args ...any) {
	s.damage = append(s.damage, fmt.Sprintf(format, args...))
}

func (s *scanner) all(m *Manifest, t trailer) error {
	for _, member := range append(m.Members, Member{manifest, t.offset, t.size, t.manifest}) {
		if s.at != member.Offset {
			s.report("%s: should begin at byte %d, and %d is reached", member.Name, member.Offset, s.at)
			return nil
		}
		head, err := header(member.Name, member.Size, m.MadeAt)
		if err != nil {
			return err
		}
		if err := s.literally(head, member.Name+": its header is damaged"); err != nil {
			return err
		}
		if err := s.content(member); err != nil {
			return err
		}
		if err := s.literally(make([]byte, padding(member.Size)), member.Name+": the padding behind it is damaged"); err != nil {
			return err
		}
	}
	return s.literally(make([]byte, end), "the end of the archive is damaged")
}

// literally reads what can only be want.
func (s *scanner) literally(want []byte, otherwise string) error {
	got := make([]byte, len(want))
	n, err := io.ReadFull(s.r, got)
	s.at += int64(n)
	if err == nil && !bytes.Equal(got, want) {
		s.report("%s", otherwise)
	}
	return err
}

func (s *scanner) content(m Member) error {
	sum := sha256.New()
	for left := m.Size; left > 0; {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		n, err := io.CopyN(sum, s.r, min(left, 4<<20))
		s.at += n
		left -= n
		if err != nil {
			return err
		}
		s.progress.tell("verifying", s.at, s.total)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != m.SHA256 {
		s.report("%s: its bytes are damaged: their sum is %s, not %s", m.Name, got, m.SHA256)
	}
	return nil
}

// scanWithoutTrailer reads a file whose trailer is damaged or missing, as the
// archive that it may still be.
func scanWithoutTrailer(ctx context.Context, f io.ReaderAt, size int64) (m *Manifest, damage []string, err error) {
	sums, before := map[string]string{}, "the beginning"
	r := tar.NewReader(io.NewSectionReader(f, 0, size))
	for {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && len(sums) == 0 {
			return nil, nil, ErrNoBackup
		} else if err != nil {
			damage = append(damage, fmt.Sprintf("it is damaged or cut off behind %s: %v", before, err))
			break
		}
		sum := sha256.New()
		var text bytes.Buffer
		into := io.Writer(sum)
		if h.Name == manifest && h.Size <= maxManifest {
			into = io.MultiWriter(sum, &text)
		}
		before, sums[h.Name] = h.Name, ""
		if _, err := io.Copy(into, io.LimitReader(r, size)); err != nil {
			damage = append(damage, fmt.Sprintf("%s: is cut off", h.Name))
			break
		}
		sums[h.Name] = hex.EncodeToString(sum.Sum(nil))
		if h.Name == manifest {
			if m, err = parseManifest(text.Bytes()); err != nil {
				m, damage = nil, append(damage, fmt.Sprintf("%s: %v", manifest, err))
			}
		}
	}
	if m != nil {
		for _, member := range m.Members {
			if sums[member.Name] != member.SHA256 {
				damage = append(damage, fmt.Sprintf("%s: its bytes are damaged or missing", member.Name))
			}
		}
	} else if _, ok := sums[Database]; !ok {
		return nil, nil, ErrNoBackup
	}
	return m, append(damage, "the trailer, its last 512 bytes, is damaged or missing"), nil
}
