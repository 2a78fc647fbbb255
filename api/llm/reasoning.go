package llm

import "strings"

// A markKind is what a mark in the text of an answer does.
type markKind uint8

const (
	opens     markKind = iota // begins reasoning, at the beginning of a line
	opensHere                 // begins reasoning, wherever it stands
	closes                    // ends reasoning
	noise                     // a token of the chat template that says nothing
)

// A mark is a tag or special token by which models tell their reasoning from
// the answer, in lower case.
type mark struct {
	text string
	kind markKind
	ends []string // what ends the reasoning that it begins
}

// marks is every mark that is known: the tags of DeepSeek, Qwen and most others,
// Magistral ([THINK]), Kimi (◁think▷), OpenThinker, Command A, Gemma and
// MedGemma, and the channels of gpt-oss (github.com/openai/harmony).
var marks = allMarks()

func allMarks() (list []mark) {
	for _, name := range []string{"think", "thinking", "thought", "thoughts", "reasoning", "seed:think", "antthinking"} {
		end := "</" + name + ">"
		list = append(list, mark{"<" + name + ">", opens, []string{end}}, mark{end, closes, nil})
	}
	for _, pair := range [][2]string{
		{"[think]", "[/think]"},
		{"◁think▷", "◁/think▷"},
		{"<|think|>", "<|/think|>"},
		{"<|begin_of_thought|>", "<|end_of_thought|>"},
		{"<|start_thinking|>", "<|end_thinking|>"},
		{"<|channel>thought", "<channel|>"},
		{"<unused94>thought", "<unused95>"},
	} {
		kind := opensHere
		if pair[0] == "[think]" {
			kind = opens
		}
		list = append(list, mark{pair[0], kind, pair[1:]}, mark{pair[1], closes, nil})
	}
	harmony := []string{"<|end|>", "<|start|>assistant<|channel|>final<|message|>", "<|channel|>final<|message|>"}
	list = append(list, mark{"<|channel|>analysis<|message|>", opensHere, harmony}, mark{"<|channel|>commentary<|message|>", opensHere, harmony})
	for _, text := range []string{
		"<|channel|>final<|message|>", "<|start|>assistant", "<|end|>", "<|return|>",
		"<|begin_of_solution|>", "<|end_of_solution|>", "<|start_response|>", "<|end_response|>",
	} {
		list = append(list, mark{text, noise, nil})
	}
	return list
}

// maxHeld bounds reasoning within an answer that waits for its end, in bytes.
const maxHeld = 256 << 10

// A splitter takes the reasoning out of the text of an answer, however it is cut
// into pieces. Reasoning begins with a mark at the beginning of the answer or of
// a line and ends with another; inside code, marks are text. An end without a
// beginning makes all before it reasoning. A beginning in mid-answer that never
// ends is text.
type splitter struct {
	emit func(Delta)
	code codeTracker

	hold  string   // what may be the beginning of a mark
	ends  []string // what ends the reasoning that the text is in; nil: it is in none
	held  *strings.Builder
	lead  string // white space before the answer
	tail  string // white space of reasoning, which may be its end
	out   Delta
	trim  bool // white space is passed over until text comes
	begun bool // the answer has text
	sent  bool // some of it was emitted

	reasoned bool // reasoning has begun, or ended, with a mark
	wrote    bool // the reasoning that it is in has text
	blocks   int  // of reasoning, with text
}

// add takes the next piece and emits what is sure.
func (p *splitter) add(s string) {
	s = p.hold + s
	p.hold = ""
	for len(s) > 0 {
		n := 0
		if p.ends != nil {
			n = p.readReasoning(s)
		} else {
			n = p.readText(s)
		}
		s = s[n:]
	}
	p.flush()
}

// end takes what still waited, when no more will come.
func (p *splitter) end() {
	rest := p.hold
	p.hold = ""
	switch {
	case p.held != nil:
		text := p.held.String() + rest
		p.held, p.ends = nil, nil
		p.text(text)
	case p.ends != nil:
		p.reasoning(rest)
	default:
		p.text(rest)
		if !p.begun && !p.trim {
			p.out.Text += p.lead
		}
	}
	p.lead = ""
	p.flush()
}

// readText reads up to the end of s or to the end of the next mark, and returns how
// much that is.
func (p *splitter) readText(s string) int {
	from := 0 // what stands before was passed on
	for i := range len(s) {
		if mayBegin(s[i]) && !p.code.inCode() {
			p.text(s[from:i])
			from = i
			m, partial := p.find(s[i:])
			switch {
			case m != nil:
				p.at(m, s[i:i+len(m.text)])
				return i + len(m.text)
			case partial:
				p.hold = s[i:]
				return len(s)
			}
		}
		p.code.next(s[i])
	}
	p.text(s[from:])
	return len(s)
}

// mayBegin reports whether a mark may begin with the byte c.
func mayBegin(c byte) bool { return c == '<' || c == '[' || c == "◁"[0] }

// find returns the mark with which s begins, among those that mean something
// here; partial reports that more of s may make it one.
func (p *splitter) find(s string) (found *mark, partial bool) {
	for i := range marks {
		m := &marks[i]
		if !p.means(m.kind) {
			continue
		}
		switch n := len(m.text); {
		case len(s) >= n && strings.EqualFold(s[:n], m.text):
			return m, false
		case len(s) < n && strings.EqualFold(s, m.text[:len(s)]):
			partial = true
		}
	}
	return nil, partial
}

