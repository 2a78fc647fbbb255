package llm

import "bytes"

// A chunk is what one JSON object of a chat completion says, streamed or whole.
// Slices are valid until the next decode. Text is WTF-8; see scanner.
type chunk struct {
	text      []byte // choices[0].delta.content
	whole     []byte // choices[0].message.content, where there is no delta
	reasoning []byte // delta.reasoning_content, or under one of its other names
	model     []byte
	finish    []byte // choices[0].finish_reason
	usage     Usage
	fault     []byte // the JSON of an error, nil if there is none

	choices bool   // the object has choices, so a "message" beside them is no error
	alt     []byte // delta.reasoning
	other   []byte // delta.thinking or delta.reasoning_details
	delta   bool   // the choice has a delta
	bare    bool   // the message of an error, or its code, at the top
	content bool   // the last speech had a content
	kind    []byte // what the object is, by its own account
}

// decode reads one object. The shapes, and who sends them:
//
//   - OpenAI: the role in a first delta with content "", then content alone;
//     usage in a last chunk with empty choices, null in the others
//     (platform.openai.com/docs/api-reference/chat-streaming).
//   - Ollama 0.17: the role in every delta; usage as OpenAI
//     (testdata/ollama/stream-usage.http).
//   - vLLM: usage in every chunk with continuous_usage_stats
//     (vllm-project/vllm#6652); reasoning_content, later reasoning
//     (BerriAI/litellm#20246); an error as {"error": {…}} or, older,
//     {"object": "error", "message": …}.
//   - llama.cpp: content null in the first delta, none in the last
//     (ggml-org/llama.cpp#14268); timings; an error as {"error": {…}}.
//   - LM Studio: an error as event "error" with {"error": {…}, "message": …}
//     (nugget/thane-ai-agent#1395).
//   - OpenRouter: reasoning; an error beside choices whose finish_reason is
//     "error" (openrouter.ai/docs/api-reference/streaming).
//   - Venice: {"error_type": …, "error_message": …} (NousResearch/hermes-agent#68451).
//   - OpenRouter, in reasoning_details: parts with text or a summary.
//   - Mistral: content as a list of parts, text and thinking.
//   - Zhipu, Baidu, MiniMax: errors as {"code", "msg", "success": false},
//     {"error_code", "error_msg"}, {"base_resp": {"status_code", "status_msg"}}.
//   - Ollama's own routes: {"message": {"content"}, "done": true, "done_reason"}.
//   - Old completions: choices[0].text.
func (c *chunk) decode(data []byte) error {
	*c = chunk{
		text: c.text[:0], whole: c.whole[:0], reasoning: c.reasoning[:0], finish: c.finish[:0],
		model: c.model[:0], alt: c.alt[:0], other: c.other[:0], kind: c.kind[:0],
	}
	s := scanner{b: data}
	if err := s.object(func(key []byte) error { return c.top(&s, key) }); err != nil {
		return err
	}
	if s.peek() != 0 || s.i < len(data) {
		return errSyntax
	}
	isWord := len(c.fault) > 0 && c.fault[0] == '"' // such as "Bad Request", beside the message
	if c.bare && !c.choices && (isWord || c.fault == nil && !isProgress(string(c.kind))) {
		c.fault = data
	}
	switch { // several at once say the same
	case len(c.reasoning) > 0:
	case len(c.alt) > 0:
		c.reasoning, c.alt = c.alt, c.reasoning
	default:
		c.reasoning, c.other = c.other, c.reasoning
	}
	return nil
}

func (c *chunk) top(s *scanner, key []byte) (err error) {
	switch string(key) {
	case "choices":
		if s.null() {
			return nil
		}
		c.choices = true
		c.text, c.whole, c.reasoning, c.alt, c.other, c.finish = c.text[:0], c.whole[:0], c.reasoning[:0], c.alt[:0], c.other[:0], c.finish[:0]
		return s.array(func() error { return c.choice(s) })
	case "model":
		c.model, err = text(s, c.model[:0])
		return err
	case "usage":
		return c.readUsage(s)
	case "error":
		return c.readFault(s)
	case "type", "object", "event":
		c.kind, err = text(s, c.kind)
		return err
	case "done": // of Ollama's own routes
		if c.choices && s.word("true") {
			c.finish = append(c.finish[:0], "stop"...)
			return nil
		}
	case "done_reason":
		c.finish, err = text(s, c.finish[:0])
		return err
	case "message":
		if s.peek() == '{' {
			return c.native(s)
		}
		c.bare = true
	default:
		return c.bareFault(s, string(key))
	}
	return s.skip()
}

// readFault keeps the JSON of an error, if it is one.
func (c *chunk) readFault(s *scanner) error {
	raw, err := s.raw()
	switch string(raw) {
	case "null", `""`, "false", "{}", "[]":
	default:
		c.fault = raw
	}
	return err
}

