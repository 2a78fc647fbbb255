package llm

import (
	"context"
	"fmt"
	"strings"
)

// notice begins every answer, so that nobody takes it for a model's; it is also
// how the provider knows its own answers again.
const notice = "**No language model is connected.** "

const (
	whatIAm = "I am Parley's built-in assistant: I cannot think or write for myself, only look things up " +
		"in this project and quote them word for word."
	howTo = "An administrator connects a model by setting `OPENAI_BASE_URL` to a model server " +
		"(such as `http://localhost:11434/v1` for Ollama) and restarting Parley."
)

// answerTo writes the answer to a question.
func answerTo(ctx context.Context, question string, lib Library) (string, error) {
	s := newSearch(question)
	if lib == nil {
		lib = noLibrary{}
	}
	if err := s.run(ctx, lib); err != nil {
		return "", err
	}
	body := ""
	switch hits := s.best(); {
	case s.parts == 0:
		body = "There is nothing to look through yet. Write messages, add files or give the project instructions; " +
			"then ask, and I quote what fits."
	case len(s.terms) == 0:
		body = fmt.Sprintf("Ask about something that stands in the %s I can see here, with the words you expect to find there, "+
			"and I quote what fits.", texts(s.texts))
	case len(hits) == 0:
		body = fmt.Sprintf("I looked through %s and found nothing that fits your question. "+
			"Other words may help: I find what is written, not what is meant.", texts(s.texts))
	default:
		body = fmt.Sprintf("I looked through %s. This fits your question best:\n\n%s", texts(s.texts), quotes(hits))
	}
	return notice + whatIAm + " " + howTo + "\n\n" + body, nil
}

// noLibrary stands for none: nothing may be quoted.
type noLibrary struct{}

// Passages walks nothing.
func (noLibrary) Passages(context.Context, func(Passage) error) error { return nil }

func texts(n int) string {
	if n == 1 {
		return "1 text"
	}
	return fmt.Sprintf("%d texts", n)
}

func quotes(hits []hit) string {
	var b strings.Builder
	for i, h := range hits {
		if i > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(quote(h.part))
		if h.source != "" {
			b.WriteString("\n\n— " + plain(h.source))
		}
	}
	return b.String()
}

// quote sets a part as a markdown block quote: every line as it stands, behind
// "> ".
func quote(p part) string {
	text := p.text
	if p.code {
		fence := "```"
		for strings.Contains(text, fence) {
			fence += "`"
		}
		text = fence + "\n" + text + "\n" + fence
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if lines[i] = ">"; line != "" {
			lines[i] = "> " + line
		}
	}
	return strings.Join(lines, "\n")
}

// plain keeps a name from being read as markdown, and in one line.
func plain(s string) string {
	var b strings.Builder
	for _, r := range sentence(s) {
		if strings.ContainsRune("\\`*_{}[]<>()#!|~&$:@", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
