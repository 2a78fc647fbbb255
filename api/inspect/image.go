package inspect

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // DecodeConfig knows the formats that are imported
	_ "image/jpeg"
	_ "image/png"
	"io"
	"slices"

	_ "golang.org/x/image/webp"
)

var errImage = errors.New("it is no image that can be read")

// dimensions reads how large an image says it is. Nothing is decoded before that
// is known to be within bounds.
func (r Rules) dimensions(f File, mediaType string) (width, height int, err error) {
	if !IsRaster(mediaType) {
		return 0, 0, nil
	}
	c, format, err := image.DecodeConfig(bufio.NewReader(io.NewSectionReader(f, 0, f.Size)))
	switch {
	case err != nil:
		return 0, 0, unsafe("it is damaged, so that it cannot be shown")
	case "image/"+format != mediaType:
		return 0, 0, unsafe("it is " + mediaType + " at first sight and image/" + format + " at second")
	case c.Width <= 0 || c.Height <= 0 || int64(c.Width) > r.MaxPixels/int64(c.Height):
		return 0, 0, unsafe(fmt.Sprintf("it is %d by %d pixels; at most %d million are taken", c.Width, c.Height, r.MaxPixels/1_000_000))
	}
	return c.Width, c.Height, nil
}

// Strip writes the image without what is not to be seen in it: where and by whom
// it was taken, comments, thumbnails, and whatever lies behind its end. The
// pixels, the colour profile, the animation and the way up stay. An image that
// is not whole is a *RefusalError.
func Strip(w io.Writer, f File, mediaType string) error {
	out := bufio.NewWriter(w)
	in := &source{r: bufio.NewReader(io.NewSectionReader(f, 0, f.Size))}
	var err error
	switch mediaType {
	case "image/jpeg":
		err = stripJPEG(out, in)
	case "image/png":
		err = stripPNG(out, in)
	case "image/gif":
		err = stripGIF(out, in)
	case "image/webp":
		err = stripWebP(out, in)
	default:
		err = fmt.Errorf("%s has no metadata that is known", mediaType)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errImage) {
		return unsafe("it is damaged: it is no whole image")
	}
	return errors.Join(err, out.Flush())
}

// A source reads the parts of an image.
type source struct {
	r      *bufio.Reader
	frames int   // of a GIF, as far as it was read
	pixels int64 // of those together
}

// maxPart bounds what of an image is in memory at a time.
const maxPart = 16 << 20

func (s *source) take(n int) ([]byte, error) {
	if n < 0 || n > maxPart {
		return nil, errImage
	}
	b := make([]byte, n)
	_, err := io.ReadFull(s.r, b)
	return b, err
}

// copy copies n bytes to w, or skips them if w is nil.
func (s *source) copy(w io.Writer, n int64) error {
	if w == nil {
		w = io.Discard
	}
	_, err := io.CopyN(w, s.r, n)
	return err
}

// The chunks that have to do with how an image looks.
var (
	pngKeeps = []string{
		"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "bKGD", "pHYs", "acTL", "fcTL", "fdAT",
	}
	webpKeeps = []string{"VP8 ", "VP8L", "VP8X", "ANIM", "ANMF", "ALPH", "ICCP"}
)

func stripPNG(w *bufio.Writer, s *source) error {
	head, err := s.take(8)
	if err != nil || string(head) != "\x89PNG\r\n\x1a\n" {
		return errors.Join(errImage, err)
	}
	_, _ = w.Write(head) // a bufio.Writer keeps its first error for Flush
	for {
		h, err := s.take(8)
		if err != nil {
			return err
		}
		to, n, kind := io.Writer(nil), int64(binary.BigEndian.Uint32(h))+4, string(h[4:])
		if n > 1<<31 {
			return errImage
		}
		if slices.Contains(pngKeeps, kind) {
			to = w
			_, _ = w.Write(h)
		}
		if err := s.copy(to, n); err != nil {
			return err
		}
		if kind == "IEND" {
			return nil
		}
	}
}

func stripGIF(w *bufio.Writer, s *source) error {
	head, err := s.take(13)
	if err != nil || string(head[:3]) != "GIF" {
		return errors.Join(errImage, err)
	}
	_, _ = w.Write(head)
	if err := gifTable(w, s, head[10]); err != nil {
		return err
	}
	for {
		kind, err := s.r.ReadByte()
		if err != nil {
			return err
		}
		switch kind {
		case 0x3b: // the end
			return w.WriteByte(kind)
		case 0x21:
			err = gifExtension(w, s)
		case 0x2c:
			err = gifFrame(w, s)
		case 0: // some programs put a stray one between blocks
		default:
			err = errImage
		}
		if err != nil {
			return err
		}
	}
}

func gifTable(w io.Writer, s *source, flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	return s.copy(w, 3<<(flags&7+1))
}

// gifExtension keeps what an animation is controlled by.
func gifExtension(w *bufio.Writer, s *source) error {
	label, err := s.r.ReadByte()
	if err != nil {
		return err
	}
	id, err := s.r.Peek(12)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	loops := label == 0xff && (bytes.Equal(id, []byte("\x0bNETSCAPE2.0")) || bytes.Equal(id, []byte("\x0bANIMEXTS1.0")))
	if label != 0xf9 && !loops {
		return gifBlocks(nil, s)
	}
	_, _ = w.Write([]byte{0x21, label})
	return gifBlocks(w, s)
}

func gifFrame(w *bufio.Writer, s *source) error {
	h, err := s.take(9)
	if err != nil {
		return err
	}
	s.frames++
	s.pixels += int64(binary.LittleEndian.Uint16(h[4:])) * int64(binary.LittleEndian.Uint16(h[6:]))
	_ = w.WriteByte(0x2c)
	_, _ = w.Write(h)
	if err := gifTable(w, s, h[8]); err != nil {
		return err
	}
	if err := s.copy(w, 1); err != nil {
		return err
	}
	return gifBlocks(w, s)
}

func gifBlocks(w io.Writer, s *source) error {
	for {
		n, err := s.r.ReadByte()
		if err != nil {
			return err
		}
		if w != nil {
			if _, err := w.Write([]byte{n}); err != nil {
				return err
			}
		}
		if n == 0 {
			return nil
		}
		if err := s.copy(w, int64(n)); err != nil {
			return err
		}
	}
}

// stripWebP drops chunks, and so has to know the size of what is left before it
// writes the head: the chunks stay below maxPart each.
func stripWebP(w *bufio.Writer, s *source) error {
	head, err := s.take(12)
	if err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WEBP" {
		return errors.Join(errImage, err)
	}
	left := int64(binary.LittleEndian.Uint32(head[4:])) - 4
	var body bytes.Buffer
	for left >= 8 {
		h, err := s.take(8)
		if err != nil {
			return err
		}
		n := int64(binary.LittleEndian.Uint32(h[4:]))
		padded := n + n&1
		if left -= 8 + padded; left < 0 || int64(body.Len())+padded > 2*maxPart {
			return errImage
		}
		if !slices.Contains(webpKeeps, string(h[:4])) {
			err = s.copy(nil, padded)
		} else {
			body.Write(h)
			at := body.Len()
			if err = s.copy(&body, padded); err == nil && string(h[:4]) == "VP8X" && n > 0 {
				body.Bytes()[at] &^= 0x0c // that there is EXIF and XMP
			}
		}
		if err != nil {
			return err
		}
	}
	binary.LittleEndian.PutUint32(head[4:], uint32(4+body.Len()))
	_, _ = w.Write(head)
	_, _ = w.Write(body.Bytes())
	return nil
}
