package llm

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A refusal is what a server does not accept in requests to one model. The zero
// value leaves nothing out.
type refusal struct {
	system           bool // the system role: instructions go into the first user message
	stream           bool // answers come whole
	usage            bool // stream_options
	temperature      bool
	maxTokens        bool // under either name
	completionTokens bool // max_tokens is called max_completion_tokens
	maxTokensLimit   int  // the largest max_tokens that is accepted; 0: unknown
}

// refusalTTL is how long a refusal is remembered: a model may be replaced by
// another under the same name.
const refusalTTL = time.Hour

// maxRefusals bounds how many models are remembered.
const maxRefusals = 1000

// refusals remembers what a server refuses, by model, until refusalTTL has
// passed or the process ends. It is safe for concurrent use.
type refusals struct {
	mu    sync.Mutex
	known map[string]dated
}

type dated struct {
	refusal
	at time.Time
}

func (r *refusals) get(model string, now time.Time) refusal {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.known[model]; now.Sub(d.at) < refusalTTL {
		return d.refusal
	}
	return refusal{}
}

func (r *refusals) put(model string, known refusal, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.known) >= maxRefusals || r.known == nil {
		r.known = map[string]dated{}
	}
	r.known[model] = dated{known, now}
}

// request returns r as the server accepts it, as far as k is known.
func (k refusal) request(r Request) (question, []Message) {
	q := question{Model: r.Model, Stream: !k.stream, Temperature: r.Temperature}
	if !k.stream && !k.usage {
		q.StreamOptions = &streaming{IncludeUsage: true}
	}
	if k.temperature {
		q.Temperature = nil
	}
	limit := max(r.MaxTokens, 0)
	if k.maxTokensLimit > 0 {
		limit = min(limit, k.maxTokensLimit)
	}
	switch {
	case k.maxTokens:
	case k.completionTokens:
		q.MaxCompletionTokens = limit
	default:
		q.MaxTokens = limit
	}
	if k.system {
		return q, withoutSystem(r.Messages)
	}
	return q, r.Messages
}

var (
	streamRE     = regexp.MustCompile(`["'\x60]stream["'\x60]|stream(?:ing)? (?:is |mode is )?(?:not|un)`)
	maxTokensRE  = regexp.MustCompile(`max_(?:new_|completion_|output_)?tokens|maxtokens|maxoutputtokens`)
	completionRE = regexp.MustCompile(`max_(?:new_|completion_|output_)?tokens|completion|output tokens|output\)|generation length|tokens to generate`)
	wholeNumber  = regexp.MustCompile(`\d+`)
	systemRE     = regexp.MustCompile(`\bsystem\b`)
	roleRE       = regexp.MustCompile(`\broles?\b|support|jinja|template|instruct|prompt|message|allow|permit|invalid|unexpected|enum|input should be`)
	otherRolesRE = regexp.MustCompile(`only user(?:,| and)? ?assistant|only user and assistant|roles must alternate|first message must be|user['"\x60]?(?:,| or| and) ['"\x60]?assistant|developer instruction|jinja|chat template|templateerror`)
)

// after returns what to leave out of r when the server has answered it with e,
// and whether that leaves something to try. Each call leaves out more, so a
// server that refuses everything is asked a few times at most.
func (k refusal) after(e *Error, r *Request) (refusal, bool) {
	if !refusesRequest(e.Status) {
		return k, false
	}
	about := strings.ToLower(e.fault.message + " " + e.fault.words + " " + e.fault.params)
	asked, messages := k.request(*r)
	limited := asked.MaxTokens > 0 || asked.MaxCompletionTokens > 0
	switch {
	case limited && shrink(e.fault, r):
	case asked.StreamOptions != nil && refusesUsage(about):
		k.usage = true
	case asked.MaxTokens > 0 && wantsCompletionTokens(about, asked.MaxTokens):
		k.completionTokens = true
	case limited && e.Kind == KindContextExceeded && completionRE.MatchString(about):
		r.MaxTokens = 0 // the server counts the longest answer as part of the context
	case limited && e.Kind != KindContextExceeded && maxTokensRE.MatchString(about):
		k = k.limit(about, max(asked.MaxTokens, asked.MaxCompletionTokens))
	case asked.Temperature != nil && strings.Contains(about, "temperature"):
		k.temperature = true
	case asked.Stream && streamRE.MatchString(about):
		k.stream = true
	case e.Kind != KindContextExceeded && messages[0].Role == RoleSystem && refusesSystem(about):
		k.system = true
	default:
		return k, false
	}
	return k, true
}

// refusesRequest reports whether a status may say that the request itself is wrong,
// 0 in a stream.
func refusesRequest(status int) bool {
	switch status {
	case 0, http.StatusOK, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError, http.StatusNotImplemented,
		http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge:
		return true
	}
	return false
}

// refusesUsage reports whether an error, in lower case, speaks of the option that asks
// for the usage in a stream.
func refusesUsage(about string) bool {
	return strings.Contains(about, "stream_options") || strings.Contains(about, "include_usage")
}

// wantsCompletionTokens reports whether an error, in lower case, asks for
// max_completion_tokens in place of max_tokens, which was asked. OpenAI's reasoning
// models say: "Unsupported parameter: 'max_tokens' … Use 'max_completion_tokens'
// instead" (teilomillet/gollm#33).
func wantsCompletionTokens(about string, asked int) bool {
	return strings.Contains(about, "max_completion_tokens") && !limitsAnswer(about, asked)
}

// refusesSystem reports whether an error, in lower case, may come from a model
// that has no system role.
func refusesSystem(about string) bool {
	return systemRE.MatchString(about) && roleRE.MatchString(about) || otherRolesRE.MatchString(about)
}

// limit lowers the limit of the answer to what the error allows, or leaves it
// out where the error names no number that is lower than asked.
func (k refusal) limit(about string, asked int) refusal {
	if n := largestBelow(about, asked); n > 0 {
		k.maxTokensLimit = n
	} else {
		k.maxTokens = true
	}
	return k
}

// limitsAnswer reports whether an error speaks of the value of max_tokens.
func limitsAnswer(about string, asked int) bool {
	return strings.Contains(about, strconv.Itoa(asked)) && largestBelow(about, asked) > 0
}

// leastAnswer is the smallest limit worth asking for: a smaller number in an
// error is part of something else, such as a model's name.
const leastAnswer = 64

// largestBelow returns the largest number in an error that is smaller than n,
// 0 if there is none of at least leastAnswer.
func largestBelow(about string, n int) int {
	best := 0
	for _, s := range wholeNumber.FindAllString(about, -1) {
		if v, err := strconv.Atoi(s); err == nil && v < n && v >= leastAnswer {
			best = max(best, v)
		}
	}
	return best
}

// shrink lowers the limit of the answer to what the prompt leaves of the
// context, where the error tells both.
func shrink(f fault, r *Request) bool {
	limit, prompt := f.contextLimit(), f.promptTokens()
	room := limit - prompt
	if limit == 0 || prompt == 0 || room < leastAnswer || room >= r.MaxTokens {
		return false
	}
	r.MaxTokens = room
	return true
}
