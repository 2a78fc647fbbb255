package inspect

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
)

// Markers of JPEG.
const (
	jpegSOI  = 0xd8
	jpegEOI  = 0xd9
	jpegSOS  = 0xda
	jpegRST0 = 0xd0
	jpegRST7 = 0xd7
	jpegAPP0 = 0xe0
	jpegAPPF = 0xef
	jpegCOM  = 0xfe
)

func stripJPEG(w *bufio.Writer, s *source) error {
	head, err := s.take(2)
	if err != nil || head[0] != 0xff || head[1] != jpegSOI {
		return errors.Join(errImage, err)
	}
	_, _ = w.Write(head)
	turned := false
	for {
		marker, err := s.marker()
		if err != nil {
			return err
		}
		if marker == jpegEOI {
			_, _ = w.Write([]byte{0xff, jpegEOI})
			return nil
		}
		part, err := s.segment()
		if err != nil {
			return err
		}
		if way := orientation(part); marker == jpegAPP0+1 && way > 1 && !turned {
			turned = true
			_, _ = w.Write(orientationSegment(way))
		}
		if !jpegKeeps(marker, part) {
			continue
		}
		_, _ = w.Write([]byte{0xff, marker, byte((len(part) + 2) >> 8), byte(len(part) + 2)})
		_, _ = w.Write(part)
		if marker == jpegSOS {
			if err := s.scan(w); err != nil {
				return err
			}
		}
	}
}

// jpegKeeps says whether a segment has to do with how the image looks: JFIF,
// colour profiles, Adobe's transform, and all that is no application's.
func jpegKeeps(marker byte, part []byte) bool {
	switch {
	case marker == jpegAPP0:
		return bytes.HasPrefix(part, []byte("JFIF\x00"))
	case marker == jpegAPP0+2:
		return bytes.HasPrefix(part, []byte("ICC_PROFILE\x00"))
	case marker == jpegAPP0+14:
		return bytes.HasPrefix(part, []byte("Adobe"))
	}
	return (marker < jpegAPP0 || marker > jpegAPPF) && marker != jpegCOM
}

// marker reads the next marker. Fill bytes may stand before it.
func (s *source) marker() (byte, error) {
	b, err := s.r.ReadByte()
	if err != nil || b != 0xff {
		return 0, errors.Join(errImage, err)
	}
	for b == 0xff {
		if b, err = s.r.ReadByte(); err != nil {
			return 0, err
		}
	}
	return b, nil
}

func (s *source) segment() ([]byte, error) {
	n, err := s.take(2)
	if err != nil {
		return nil, err
	}
	return s.take(int(binary.BigEndian.Uint16(n)) - 2)
}

// scan copies coded data up to the next marker that is none of its own.
func (s *source) scan(w *bufio.Writer) error {
	for {
		next, err := s.r.Peek(2)
		if err != nil {
			return err
		}
		if own := next[1] == 0 || next[1] == 0xff || next[1] >= jpegRST0 && next[1] <= jpegRST7; next[0] == 0xff && !own {
			return nil
		}
		_ = w.WriteByte(next[0])
		_, _ = s.r.Discard(1) // it is there
	}
}

// orientation reads the way up from an EXIF segment; 0 if it says none.
func orientation(part []byte) uint16 {
	tiff, ok := bytes.CutPrefix(part, []byte("Exif\x00\x00"))
	if !ok || len(tiff) < 14 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	for i := range int64(order.Uint16(tiff[at:])) {
		entry := at + 2 + 12*i
		if entry+12 > int64(len(tiff)) {
			return 0
		}
		if order.Uint16(tiff[entry:]) == 0x0112 {
			if way := order.Uint16(tiff[entry+8:]); way >= 1 && way <= 8 {
				return way
			}
		}
	}
	return 0
}

// orientationSegment is an EXIF segment that says the way up and nothing else.
func orientationSegment(way uint16) []byte {
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	binary.BigEndian.PutUint16(tiff[18:], way)
	part := append([]byte("Exif\x00\x00"), tiff...)
	return append([]byte{0xff, jpegAPP0 + 1, 0, byte(len(part) + 2)}, part...)
}
