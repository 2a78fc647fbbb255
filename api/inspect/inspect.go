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

// Look says what a file is, or refuses it with a *RefusalError. Any other error is
// that of reading it.
func (r Rules) Look(f File) (Found, error) {
	if f.Size == 0 {
		return Found{}, unsafe("it is empty")
	}
	head := make([]byte, min(f.Size, headSize))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return Found{}, err
	}
	found, as := typeOf(head, r.Types)
	if as == "" {
		return Found{}, &RefusalError{BadType: true, Reason: "files of the type " + found + " are not taken here"}
	}
	if err := agree(f.Name, f.Claimed, as); err != nil {
		return Found{}, err
	}
	return r.lookInto(f, Found{MediaType: as})
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
