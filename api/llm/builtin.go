package llm

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// A Builtin answers without any language model: it looks up the passages of
// Request.Library that fit the last question, quotes them word for word, and
// says first and plainly that it is no model and how to connect one. The same
// request always has the same answer. It is safe for concurrent use.
type Builtin struct {
	// Pace is the time between two words, so that the page shows an answer
	// grow as any other. 0 hands them out as fast as they are taken.
	Pace time.Duration
}

// NewBuiltin returns the built-in provider, with a pace for people.
func NewBuiltin() *Builtin { return &Builtin{Pace: 15 * time.Millisecond} }

// Name returns "builtin".
func (b *Builtin) Name() string { return BuiltinName }

// Models returns the one there is. Its context is larger than any conversation:
// it reads the whole library, whatever its size, and nothing else.
func (b *Builtin) Models(context.Context) ([]Model, error) {
	return []Model{{ID: BuiltinName, Provider: BuiltinName, ContextTokens: 1 << 20, Default: true}}, nil
}

// Stream looks up and quotes. It walks the library twice, in time linear in its
// size and in memory that does not depend on it.
func (b *Builtin) Stream(ctx context.Context, r Request, emit func(Delta)) (Result, error) {
	result := Result{Model: BuiltinName}
	question := ""
	for _, m := range r.Messages {
		if m.Role == RoleUser {
			question = m.Content
		}
	}
	text, err := answerTo(ctx, question, r.Library)
	switch {
	case ctx.Err() != nil:
		return result, stopped(ctx)
	case err != nil:
		return result, &Error{Kind: KindServerError, Message: "The texts of this project could not be read.", Err: err}
	}
	return b.say(ctx, result, text, r.MaxTokens, emit)
}

// say hands out text word by word.
func (b *Builtin) say(ctx context.Context, result Result, text string, maxTokens int, emit func(Delta)) (Result, error) {
	tick := make(<-chan time.Time)
	if b.Pace > 0 {
		t := time.NewTicker(b.Pace)
		defer t.Stop()
		tick = t.C
	}
	used := 0
	for _, word := range inWords(text) {
		if maxTokens > 0 {
			if used += CountTokens(word); used > maxTokens {
				result.FinishReason = "length"
				return result, nil
			}
		}
		if b.Pace > 0 {
			select {
			case <-tick:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return result, stopped(ctx)
		}
		emit(Delta{Text: word})
	}
	result.FinishReason = "stop"
	return result, nil
}

func stopped(ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Error{Kind: KindTimeout, Message: "The answer took longer than it may.", Err: ctx.Err()}
	}
	return &Error{Kind: KindInterrupted, Message: "The answer was stopped.", Err: ctx.Err()}
}

// inWords cuts text behind white space, and where there is none, as in Chinese,
// every twelve characters.
func inWords(s string) (words []string) {
	const longest = 12
	for start, n := 0, 0; start < len(s); {
		i := start
		for n = 0; i < len(s) && n < longest && !space(s[i]); n++ {
			_, size := utf8.DecodeRuneInString(s[i:])
			i += size
		}
		for i < len(s) && space(s[i]) {
			i++
		}
		words = append(words, s[start:i])
		start = i
	}
	return words
}

func space(c byte) bool { return strings.IndexByte(" \t\r\n", c) >= 0 }
