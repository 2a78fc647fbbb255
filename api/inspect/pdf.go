package inspect

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"errors"
	"io"
)

// maxStreams bounds the streams of a PDF that are looked into; a book of a
// thousand pages has some ten thousand.
const maxStreams = 50_000

// pdf unpacks the streams of a PDF, wherever they are and whatever its tables
// say: readers of PDF do not believe those either.
func (l *look) pdf(r io.ReaderAt, size int64) error {
	mark := []byte("stream")
	in := bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 1<<16)
	at := int64(0)
	for {
		part, err := in.Peek(1 << 16)
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return err
		}
		for i := 0; ; {
			next := bytes.Index(part[i:], mark)
			if next < 0 {
				break
			}
			if i += next + len(mark); i >= len(part)-2 && !last {
				i -= len(mark) // its end is in the next part
				break
			}
			if err := l.pdfStream(r, at+int64(i), size); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
		n, err := in.Discard(len(part) - len(mark) - 2)
		if at += int64(n); err != nil {
			return err
		}
	}
}

// pdfStream unpacks what begins at an offset, if it is packed, and what lies
// packed in that. That it is cut off or damaged is the reader's business.
func (l *look) pdfStream(r io.ReaderAt, at, size int64) error {
	var start [4]byte
	n, err := r.ReadAt(start[:], at)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	skip := len(start[:n]) - len(bytes.TrimLeft(start[:n], "\r\n"))
	if skip == 0 {
		return nil // a word that ends in "stream"
	}
	if l.entries++; l.entries > maxStreams {
		return unsafe("it holds more than 50,000 streams")
	}
	z, err := zlib.NewReader(bufio.NewReaderSize(io.NewSectionReader(r, at+int64(skip), size-at-int64(skip)), headSize))
	if err != nil {
		return nil //nolint:nilerr // it is not packed like this
	}
	for range maxDepth {
		in := bufio.NewReaderSize(spender{l, z}, headSize)
		if z, err = zlib.NewReader(in); err != nil {
			_, err = io.Copy(io.Discard, in)
			return onlyRefusal(err)
		}
	}
	return unsafe("it is packed many times over")
}

func onlyRefusal(err error) error {
	if r, ok := errors.AsType[*RefusalError](err); ok {
		return r
	}
	return nil
}
