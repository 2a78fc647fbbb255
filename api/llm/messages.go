package llm

import "strings"

// noAnswer stands for an answer that failed, was stopped or was deleted. Were the
// questions merged, one that a server fails at would make it fail at each later one.
const noAnswer = "(There was no answer to this.)"

// normalize returns messages in the one order that every chat template accepts:
// at most one system message, which comes first; then user and assistant in
// turn, beginning with user. Blank messages are dropped, answers in a row are
// merged, and an assistant does not repeat its reasoning. No text is lost: behind
// a question without an answer stands noAnswer, and an answer whose question is
// gone is quoted in the question that follows it.
func normalize(messages []Message) []Message {
	out := make([]Message, 0, len(messages)+1)
	var system, early []string
	for i, m := range messages {
		if m.Role == RoleAssistant {
			m.Content = withoutReasoning(m.Content)
		}
		repeats := len(out) > 0 && out[len(out)-1].Role == m.Role
		switch {
		case isBlank(m.Content) && (repeats || i < len(messages)-1):
		case m.Role == RoleSystem:
			system = append(system, m.Content)
		case m.Role == RoleAssistant && len(out) == 0:
			early = append(early, m.Content)
		case repeats && m.Role == RoleUser:
			out = append(out, Message{RoleAssistant, noAnswer}, m)
		case repeats:
			out[len(out)-1].Content += "\n\n" + m.Content
		default:
			out = append(out, m)
		}
	}
	if len(early) > 0 {
		out = quoteEarlier(out, strings.Join(early, "\n\n"))
	}
	instructions := Message{RoleSystem, strings.Join(system, "\n\n")}
	switch {
	case len(system) == 0:
		return out
	case len(out) == 0: // instructions alone answer nothing
		return []Message{{RoleUser, instructions.Content}}
	}
	return append([]Message{instructions}, out...)
}

// quoteEarlier puts an answer that has no question in front of the first one.
func quoteEarlier(list []Message, answer string) []Message {
	quoted := "Your earlier answer:\n\n" + answer
	if len(list) == 0 {
		return []Message{{RoleUser, quoted}}
	}
	list[0].Content = quoted + "\n\n" + list[0].Content
	return list
}

// withoutSystem returns normalized messages with the instructions in front of
// the first user message, for models without a system role.
func withoutSystem(messages []Message) []Message {
	if len(messages) < 2 || messages[0].Role != RoleSystem {
		return messages
	}
	out := append([]Message(nil), messages[1:]...)
	out[0].Content = messages[0].Content + "\n\n" + out[0].Content
	return out
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }
