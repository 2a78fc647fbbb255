package llm

// A codeTracker follows Markdown byte by byte, as far as needed to know whether
// a place is inside code: a fenced block, or a span between backticks.
type codeTracker struct {
	fence    byte // the character of the fence that is open, 0 if none is
	fenceLen int
	closing  bool // the line so far may be the end of the fence
	span     int  // backticks that opened a code span, 0 if none is open

	run      int // characters of a run of backticks or tildes that has not ended
	runOf    byte
	runFirst bool // the run is the first on its line, but for quotes, lists and indentation
	inLine   bool // the line has text, beyond that
	text     bool // the line has any text
	indent   int  // white space at the beginning of the line
}

// next takes one byte of text.
func (t *codeTracker) next(c byte) {
	if t.run > 0 && c != t.runOf {
		t.endRun()
	}
	switch {
	case c == '\n':
		t.endLine()
	case c == '`' || c == '~':
		if t.run++; t.run == 1 {
			t.runOf, t.runFirst = c, !t.inLine
		}
		t.inLine, t.text = true, true
	case c == ' ' || c == '\t' || c == '\r':
		if !t.text {
			t.indent++
		}
	default:
		t.text, t.closing = true, false
		if !leadsLine(c) {
			t.inLine = true
		}
	}
}

// leadsLine reports whether c may stand before a fence: of a quote or a list.
func leadsLine(c byte) bool {
	return c == '>' || c == '-' || c == '*' || c == '+' || c == '.' || c == ')' || '0' <= c && c <= '9'
}

// endRun decides what a run of backticks or tildes is.
func (t *codeTracker) endRun() {
	n, c := t.run, t.runOf
	t.run = 0
	switch {
	case t.fence != 0:
		t.closing = t.runFirst && c == t.fence && n >= t.fenceLen
	case t.runFirst && n >= 3:
		t.fence, t.fenceLen, t.span = c, n, 0
	case c == '`' && t.span == 0:
		t.span = n
	case c == '`' && t.span == n:
		t.span = 0
	}
}

func (t *codeTracker) endLine() {
	if t.closing {
		t.fence, t.closing = 0, false
	}
	if !t.text {
		t.span = 0 // a span does not reach beyond its paragraph
	}
	t.inLine, t.text, t.indent = false, false, 0
}

// inCode reports whether what follows is inside code.
func (t *codeTracker) inCode() bool {
	if t.run > 0 {
		t.endRun()
	}
	return t.fence != 0 || t.span != 0
}

// beginsLine reports whether what follows is the first text of its line, and not
// indented so far that it is code.
func (t *codeTracker) beginsLine() bool { return !t.text && t.indent < 4 }
