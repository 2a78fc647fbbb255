package inspect

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Rules say what is taken.
type Rules struct {
	Types       []string // media types that are allowed
	MaxUnpacked int64    // bytes that an archive or a document may hold, all in all
	MaxPixels   int64    // of an image
	// Temp makes an empty file for what lies packed in something packed; it is
	// closed and removed.
	Temp func() (*os.File, error)
}

// A File is what came in.
type File struct {
	io.ReaderAt
	Size    int64
	Name    string // as cleaned by Name
	Claimed string // the media type that the sender says; "" if none
}

// Found is what a file is.
type Found struct {
	MediaType     string // one of the allowed, without parameters
	Width, Height int    // of an image
}

// plainText is the type of text that is nothing else.
const plainText = "text/plain"

// Look finds out what a file is, or refuses it with a *RefusalError. Any other error
// is that of reading it.
func (r Rules) Look(f File) (Found, error) {
	if f.Size == 0 {
		return Found{}, unsafe("it is empty")
	}
	head := make([]byte, min(f.Size, CharsetSample))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return Found{}, err
	}
	found, as := typeOf(head[:min(len(head), headSize)], r.Types)
	if r.isPlainText(f.Name, head, found, as) {
		as = plainText
	}
	if as == "" {
		return Found{}, &RefusalError{BadType: true, Reason: typeReason(found)}
	}
	if err := agree(f.Name, f.Claimed, as); err != nil {
		return Found{}, err
	}
	result, err := r.lookInto(f, Found{MediaType: as})
	if err == nil && family(as) == "text" {
		err = readableText(f, head)
	}
	return result, err
}

// isPlainText reports whether a file that was found to be something else is accepted
// as plain text: markup, and words that begin like another format ("MZ", "BM"). Its
// name must not promise anything else, and all of head must be text.
func (r Rules) isPlainText(name string, head []byte, found, as string) bool {
	if family(as) == "text" || found == "text/rtf" || !slices.Contains(r.Types, plainText) {
		return false
	}
	promised := families[Extension(name)]
	if as != "" && promised != "text" || promised != "" && promised != "text" && !markup[promised] {
		return false
	}
	charset := DetectCharset(head)
	return charset != "" && !strings.ContainsFunc(decode(charset, head), func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f'
	})
}

// readableText refuses text that cannot be told from bytes: a model must never be sent
// replacement characters in place of words.
func readableText(f File, head []byte) error {
	charset := DetectCharset(head)
	if charset == "" {
		return unsafe("the encoding of its text is not recognised; save it as UTF-8")
	}
	if err := copyText(io.Discard, charset, io.NewSectionReader(f, 0, f.Size)); err != nil {
		return unsafe("its text is damaged: " + err.Error() + "; save it as UTF-8")
	}
	return nil
}

// typeReason returns why a file of a type that is not allowed is refused, without the
// name of the type, which tells people nothing.
func typeReason(found string) string {
	for _, word := range []string{"executable", "x-elf", "x-mach", "sharedlib", "java-archive", "x-object", "wasm", "android", "installer", "x-dosexec"} {
		if strings.Contains(found, word) {
			return "programs can't be attached"
		}
	}
	return "this type of file can't be attached"
}

func (r Rules) lookInto(f File, found Found) (Found, error) {
	l := look{rules: r, left: r.MaxUnpacked, packed: f.Size}
	switch of := family(found.MediaType); of {
	case "a document or an archive":
		return found, l.zip(f, f.Size, 1)
	case "a packed archive":
		return found, l.stream(io.NewSectionReader(f, 0, f.Size), 1)
	default:
		if isAlsoZip(f, f.Size) {
			return found, unsafe("it is " + of + " and a ZIP archive in one")
		}
		if of == "a PDF" {
			return found, l.pdf(f, f.Size)
		}
		if of == "an image" {
			var err error
			found.Width, found.Height, err = r.dimensions(f, found.MediaType)
			return found, err
		}
		return found, nil
	}
}

// IsRaster says whether browsers show the type as a picture without running
// anything of it.
func IsRaster(mediaType string) bool {
	return slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp"}, mediaType)
}

// IsText says whether the bytes of the type can be read as they are.
func IsText(mediaType string) bool {
	return family(mediaType) == "text" || strings.HasSuffix(mediaType, "xml")
}

// bomb is what unpacks into more than is allowed.
func bomb(most int64) error {
	return unsafe(fmt.Sprintf("unpacked it would be larger than %d MiB, or far larger than it looks", most>>20))
}
