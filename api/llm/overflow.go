package llm

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// overflowPhrases holds what servers say, in lower case, when a conversation is
// longer than the context of its model.
var overflowPhrases = []string{
	"context_length_exceeded",              // OpenAI, code
	"contextwindowexceeded",                // LiteLLM
	"context_window_exceeded",              // Anthropic and Zhipu, as a stop reason
	"tokens_limit_reached",                 // GitHub Models
	"maximum context length",               // OpenAI, vLLM: "This model's maximum context length is …"
	"longer than the maximum model length", // vLLM: "The decoder prompt (length 7064) is longer than …"
	"model's context length",               // vLLM, SGLang
	"max_model_len",                        // vLLM
	"exceed_context_size_error",            // llama.cpp, type
	"exceeds the available context size",   // llama.cpp
	"context size has been exceeded",       // llama.cpp and LM Studio's MLX, in mid-stream
	"exceeds context size",                 // llama.cpp
	"larger than the max context size",     // llama.cpp before 2026
	"trying to keep the first",             // LM Studio: "… tokens when context the overflows"
	"context length of only",               // LM Studio
	"reached context length of",            // LM Studio
	"n_ctx",                                // LM Studio: "(n_keep: 5012 >= n_ctx: 4096)"
	"max_seq_len",                          // TabbyAPI, exllama
	"exceeds the context length",           // Ollama: "the input length exceeds the context length"
	"exceeds the context window",
	"exceed context window", // llama-cpp-python
	"exceeds maximum context",
	"context window exceeded",
	"context length exceeded",
	"max context window",
	"max context length",
	"context overflow",
	"prompt is too long", // Anthropic
	"prompt too long",
	"prompt exceeds max length", // Zhipu, 1261
	"maximum prompt length",     // xAI
	"input is too long",         // Bedrock
	"`inputs` must have less than",
	"`inputs` tokens + `max_new_tokens`", // TGI, Together
	"input token count",                  // Gemini
	"range of input length should be",    // Alibaba
	"exceeded model token limit",         // Moonshot
	"maximum supported sequence length",  // SambaNova
	"request too large for",              // Groq and OpenAI: more than a minute's tokens in one request
	"request body too large for",         // GitHub Models
	"string_above_max_length",
}

var (
	// overflowRE is what unknown servers are likely to say.
	overflowRE = regexp.MustCompile(`\b(?:context|prompt|inputs?|messages|conversation|chat history|sequence|requested tokens?|token count|number of tokens|input tokens)\b` +
		`[^.;]{0,80}?\b(?:exceed(?:s|ed|ing)?|too (?:long|large|big|many)|(?:longer|larger|greater|more|bigger) than|overflow(?:s|ed|ing)?|surpass(?:es|ed)?|above the|over the|beyond the|does(?:n't| not) fit|must be (?:<=|less|fewer|at most))(?:\W|$)`)
	overflowWordRE = regexp.MustCompile(`\b(?:context|tokens?|length|window)\b`)
	tooManyRE      = regexp.MustCompile(`\btoo many (?:input |prompt )?tokens\b|\b(?:prompt|input)\b[^.;]{0,40}\btokens?\b[^.;]{0,40}\b(?:exceed|too large|too long|limit)`)
	reduceRE       = regexp.MustCompile(`\b(?:reduce|shorten)\b[^.;]{0,20}\b(?:length|size|messages|prompt|input|context)\b`)
	notOverflowRE  = regexp.MustCompile(`per[- ]?(?:second|minute|hour|day|month)|\b[tr]p[md]\b|rate.?limit|quota|credit|billing|balance|\bbytes?\b|\bimages?\b|batch size|timed? ?out|concurren|^max_(?:completion_)?tokens`)

	limitREs = []*regexp.Regexp{
		regexp.MustCompile(`\d \+ \d+ > (\d+)`),
		regexp.MustCompile(`\binputs. tokens \+ .max_new_tokens. must be <= (\d+)`),
		regexp.MustCompile(`(\d[\d,]*) (?:tokens? )?(?:maximum|max|limit)\b`),
		regexp.MustCompile(`\b(?:max(?:imum)?(?:[ _](?:model|context|prompt|input|sequence|seq|supported|allowed|number|token|tokens|size|length|len|window|of))*(?: allowed)?|context[ _](?:length|size|window|limit)|n_ctx|(?:token )?limit|cannot exceed|length should be|input length should be \[1,)` +
			`[\s:=(\[]*(?:(?:is|of|to|only|just|at most|size|1,)[\s:=(]*)*(\d[\d,]*)(k\b)?`),
		regexp.MustCompile(`\b(?:longer|larger|greater|more|bigger) than (?:the )?(?:\w+ ){0,4}\(?(\d[\d,]*)`),
		regexp.MustCompile(`must (?:be|have) (?:<=|at most|less than|fewer than) (\d[\d,]*)`),
		regexp.MustCompile(`exceed(?:s|ed|ing)? (?:the )?(?:\w+ ){0,4}(?:of |\()(\d[\d,]*)`),
	}
	promptREs = []*regexp.Regexp{
		regexp.MustCompile(`(\d[\d,]*) (?:tokens? )?(?:in|from|of) (?:the |your )?(?:messages|prompt|input|text input)`),
		regexp.MustCompile(`(\d[\d,]*) (?:input|prompt) tokens`),
		regexp.MustCompile(`(\d[\d,]*) .inputs. tokens`),
		regexp.MustCompile(`prompt (?:is|has|contains) (\d[\d,]*) tokens`),
	}
)

