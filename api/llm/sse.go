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
	bare bool // a JSON object that stood there without "data:"
}

// An sseReader reads server-sent events as the WHATWG HTML standard (section
// 9.2.6, "Interpreting an event stream") has them, with the exceptions that real
// servers need:
//
//   - An event ends with its blank line, or as soon as its data is a whole JSON
//     object or [DONE]: several servers leave out blank lines.
//   - A JSON object without "data:" is an event, so newline-delimited JSON, an
//     answer that comes whole, and an array of chunks can be read as well.
//   - "data:" may stand twice.
//   - An event that the end of the stream cuts off is handed out, marked.
//   - A field "error" counts as event "error" with that data: llama.cpp sent its
//     failures so until ggml-org/llama.cpp#16109 (September 2025).
//   - An event without data is handed out if its name ends the stream.
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
	lines int          // how many data lines the event has so far
	value valueTracker // of the data, if it is an object
	spent bool

	array bool   // the objects stand in an array
	stray []byte // the beginning of what is no event stream at all
}

// maxStray bounds stray, in bytes.
const maxStray = 4 << 10

func newSSEReader(src io.Reader) *sseReader {
	return &sseReader{src: src, buf: make([]byte, 0, 4096)}
}

// byteOrderMark may stand before the first line.
var byteOrderMark = []byte("\xEF\xBB\xBF")

// first passes over white space and a byte order mark, and returns the byte that
// follows, which it leaves there; 0 if there is none.
func (s *sseReader) first() byte {
	for {
		for ; s.pos < len(s.buf); s.pos++ {
			c := s.buf[s.pos]
			if rest := s.buf[s.pos:]; !s.begun && c == byteOrderMark[0] && bytes.HasPrefix(byteOrderMark, rest[:min(len(rest), 3)]) {
				if len(rest) < len(byteOrderMark) && s.err == nil {
					break
				}
				s.pos += min(len(rest), 3) - 1
				continue
			}
			if strings.IndexByte(" \t\r\n", c) < 0 {
				s.begun = true
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

// next returns the next event that has data, or that ends the stream. At the end
// of the stream it returns the error that ended it, io.EOF for an orderly end.
func (s *sseReader) next() (event, error) {
	if s.spent {
		s.name, s.data, s.lines, s.spent, s.value = "", s.data[:0], 0, false, valueTracker{}
	}
	for {
		if s.lines == 0 && s.atObject() {
			return s.object()
		}
		line, err := s.line()
		switch {
		case err != nil && (s.lines == 0 || errors.Is(err, errEventTooLong)):
			return event{}, err
		case err != nil:
			return s.dispatch(true), nil //nolint:nilerr // the next call returns it
		case len(line) > 0:
			whole, err := s.field(line)
			if err != nil {
				return event{}, err
			}
			if whole {
				return s.dispatch(false), nil
			}
		case s.lines > 0, event{name: s.name}.endsStream():
			return s.dispatch(false), nil
		default:
			s.name = ""
		}
	}
}

// atObject reports whether a line begins with an object, and passes over what may
// stand before one: white space, and the punctuation of an array.
func (s *sseReader) atObject() bool {
	for {
		for s.pos < len(s.buf) {
			switch c := s.buf[s.pos]; {
			case c == '\n' && s.skipLF:
				s.skipLF = false
			case c == '{':
				return true
			case c == ' ' || c == '\t' || s.array && (c == ',' || c == ']' || c == '\r' || c == '\n'):
			case c == '[' && s.opensArray():
				s.array = true
			default:
				return false
			}
			s.pos++
		}
		if s.err != nil {
			return false
		}
		s.fill()
	}
}

// opensArray reports whether the bracket that comes next opens an array of objects.
func (s *sseReader) opensArray() bool {
	for s.pos+1 >= len(s.buf) && s.err == nil {
		s.fill()
	}
	return s.pos+1 < len(s.buf) && strings.IndexByte("{]\r\n \t", s.buf[s.pos+1]) >= 0
}

// object returns the object that begins here as an event.
func (s *sseReader) object() (event, error) {
	s.begun, s.skipLF = true, false
	var t valueTracker
	for read := 0; ; {
		if end := t.next(s.buf[s.pos+read:]); end >= 0 {
			s.data = append(s.data[:0], s.buf[s.pos:s.pos+read+end]...)
			s.pos += read + end
			break
		}
		read = len(s.buf) - s.pos
		if read > maxBody {
			return event{}, errEventTooLong
		}
		if s.err != nil {
			s.data = append(s.data[:0], s.buf[s.pos:]...)
			s.pos = len(s.buf)
			s.spent = true
			return event{name: s.name, data: s.data, cut: true, bare: true}, nil //nolint:nilerr // the next call returns it
		}
		s.fill()
	}
	s.seen = max(s.seen, s.pos)
	s.spent = true
	return event{name: s.name, data: s.data, bare: true}, nil
}

func (s *sseReader) dispatch(cut bool) event {
	s.spent = true
	return event{name: s.name, data: s.data, cut: cut}
}

// field takes a line that is not empty, and reports whether it makes the event whole.
func (s *sseReader) field(line []byte) (whole bool, err error) {
	name, value, colon := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) { // a comment has the name ""
	case "event":
		s.name = string(value)
		return false, nil
	case "error":
		s.name = "error"
	case "data":
		for bytes.HasPrefix(value, []byte("data:")) {
			value = bytes.TrimPrefix(value[len("data:"):], []byte(" "))
		}
	case "", "id", "retry":
		return false, nil
	default:
		if colon || !isDone(line) {
			s.keepStray(line)
			return false, nil
		}
		value = line
	}
	if len(s.data)+len(value) >= maxEvent {
		return false, errEventTooLong
	}
	if s.lines++; s.lines > 1 {
		s.data = append(s.data, '\n')
	}
	s.data = append(s.data, value...)
	return s.isWhole(value), nil
}

// isWhole reports whether the data, to which more was just added, is a whole object
// or ends the stream.
func (s *sseReader) isWhole(more []byte) bool {
	switch {
	case len(s.data) == 0:
		return false
	case s.data[0] != '{':
		return s.lines == 1 && isDone(s.data)
	}
	end := s.value.next(more)
	return end >= 0 && len(bytes.TrimSpace(more[end:])) == 0
}

// keepStray keeps a line that belongs to no event.
func (s *sseReader) keepStray(line []byte) {
	if room := maxStray - len(s.stray); room > 0 {
		s.stray = append(append(s.stray, line[:min(len(line), room)]...), '\n')
	}
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
		line = bytes.TrimPrefix(line, byteOrderMark)
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
