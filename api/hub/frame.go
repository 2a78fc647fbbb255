package hub

import (
	"strconv"
	"unicode/utf8"
)

// The frames of a running answer are made by hand: encoding/json would cost more
// than sending them. Each is a head, the escaped text and a tail.

func chunkHead(a AnswerInfo, reasoning bool) []byte {
	kind := `{"type":"stream_chunk","thread_id":`
	if reasoning {
		kind = `{"type":"reasoning_chunk","thread_id":`
	}
	b := appendQuoted([]byte(kind), a.ThreadID)
	b = appendQuoted(append(b, `,"message_id":`...), a.MessageID)
	return append(b, `,"chunk":"`...)
}

func appendChunkTail(b []byte, first, next int, reasoning bool) []byte {
	b = strconv.AppendInt(append(b, `","chunk_index":`...), int64(first), 10)
	b = strconv.AppendInt(append(b, `,"next_index":`...), int64(next), 10)
	if reasoning {
		return append(b, '}')
	}
	return append(b, `,"is_final":false}`...)
}

func snapshotHead(a AnswerInfo) []byte {
	b := appendQuoted([]byte(`{"type":"subscribed","thread_id":`), a.ThreadID)
	b = appendQuoted(append(b, `,"streaming":{"message_id":`...), a.MessageID)
	b = appendQuoted(append(b, `,"model":`...), a.Model)
	return append(b, `,"content":"`...)
}

// appendSnapshotMiddle appends what stands between the two texts of a snapshot.
func appendSnapshotMiddle(b []byte, next int) []byte {
	b = strconv.AppendInt(append(b, `","next_index":`...), int64(next), 10)
	return append(b, `,"reasoning":"`...)
}

func appendSnapshotTail(b []byte, next int) []byte {
	b = strconv.AppendInt(append(b, `","reasoning_next_index":`...), int64(next), 10)
	return append(b, `}}`...)
}

// appendSubscribed appends the frame for a thread without a running answer.
func appendSubscribed(b []byte, thread string) []byte {
	b = appendQuoted(append(b, `{"type":"subscribed","thread_id":`...), thread)
	return append(b, `,"streaming":null}`...)
}

func appendQuoted(b []byte, s string) []byte {
	return append(appendEscaped(append(b, '"'), s), '"')
}

const hex = "0123456789abcdef"

// appendEscaped appends s as the inside of a JSON string. What is not UTF-8
// becomes U+FFFD, byte by byte.
func appendEscaped(b []byte, s string) []byte {
	plain := 0 // s[plain:i] needs no escaping
	for i := 0; i < len(s); {
		size, escape := 1, ""
		switch c := s[i]; {
		case c == '"':
			escape = `\"`
		case c == '\\':
			escape = `\\`
		case c == '\n':
			escape = `\n`
		case c == '\t':
			escape = `\t`
		case c == '\r':
			escape = `\r`
		case c < ' ':
			b = append(b, s[plain:i]...)
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			i++
			plain = i
			continue
		case c >= utf8.RuneSelf:
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && size == 1 {
				escape = "\uFFFD"
			}
		}
		if escape != "" {
			b = append(append(b, s[plain:i]...), escape...)
			plain = i + size
		}
		i += size
	}
	return append(b, s[plain:]...)
}
