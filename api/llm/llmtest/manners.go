package llmtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// A Framing is how a server sets its events.
type Framing string

// The framings. The first is what the protocol says.
const (
	Events       Framing = ""              // an empty line behind each event
	NoBlankLines Framing = "no blank line" // events without one
	DataTwice    Framing = "data twice"    // "data: data: …"
	JSONLines    Framing = "json lines"    // newline-delimited JSON, and no [DONE]
)

// Framings are all of them.
var Framings = []Framing{Events, NoBlankLines, DataTwice, JSONLines}

// frame sets the data of one event.
func (f Framing) frame(data string) string {
	switch f {
	case NoBlankLines:
		return "data: " + data + "\n"
	case DataTwice:
		return "data: data: " + data + "\n\n"
	case JSONLines:
		return data + "\n"
	}
	return "data: " + data + "\n\n"
}

// Manners are what a server does not accept in a question. It then answers with an
// error, before any play: the play is for the next question.
type Manners struct {
	NoSystem   bool     // the model has no system role
	Alternate  bool     // roles must alternate, beginning with a user's
	Parameters []string // it does not know these, such as "temperature" and "stream_options"
	MaxTokens  int      // the largest max_tokens that it takes; 0: any
}

// refusal returns the play that refuses a question, nil if nothing is wrong with it.
func (m Manners) refusal(c *Call) Play {
	say := func(message, param string) Play {
		return func(c *Call) {
			body, _ := json.Marshal(c.Dialect.refusal(message, param))
			c.Refuse(http.StatusBadRequest, string(body))
		}
	}
	var asked map[string]json.RawMessage
	_ = json.Unmarshal(c.Body, &asked) // it is JSON: chat has decoded it
	for _, p := range m.Parameters {
		if asked[p] != nil {
			return say(fmt.Sprintf("Unknown parameter: '%s'.", p), p)
		}
	}
	if n := max(c.MaxTokens, c.MaxCompletionTokens); m.MaxTokens > 0 && n > m.MaxTokens {
		return say(fmt.Sprintf("max_tokens is too large: %d. This model supports at most %d completion tokens, whereas you provided %d.", n, m.MaxTokens, n), "max_tokens")
	}
	turns := slices.Clone(c.Messages)
	if len(turns) > 0 && turns[0].Role == "system" {
		if m.NoSystem {
			return say("System role not supported", "messages[0].role")
		}
		turns = turns[1:]
	}
	for i, t := range turns {
		if m.Alternate && (t.Role == "user") != (i%2 == 0) {
			return say("Conversation roles must alternate user/assistant/user/assistant/...", "messages")
		}
	}
	return nil
}

// refusal is the JSON by which the dialect refuses a parameter.
func (d Dialect) refusal(message, param string) any {
	switch d {
	case VLLM, LlamaCPP, LMStudio:
		return d.fault(http.StatusBadRequest, message, "")
	}
	return map[string]any{"error": map[string]any{"message": message, "type": "invalid_request_error", "param": param, "code": nil}}
}
