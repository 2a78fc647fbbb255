package llm

import "bytes"

// A chunk is what one JSON object of a chat completion says, streamed or whole.
// Slices are valid until the next decode. Text is WTF-8; see scanner.
type chunk struct {
	text      []byte // choices[0].delta.content
	whole     []byte // choices[0].message.content, where there is no delta
	reasoning []byte // delta.reasoning_content or delta.reasoning
	model     []byte
	finish    []byte // choices[0].finish_reason
	usage     Usage
	fault     []byte // the JSON of an error, nil if there is none

	choices bool   // the object has choices, so a "message" beside them is no error
	alt     []byte // reasoning under its other name
	delta   bool   // the choice has a delta
	bare    bool   // a "message", "detail" or "error_message" at the top
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
//   - Mistral: content as a list of parts, text and thinking.
func (c *chunk) decode(data []byte) error {
	*c = chunk{
		text: c.text[:0], whole: c.whole[:0], reasoning: c.reasoning[:0], finish: c.finish[:0],
		model: c.model[:0], alt: c.alt[:0],
	}
	s := scanner{b: data}
	if err := s.object(func(key []byte) error { return c.top(&s, key) }); err != nil {
		return err
	}
	if s.peek() != 0 || s.i < len(data) {
		return errSyntax
	}
	if c.fault == nil && c.bare && !c.choices {
		c.fault = data
	}
	if len(c.reasoning) == 0 { // both at once say the same
		c.reasoning, c.alt = c.alt, c.reasoning
	}
	return nil
}

func (c *chunk) top(s *scanner, key []byte) (err error) {
	switch string(key) {
	case "choices":
		c.choices = true
		if s.null() {
			return nil
		}
		c.text, c.whole, c.reasoning, c.alt, c.finish = c.text[:0], c.whole[:0], c.reasoning[:0], c.alt[:0], c.finish[:0]
		return s.array(func() error { return c.choice(s) })
	case "model":
		c.model, err = text(s, c.model[:0])
		return err
	case "usage":
		return c.readUsage(s)
	case "error":
		raw, err := s.raw()
		switch string(raw) {
		case "null", `""`, "false", "{}":
		default:
			c.fault = raw
		}
		return err
	case "message", "detail", "error_message":
		c.bare = true
	}
	return s.skip()
}

// choice takes the choice with index 0 alone; the index may come after the text.
func (c *chunk) choice(s *scanner) error {
	if s.null() {
		return nil
	}
	first := true
	marks := [...]int{len(c.text), len(c.whole), len(c.reasoning), len(c.alt), len(c.finish)}
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
		case "finish_reason":
			c.finish, err = text(s, c.finish)
			return err
		}
		return s.skip()
	})
	if !first {
		c.text, c.whole, c.reasoning = c.text[:marks[0]], c.whole[:marks[1]], c.reasoning[:marks[2]]
		c.alt, c.finish = c.alt[:marks[3]], c.finish[:marks[4]]
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
		case "text":
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
		case bytes.Equal(key, []byte("prompt_tokens")):
			c.usage.PromptTokens, err = s.count()
		case bytes.Equal(key, []byte("completion_tokens")):
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