// native reads the message of Ollama's own routes, which is no error.
func (c *chunk) native(s *scanner) error {
	c.content = false
	err := c.speech(s, &c.text)
	if c.content {
		c.choices, c.delta = true, true
	} else {
		c.bare = true
	}
	return err
}

// bareFault reads a field that is there only where the whole object is an error.
func (c *chunk) bareFault(s *scanner, key string) error {
	raw, err := s.raw()
	switch string(raw) {
	case "null", `""`, "[]", "{}":
		return err
	}
	switch key {
	case "detail", "error_message", "errorMessage", "error_msg", "errorMsg", "errmsg", "err_msg", "msg", "Message", "error_description", "errors", "error_code":
		c.bare = true
	case "success":
		c.bare = c.bare || string(raw) == "false"
	case "status":
		c.bare = c.bare || string(raw) == `"error"` || string(raw) == `"failed"` || string(raw) == `"fail"`
	case "base_resp":
		if f := readFault(raw); !bytes.Contains(raw, []byte(`"status_code":0`)) && f.message != "" && f.message != "success" {
			c.fault = raw
		}
	}
	return err
}

// choice takes the choice with index 0 alone; the index may come after the text.
func (c *chunk) choice(s *scanner) error {
	if s.null() {
		return nil
	}
	first := true
	marks := [...]int{len(c.text), len(c.whole), len(c.reasoning), len(c.alt), len(c.finish), len(c.other)}
	err := s.object(func(key []byte) (err error) {
		switch string(key) {
		case "index":
			if s.peek() != '-' && (s.peek() < '0' || s.peek() > '9') {
				return s.skip()
			}
			n, err := s.number()
			first = n == 0
			return err
		case "delta":
			c.delta = true
			return c.speech(s, &c.text)
		case "message":
			return c.speech(s, &c.whole)
		case "text":
			c.delta = true
			c.text, err = text(s, c.text)
			return err
		case "error":
			return c.readFault(s)
		case "finish_reason":
			c.finish, err = text(s, c.finish)
			return err
		}
		return s.skip()
	})
	if !first {
		c.text, c.whole, c.reasoning = c.text[:marks[0]], c.whole[:marks[1]], c.reasoning[:marks[2]]
		c.alt, c.finish, c.other = c.alt[:marks[3]], c.finish[:marks[4]], c.other[:marks[5]]
	}
	return err
}

// speech reads a delta or a message.
func (c *chunk) speech(s *scanner, into *[]byte) error {
	if s.peek() != '{' {
		return s.skip()
	}
	return s.object(func(key []byte) (err error) {
		switch string(key) {
		case "content":
			c.content = true
			if s.peek() == '[' {
				return s.array(func() error { return c.part(s, into) })
			}
			*into, err = text(s, *into)
		case "refusal": // OpenAI's text instead of content
			*into, err = text(s, *into)
		case "reasoning_content":
			c.reasoning, err = text(s, c.reasoning)
		case "reasoning":
			c.alt, err = text(s, c.alt)
		case "thinking", "reasoning_text", "thought":
			c.other, err = text(s, c.other)
		case "reasoning_details":
			if s.peek() == '[' && len(c.other) == 0 {
				return s.array(func() error { return c.part(s, &c.other) })
			}
			err = s.skip()
		default:
			err = s.skip()
		}
		return err
	})
}

// part reads one part of a content that is a list.
func (c *chunk) part(s *scanner, into *[]byte) error {
	if s.peek() != '{' {
		return s.skip()
	}
	return s.object(func(key []byte) (err error) {
		switch string(key) {
		case "text", "summary":
			*into, err = text(s, *into)
			return err
		case "thinking":
			if s.peek() == '[' {
				return s.array(func() error { return c.part(s, &c.reasoning) })
			}
			c.reasoning, err = text(s, c.reasoning)
			return err
		}
		return s.skip()
	})
}

func (c *chunk) readUsage(s *scanner) error {
	if s.peek() != '{' {
		return s.skip()
	}
	return s.object(func(key []byte) (err error) {
		switch {
		case s.peek() != '-' && (s.peek() < '0' || s.peek() > '9'):
			return s.skip()
		case bytes.Equal(key, []byte("prompt_tokens")), bytes.Equal(key, []byte("input_tokens")):
			c.usage.PromptTokens, err = s.count()
		case bytes.Equal(key, []byte("completion_tokens")), bytes.Equal(key, []byte("output_tokens")):
			c.usage.CompletionTokens, err = s.count()
		default:
			err = s.skip()
		}
		return err
	})
}

// count reads a number that cannot be below zero.
func (s *scanner) count() (int, error) {
	n, err := s.number()
	return max(n, 0), err
}

// text appends a string to dst; null and anything else is no text.
func text(s *scanner, dst []byte) ([]byte, error) {
	if s.peek() != '"' {
		return dst, s.skip()
	}
	return s.str(dst)
}
