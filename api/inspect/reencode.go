package inspect

import (
	"bufio"
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
)

// maxFrames bounds an animation that is coded anew; all its frames are in memory.
const maxFrames = 500

// Reencode writes the image anew from its pixels alone, so that nothing that was
// in the file but them is left; only the way up of a photograph is told again.
// It returns the type that it wrote: WebP becomes PNG. MaxPixels bounds the
// memory; an image that cannot be decoded is a *RefusalError.
func (r Rules) Reencode(w io.Writer, f File, mediaType string) (string, error) {
	all := func() io.Reader { return io.NewSectionReader(f, 0, f.Size) }
	switch mediaType {
	case "image/gif":
		return mediaType, r.reencodeGIF(w, all)
	case "image/jpeg":
		picture, _, err := image.Decode(bufio.NewReader(all()))
		if err != nil {
			return "", unsafe("it is damaged: it cannot be decoded")
		}
		var plain bytes.Buffer
		if err := jpeg.Encode(&plain, picture, &jpeg.Options{Quality: 90}); err != nil {
			return "", err
		}
		return mediaType, turnedJPEG(w, plain.Bytes(), wayUp(all()))
	default:
		picture, _, err := image.Decode(bufio.NewReader(all()))
		if err != nil {
			return "", unsafe("it cannot be decoded; of WebP, animations cannot")
		}
		return "image/png", png.Encode(w, picture)
	}
}

// reencodeGIF counts the frames before it makes room for any.
func (r Rules) reencodeGIF(w io.Writer, all func() io.Reader) error {
	s := &source{r: bufio.NewReader(all())}
	if err := stripGIF(bufio.NewWriter(io.Discard), s); err != nil {
		return unsafe("it is damaged: it is no whole image")
	}
	if s.frames > maxFrames || s.pixels > 4*r.MaxPixels {
		return unsafe("it has too many frames")
	}
	g, err := gif.DecodeAll(all())
	if err != nil {
		return unsafe("it is damaged: it cannot be decoded")
	}
	return gif.EncodeAll(w, g)
}

// wayUp reads the orientation of a JPEG, 0 if it says none.
func wayUp(in io.Reader) uint16 {
	s := &source{r: bufio.NewReader(in)}
	if _, err := s.take(2); err != nil {
		return 0
	}
	for {
		marker, err := s.marker()
		if err != nil || marker == jpegSOS || marker == jpegEOI {
			return 0
		}
		part, err := s.segment()
		if err != nil {
			return 0
		}
		if way := orientation(part); marker == jpegAPP0+1 && way > 0 {
			return way
		}
	}
}

// turnedJPEG writes a JPEG with its way up.
func turnedJPEG(w io.Writer, plain []byte, way uint16) error {
	if _, err := w.Write(plain[:2]); err != nil {
		return err
	}
	if way > 1 {
		if _, err := w.Write(orientationSegment(way)); err != nil {
			return err
		}
	}
	_, err := w.Write(plain[2:])
	return err
}