func (p *splitter) means(kind markKind) bool {
	switch kind {
	case opens:
		return p.code.beginsLine()
	case closes:
		return !p.reasoned
	case noise:
		return p.reasoned || !p.begun
	default:
		return true
	}
}

// at acts on a mark, which stands in the answer as raw.
func (p *splitter) at(m *mark, raw string) {
	switch m.kind {
	case opens, opensHere:
		if p.begun { // its end decides
			p.held = &strings.Builder{}
			p.held.WriteString(raw)
		}
		p.ends, p.lead, p.wrote = m.ends, "", false
		p.reasoned = p.reasoned || !p.begun
	case closes:
		p.recall()
	case noise:
	}
	if !p.begun {
		p.trim = true
	}
}

// recall makes reasoning of all the text so far.
func (p *splitter) recall() {
	text := p.out.Text
	switch {
	case p.sent:
		p.flush()
		p.out.TextWasReasoning = true
	case p.begun:
		p.out.Text = ""
		p.out.Reasoning += strings.TrimSpace(text)
	}
	if p.begun {
		p.blocks++
	}
	p.reasoned, p.begun, p.sent, p.lead = true, false, false, ""
	p.code = codeTracker{}
}

// readReasoning reads up to the end of s or of the reasoning.
func (p *splitter) readReasoning(s string) int {
	for i := range len(s) {
		if !mayBegin(s[i]) {
			continue
		}
		end, partial := hasAny(s[i:], p.ends)
		if end == 0 && !partial {
			continue
		}
		p.reasoning(s[:i])
		switch {
		case p.ends == nil: // it was too long to wait for its end
			return i
		case end == 0:
			p.hold = s[i:]
			return len(s)
		}
		p.close()
		return i + end
	}
	p.reasoning(s)
	return len(s)
}

// hasAny returns the length of the one of ends with which s begins, 0 if it begins
// with none; partial reports that more of s may make it one.
func hasAny(s string, ends []string) (n int, partial bool) {
	for _, end := range ends {
		switch {
		case len(s) >= len(end) && strings.EqualFold(s[:len(end)], end):
			return len(end), false
		case len(s) < len(end) && strings.EqualFold(s, end[:len(s)]):
			partial = true
		}
	}
	return 0, partial
}

// close ends the reasoning that the text is in.
func (p *splitter) close() {
	if p.held != nil {
		raw := p.held.String()
		p.held = nil
		_, content, _ := strings.Cut(raw, p.openingOf(raw))
		p.reasoning(content)
	} else {
		p.trim = !p.begun
	}
	if p.wrote {
		p.blocks++
	}
	p.ends, p.tail, p.wrote, p.reasoned = nil, "", false, true
}

// openingOf returns the mark with which held reasoning begins, as it stands there.
func (p *splitter) openingOf(raw string) string {
	for _, m := range marks {
		if (m.kind == opens || m.kind == opensHere) && len(raw) >= len(m.text) && strings.EqualFold(raw[:len(m.text)], m.text) {
			return raw[:len(m.text)]
		}
	}
	return ""
}

// text appends to the answer.
func (p *splitter) text(s string) {
	if p.trim {
		if s = strings.TrimLeft(s, " \t\r\n"); s != "" {
			p.trim = false
		}
	}
	if !p.begun && s != "" {
		p.lead += s
		if isBlank(p.lead) {
			return
		}
		s, p.lead, p.begun = p.lead, "", true
	}
	if s != "" && p.out.Reasoning != "" {
		p.flush() // it came first
	}
	p.out.Text += s
}

// reasoning appends to the reasoning, without the white space around it.
func (p *splitter) reasoning(s string) {
	if p.held != nil {
		p.held.WriteString(s)
		if p.held.Len() > maxHeld {
			text := p.held.String()
			p.held, p.ends = nil, nil
			p.text(text)
		}
		return
	}
	s = p.tail + s
	if !p.wrote {
		s = strings.TrimLeft(s, " \t\r\n")
	}
	kept := strings.TrimRight(s, " \t\r\n")
	if p.tail = s[len(kept):]; kept == "" {
		return
	}
	if p.out.Text != "" {
		p.flush()
	}
	if !p.wrote && p.blocks > 0 {
		kept = "\n\n" + kept
	}
	p.wrote = true
	p.out.Reasoning += kept
}

func (p *splitter) flush() {
	if p.out == (Delta{}) {
		return
	}
	p.sent = p.sent || p.out.Text != ""
	out := p.out
	p.out = Delta{}
	p.emit(out)
}

// withoutReasoning returns the text of an answer without reasoning that stands in
// it between tags, as answers hold that were stored before Parley knew these.
func withoutReasoning(answer string) string {
	if !strings.ContainsAny(answer, "<[◁") {
		return answer
	}
	var b strings.Builder
	p := splitter{emit: func(d Delta) {
		if d.TextWasReasoning {
			b.Reset()
		}
		b.WriteString(d.Text)
	}}
	p.add(answer)
	p.end()
	return b.String()
}
