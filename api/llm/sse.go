package llm

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// maxEvent bounds one line and one event of a stream, in bytes: a thousand
// times what a token needs, and all the memory a hostile server can claim.
const maxEvent = 1 << 20

var errEventTooLong = errors.New("an event of the stream is longer than 1 MiB")

// An event is one server-sent event. data is valid until the next one is read.
type event struct {
	name string // of the "event:" field, "" if there was none
	data []byte
	cut  bool // the stream ended before the event did: data may be a part
}

// An sseReader reads server-sent events as the WHATWG HTML standard (section
// 9.2.6, "Interpreting an event stream") has them, with two exceptions that real
// servers need. An event that the end of the stream cuts off is handed out,
// marked: llama.cpp ends with "data: [DONE]" and no blank line. And a field
// "error" counts as event "error" with that data: llama.cpp sent its failures
// so until ggml-org/llama.cpp#16109 (September 2025).
type sseReader struct {
	src    io.Reader
	buf    []byte // what was read and is not yet consumed is buf[pos:]
	pos    int
	seen   int   // buf[pos:seen] holds no end of line
	skipLF bool  // the last line ended with CR: a LF that follows is part of it
	begun  bool  // the first line, which may have a byte order mark, is behind
	err    error // what src ended with

	name  string
	data  []byte
	lines int // how many data lines the event has so far
	spent bool
}

func newSSEReader(src io.Reader) *sseReader {
	return &sseReader{src: src, buf: make([]byte, 0, 4096)}
}

// first passes over white space and returns the byte that follows, which it leaves
// there; 0 if there is none.
func (s *sseReader) first() byte {
	for {
		for ; s.pos < len(s.buf); s.pos++ {
			if c := s.buf[s.pos]; strings.IndexByte(" \t\r\n", c) < 0 {
				return c
			}
		}
		if s.err != nil {
			return 0
		}
		s.fill()
	}
}

// Read reads what no event was made of.
func (s *sseReader) Read(b []byte) (int, error) {
	if s.pos < len(s.buf) {
		n := copy(b, s.buf[s.pos:])
		s.pos += n
		return n, nil
	}
	if s.err != nil {
		return 0, s.err
	}
	return s.src.Read(b)
}

// next returns the next event that has data. At the end of the stream it
// returns the error that ended it, io.EOF for an orderly end.
func (s *sseReader) next() (event, error) {
	if s.spent {
		s.name, s.data, s.lines, s.spent = "", s.data[:0], 0, false
	}
	for {
		line, err := s.line()
		switch {
		case err != nil && (s.lines == 0 || errors.Is(err, errEventTooLong)):
			return event{}, err
		case err != nil:
			return s.dispatch(true), nil //nolint:nilerr // the next call returns it
		case len(line) > 0:
			if err := s.field(line); err != nil {
				return event{}, err
			}
		case s.lines > 0:
			return s.dispatch(false), nil
		default:
			s.name = ""
		}
	}
}

func (s *sseReader) dispatch(cut bool) event {
	s.spent = true
	return event{name: s.name, data: s.data, cut: cut}
}

// field takes a line that is not empty.
func (s *sseReader) field(line []byte) error {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) { // a comment has the name ""
	case "event":
		s.name = string(value)
		return nil
	case "error":
		s.name = "error"
	case "data":
	default:
		return nil
	}
	if len(s.data)+len(value) >= maxEvent {
		return errEventTooLong
	}
	if s.lines++; s.lines > 1 {
		s.data = append(s.data, '\n')
	}
	s.data = append(s.data, value...)
	return nil
}

// line returns the next line without its end, valid until the next call. The
// last one may lack an end; after it comes the error that ended the stream.
func (s *sseReader) line() ([]byte, error) {
	for {
		if s.skipLF && s.pos < len(s.buf) {
			if s.buf[s.pos] == '\n' {
				s.pos++
			}
			s.skipLF = false
		}
		s.seen = max(s.seen, s.pos)
		if i := indexEOL(s.buf[s.seen:]); i >= 0 {
			return s.take(s.seen+i, s.buf[s.seen+i] == '\r')
		}
		s.seen = len(s.buf)
		switch {
		case len(s.buf)-s.pos > maxEvent:
			return nil, errEventTooLong
		case s.err != nil && s.pos == len(s.buf):
			return nil, s.err
		case s.err != nil:
			return s.take(len(s.buf), false)
		}
		s.fill()
	}
}

// take consumes the line that ends at index end of the buffer.
func (s *sseReader) take(end int, cr bool) ([]byte, error) {
	line := s.buf[s.pos:end]
	if !s.begun {
		line = bytes.TrimPrefix(line, []byte("\xEF\xBB\xBF"))
		s.begun = true
	}
	s.pos = min(end+1, len(s.buf))
	s.skipLF = cr
	if len(line) > maxEvent {
		return nil, errEventTooLong
	}
	return line, nil
}

// fill reads more, moving what is left to the front of the buffer first.
func (s *sseReader) fill() {
	if s.pos > 0 {
		n := copy(s.buf, s.buf[s.pos:])
		s.buf, s.seen, s.pos = s.buf[:n], s.seen-s.pos, 0
	}
	if len(s.buf) == cap(s.buf) {
		s.buf = append(make([]byte, 0, 2*cap(s.buf)), s.buf...)
	}
	for range 100 {
		n, err := s.src.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		if s.err = err; n > 0 || err != nil {
			return
		}
	}
	s.err = io.ErrNoProgress
}

// indexEOL returns where the first line of b ends, or -1. Two fast searches are
// quicker than one for either byte, and most streams have no CR at all.
func indexEOL(b []byte) int {
	lf := bytes.IndexByte(b, '\n')
	if lf >= 0 {
		b = b[:lf]
	}
	if cr := bytes.IndexByte(b, '\r'); cr >= 0 {
		return cr
	}
	return lf
}