// overflows reports whether a fault says that the conversation is longer than
// the context of its model.
func (f fault) overflows(status int) bool {
	about := strings.ToLower(f.message + f.words)
	if strings.Contains(about, "request too large for") {
		return true // also with 429: it never fits
	}
	if status == http.StatusTooManyRequests {
		return false
	}
	if f.mentions(overflowPhrases) {
		return true
	}
	if notOverflowRE.MatchString(strings.TrimSpace(about)) {
		return false
	}
	return overflowRE.MatchString(about) && overflowWordRE.MatchString(about) || tooManyRE.MatchString(about) || reduceRE.MatchString(about)
}

// Limits outside these bounds are not contexts of models.
const (
	minContext = 256
	maxContext = 100_000_000
)

// contextLimit returns the length of the context that the fault tells, in
// tokens, 0 if it tells none.
func (f fault) contextLimit() int {
	if f.limit >= minContext && f.limit <= maxContext {
		return f.limit
	}
	about := strings.ToLower(f.message)
	if strings.Contains(about, "per minute") || strings.Contains(about, "tpm") {
		return 0
	}
	for _, re := range limitREs {
		if n := firstNumber(re, about); n >= minContext && n <= maxContext {
			return n
		}
	}
	return 0
}

// promptTokens returns how many tokens of the context the prompt takes, as the
// fault tells, 0 if it does not.
func (f fault) promptTokens() int {
	about := strings.ToLower(f.message)
	for _, re := range promptREs {
		if n := firstNumber(re, about); n > 0 {
			return n
		}
	}
	return 0
}

// firstNumber returns the number that the first group of re matches in s, in
// thousands where a second group matches.
func firstNumber(re *regexp.Regexp, s string) int {
	m := re.FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
	if err != nil {
		return 0
	}
	if len(m) > 2 && m[2] != "" {
		n *= 1000
	}
	return n
}

// LearnedContext returns the context of a model, in tokens, as its server told
// when a conversation did not fit, 0 if it never did.
func (o *OpenAI) LearnedContext(model string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.learned[model]
}

// learn remembers the context of a model that an error tells.
func (o *OpenAI) learn(model string, e *Error) {
	n := e.fault.contextLimit()
	if e.Kind != KindContextExceeded || n == 0 || model == "" {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, known := o.learned[model]; known || len(o.learned) < maxModels {
		o.learned[model] = n
	}
}
