// Package llm is the room for model servers: one interface, a client for every
// server that speaks OpenAI's protocol (OpenAI, Ollama, vLLM, llama.cpp, LM
// Studio), and a built-in provider for when none is connected.
//
// Two promises hold for every provider. What has been emitted stands: an error
// after it never takes it back. And nothing is dialled but the host that the
// provider was given.
package llm

import (
	"context"
	"fmt"
	"time"
)

// A Role says who speaks in a conversation.
type Role string

// The roles that every server knows.
const (
	RoleSystem    Role = "system"    // instructions; they come first
	RoleUser      Role = "user"      // a person
	RoleAssistant Role = "assistant" // the model
)

// A Message is one turn of a conversation, as plain text or markdown.
type Message struct {
	Role    Role
	Content string
}

// A Request asks for the next message of a conversation. The caller keeps its
// size within the model's context; providers do not cut it.
type Request struct {
	Model       string    // an ID from Models; "" is the provider's default
	Messages    []Message // oldest first; the last one is what is answered
	MaxTokens   int       // the longest answer in tokens; 0 leaves it to the server
	Temperature *float64  // nil leaves it to the server
	Library     Library   // what the built-in provider may quote from; others ignore it; may be nil
}

// A Passage is a text that an answer may quote.
type Passage struct {
	Source string // whose it is, for people: "ann, 3 May 2026" or a file name
	Text   string
}

// A Library walks the texts that an answer may quote, newest first. It holds
// only what the asking person may read. An error of fn ends the walk and is
// returned. Passages may be called more than once, not concurrently.
type Library interface {
	Passages(ctx context.Context, fn func(Passage) error) error
}

// A Delta is the piece of an answer that has just arrived: always whole, valid
// UTF-8. At least one field is set.
type Delta struct {
	Text      string // of the answer
	Reasoning string // of what the model thinks before it

	// TextWasReasoning says that all text before this Delta was reasoning: the
	// model ended its reasoning with a tag and had not begun it with one.
	TextWasReasoning bool
}

// Usage counts tokens as the server did; zero means that it did not say.
type Usage struct {
	PromptTokens, CompletionTokens int
}

// A Result is how an answer ended.
type Result struct {
	Model        string // as the server names it, or as asked
	FinishReason string // "stop", "length", "content_filter", …; "" if the stream ended without saying
	Usage        Usage
	Late         string // an error of the server after the whole answer, for the log; it takes nothing back
}

// A Model is one that a provider offers.
type Model struct {
	ID            string // unique within its provider
	Provider      string // the provider's Name
	ContextTokens int    // prompt and answer together; 0 if unknown
	Default       bool   // what Request.Model "" means to its provider
}

// A Provider answers conversations. Its methods are safe for concurrent use and
// return an *Error, or nothing worse than the context's error wrapped in one.
type Provider interface {
	// Name returns the provider's name in settings and in Model.Provider.
	Name() string
	// Models lists what may be asked for, the default first if there is one.
	Models(ctx context.Context) ([]Model, error)
	// Stream asks, and calls emit on its own goroutine, in order, for all that
	// arrives; after an error what was emitted still stands, and the Result
	// holds what was known by then. Cancelling ctx closes the connection to the
	// server at once and ends Stream with an Error that wraps ctx.Err().
	Stream(ctx context.Context, r Request, emit func(Delta)) (Result, error)
}

// A Kind is the stable word for what went wrong with a model server.
type Kind string

// The kinds of Error.
const (
	KindUnavailable     Kind = "unavailable"      // cannot be reached, still loading, or no model server at all
	KindTimeout         Kind = "timeout"          // connected, then silent for too long
	KindInterrupted     Kind = "interrupted"      // ended in mid-answer; what came is kept
	KindRateLimited     Kind = "rate_limited"     // too many requests; RetryAfter says when, if the server did
	KindContextExceeded Kind = "context_exceeded" // the conversation is longer than the model's context
	KindUnknownModel    Kind = "unknown_model"    // the server does not have that model
	KindUnauthorized    Kind = "unauthorized"     // the server wants another API key
	KindBadRequest      Kind = "bad_request"      // the server refused the request itself
	KindServerError     Kind = "server_error"     // the server failed, or spoke what is no protocol
)

// An Error is what went wrong with a model server. Message is a sentence that a
// person understands and holds no secret; Err is for the log.
type Error struct {
	Kind       Kind
	Status     int // the HTTP status, 0 if there was none
	Message    string
	RetryAfter time.Duration // 0 if the server did not say
	Down       bool          // the server as a whole cannot be reached, not this question alone
	Err        error

	fault fault // what the server said; zero if it said nothing
}

// Error returns the kind, the status, the message and the cause, for logs.
func (e *Error) Error() string {
	s := "llm: " + string(e.Kind)
	if e.Status != 0 {
		s += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	s += ": " + e.Message
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.Err }

// BuiltinName is the Name of the built-in provider and the ID of its one model.
const BuiltinName = "builtin"
