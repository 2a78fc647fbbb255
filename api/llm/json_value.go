package llm

// A valueTracker follows one JSON object byte by byte, to know where it ends.
type valueTracker struct {
	depth    int
	inString bool
	escaped  bool
}

// next takes more of the object and returns where in b it ends, -1 if it goes on.
func (t *valueTracker) next(b []byte) int {
	for i, c := range b {
		switch {
		case t.escaped:
			t.escaped = false
		case t.inString:
			t.inString = c != '"'
			t.escaped = c == '\\'
		case c == '"':
			t.inString = true
		case c == '{' || c == '[':
			t.depth++
		case c == '}' || c == ']':
			if t.depth--; t.depth <= 0 {
				return i + 1
			}
		}
	}
	return -1
}
