package inspect

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

const (
	maxEntries = 10_000 // of all archives within one file
	maxDepth   = 3      // of archives within archives
	// What unpacks to more than this and to so many times its size is a bomb,
	// whatever the limit.
	suspicious      = 32 << 20
	suspiciousRatio = 200
)

// A look goes through one file. All that it unpacks counts towards one limit.
type look struct {
	rules   Rules
	packed  int64 // bytes of the whole file
	left    int64 // bytes that may still be unpacked
	members int64 // bytes that the files in all tar archives say they have
	entries int
}

// spend counts n bytes that were unpacked.
func (l *look) spend(n int) error {
	l.left -= int64(n)
	out := l.rules.MaxUnpacked - l.left
	if l.left < 0 || out > suspicious && out > suspiciousRatio*l.packed {
		return bomb(l.rules.MaxUnpacked)
	}
	return nil
}

// A spender is a reader of what is being unpacked.
type spender struct {
	l *look
	r io.Reader
}

func (s spender) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if over := s.l.spend(n); over != nil {
		return 0, over
	}
	return n, err
}

func (l *look) entry(name string) error {
	if l.entries++; l.entries > maxEntries {
		return unsafe("it holds more than 10,000 files")
	}
	return safePath(name)
}

// safePath refuses names that lead out of the folder that one unpacks into.
func safePath(name string) error {
	slashed := strings.ReplaceAll(name, `\`, "/")
	if strings.HasPrefix(slashed, "/") || strings.ContainsRune(name, 0) || len(slashed) > 1 && slashed[1] == ':' ||
		slices.Contains(strings.Split(slashed, "/"), "..") {
		return unsafe("it holds a file whose name leads out of the folder that one unpacks into")
	}
	return nil
}

// damaged keeps a refusal and calls every other error of unpacking what it is.
func damaged(err error) error {
	if _, refused := errors.AsType[*RefusalError](err); refused || err == nil {
		return err
	}
	if pathError, ok := errors.AsType[*os.PathError](err); ok {
		return pathError // of our own files
	}
	return unsafe("it is damaged, so that it cannot be looked into")
}

// zip looks into an archive, or a document that is one.
func (l *look) zip(r io.ReaderAt, size int64, depth int) error {
	if depth > maxDepth {
		return unsafe("it holds archives within archives within archives")
	}
	if err := countEntries(r, size); err != nil {
		return err
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return damaged(err)
	}
	if err := l.layout(z); err != nil {
		return err
	}
	for _, f := range z.File {
		if err := l.zipped(f, depth); err != nil {
			return damaged(err)
		}
	}
	return nil
}

// countEntries counts the entries of a directory before anybody makes room for
// them: what it says of their number may be a lie.
func countEntries(r io.ReaderAt, size int64) error {
	mark := []byte("PK\x01\x02")
	in := bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 1<<16)
	for n := 0; ; {
		part, err := in.Peek(1 << 16)
		if n += bytes.Count(part, mark); n > maxEntries {
			return unsafe("it holds more than 10,000 files")
		}
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if _, err := in.Discard(len(part) - len(mark) + 1); err != nil {
			return err
		}
	}
}

// layout refuses what states that it is too large, and files that share their
// bytes with others, of which a small archive can have any number.
func (l *look) layout(z *zip.Reader) error {
	type span struct{ from, to int64 }
	var spans []span
	total := uint64(0)
	for _, f := range z.File {
		from, err := f.DataOffset()
		if err != nil {
			return damaged(err)
		}
		if total += f.UncompressedSize64; total > uint64(max(l.left, 0)) || f.UncompressedSize64 > uint64(l.rules.MaxUnpacked) {
			return bomb(l.rules.MaxUnpacked)
		}
		if f.CompressedSize64 > uint64(l.packed)+uint64(l.rules.MaxUnpacked) {
			return damaged(zip.ErrFormat)
		}
		spans = append(spans, span{from, from + int64(f.CompressedSize64)})
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return unsafe("its files overlap one another")
		}
	}
	return nil
}

func (l *look) zipped(f *zip.File, depth int) error {
	if err := l.entry(f.Name); err != nil {
		return err
	}
	switch base := path.Base(f.Name); {
	case f.Flags&1 != 0:
		return unsafe("it is encrypted, so that nobody can look into it")
	case f.Mode()&os.ModeSymlink != 0:
		return unsafe("it holds links to other files")
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return unsafe("it is packed by a method that cannot be looked into")
	case strings.EqualFold(base, "vbaProject.bin"), strings.HasPrefix(f.Name, "Basic/"), strings.HasPrefix(f.Name, "Scripts/"):
		return unsafe("it holds macros")
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	in := bufio.NewReaderSize(spender{l, r}, headSize)
	if isXML(f.Name) {
		head, err := in.Peek(headSize)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if bytes.Contains(head, []byte("<!ENTITY")) {
			return unsafe("it holds XML that defines entities")
		}
	}
	return l.unpacked(in, depth)
}

func isXML(name string) bool {
	return slices.Contains([]string{".xml", ".rels", ".rdf", ".opf", ".vml"}, strings.ToLower(path.Ext(name)))
}

// stream looks into a packed file that can be read from its beginning alone.
func (l *look) stream(r io.Reader, depth int) error {
	return damaged(l.pack(bufio.NewReaderSize(r, headSize), depth))
}

// unpacked goes through what came out of an archive, which may be one itself.
func (l *look) unpacked(in *bufio.Reader, depth int) error { return l.pack(in, depth+1) }

func (l *look) pack(in *bufio.Reader, depth int) error {
	head, err := in.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	kind := packing(head)
	if kind != "" && depth > maxDepth {
		return unsafe("it holds archives within archives within archives")
	}
	switch kind {
	case "zip":
		return l.spooled(in, depth)
	case "gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return err
		}
		return l.unpacked(bufio.NewReaderSize(spender{l, z}, headSize), depth)
	case "tar":
		return l.tar(in, depth)
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

func packing(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "zip"
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8}):
		return "gzip"
	case len(head) >= 265 && bytes.HasPrefix(head[257:], []byte("ustar")):
		return "tar"
	}
	return ""
}

// spooled looks into an archive that has to be on the disk for that.
func (l *look) spooled(in io.Reader, depth int) error {
	f, err := l.rules.Temp()
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	n, err := io.Copy(f, in)
	if err != nil {
		return err
	}
	return l.zip(f, n, depth)
}

func (l *look) tar(in io.Reader, depth int) error {
	t := tar.NewReader(in)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			// What is behind the end is there to be unpacked too.
			_, err = io.Copy(io.Discard, in)
			return err
		}
		if err != nil {
			return err
		}
		if err := l.entry(h.Name); err != nil {
			return err
		}
		switch h.Typeflag {
		case tar.TypeReg, tar.TypeDir, tar.TypeGNUSparse, tar.TypeXGlobalHeader:
		case tar.TypeLink, tar.TypeSymlink:
			leadsTo := path.Join(path.Dir(h.Name), h.Linkname) //nolint:gosec // nothing is unpacked: this is where it is refused
			if safePath(leadsTo) != nil || safePath(h.Linkname) != nil {
				return unsafe("it holds links that lead out of the folder that one unpacks into")
			}
		default:
			return unsafe("it holds devices or other things that are no files")
		}
		if l.members += h.Size; l.members > l.rules.MaxUnpacked {
			return bomb(l.rules.MaxUnpacked) // a sparse file has any size
		}
		if err := l.unpacked(bufio.NewReaderSize(t, headSize), depth); err != nil {
			return err
		}
	}
}
