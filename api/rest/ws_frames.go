package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// A frameKind is one line of the table of what a client may send, as route is of
// the requests: whom api lets do it, what it counts as, what it looks like.
type frameKind struct {
	name   string
	access access
	limit  class
	quiet  bool // acknowledged only if it has a request_id

	summary string
	in      reflect.Type // of its fields

	form    *form
	prepare func(*frameKind, *book)
	do      func(ctx context.Context, s *socket, text []byte) (made any, err error)
}

// complete prepares the line and panics where it says too little.
func (f *frameKind) complete(b *book) {
	if f.access == "" || f.limit == unclassed || f.limit == unlimited || f.name == "" || f.summary == "" {
		panic(fmt.Sprintf("rest: frame %q has no access rule, no limit or no summary", f.name))
	}
	f.prepare(f, b)
}

// scope is what an API key needs for the frame: what counts as a read only hears.
func (f *frameKind) scope() api.Scope {
	if f.limit == beatClass || f.limit == readClass {
		return api.ScopeRead
	}
	return api.ScopeWrite
}

// silent has the frame acknowledged only if it has a request_id.
func (f *frameKind) silent() *frameKind { f.quiet = true; return f }

// on makes the line of a frame whose fields are In's. What do returns goes into
// the ack.
func on[In any](name string, rule access, of class, do func(context.Context, *socket, In) (made any, err error)) *frameKind {
	f := &frameKind{name: name, access: rule, limit: of, summary: frameSummaries[name], in: reflect.TypeFor[In]()}
	f.prepare = func(f *frameKind, b *book) { f.form = b.forms.of(b.body(reflect.TypeFor[In]())) }
	f.do = func(ctx context.Context, s *socket, text []byte) (any, error) {
		if wrong := test(text, f.form, "frame"); len(wrong) > 0 {
			return nil, invalid(wrong)
		}
		var in In
		if err := json.Unmarshal(text, &in); err != nil {
			return nil, &store.Error{Code: store.CodeInvalid, Message: "the frame cannot be read", Err: err}
		}
		return do(ctx, s, in)
	}
	return f
}

// frameSummaries say what each frame does, for the document.
var frameSummaries = map[string]string{
	"heartbeat":        "A sign of life; answered with heartbeat_ack",
	"subscribe":        "Hear what happens in a thread; answered with subscribed",
	"unsubscribe":      "Hear no more of it",
	"send_message":     "Ask a question; the ack has the message, and the answer comes in stream_chunk",
	"edit_message":     "Edit a message of one's own, keeping its earlier versions",
	"delete_message":   "Empty a message for good; its row stays",
	"regenerate":       "Have a question answered once more, beside the answers there are",
	"stop_generation":  "Stop the answer that is being written, keeping what it has",
	"typing_indicator": "Tell the others in a thread that one types, or has stopped",
}

// frameTable is all that a client may send. A verb of api asks access.go itself.
func frameTable() []*frameKind {
	return []*frameKind{
		on("heartbeat", signedIn, beatClass, func(_ context.Context, s *socket, _ bareFrame) (any, error) {
			s.send(struct {
				Type string     `json:"type"`
				Now  store.Time `json:"timestamp"`
			}{"heartbeat_ack", store.TimeOf(time.Now())})
			return nil, nil
		}).silent(),
		on("subscribe", threadReader, readClass, func(ctx context.Context, s *socket, in threadFrame) (any, error) {
			return nil, s.subscribe(ctx, in.ThreadID)
		}).silent(),
		on("unsubscribe", signedIn, readClass, func(_ context.Context, s *socket, in threadFrame) (any, error) {
			s.out.Unsubscribe(hub.ThreadTopic(in.ThreadID.String()))
			return nil, nil
		}),
		on("send_message", threadWriter, messageClass, func(ctx context.Context, s *socket, in sendFrame) (any, error) {
			sent, err := s.api.SendMessage(ctx, s.who, api.SendMessageInput{
				ThreadID: in.ThreadID, Content: in.Content, AttachmentIDs: in.AttachmentIDs, Model: in.Model, ClientID: in.ClientID,
			})
			if err != nil {
				return nil, err
			}
			return sent.Message, nil
		}),
		on("edit_message", author, messageClass, func(ctx context.Context, s *socket, in editFrame) (any, error) {
			return orNil(s.api.UpdateMessage(ctx, s.who, api.UpdateMessageInput{ID: in.MessageID, Content: in.Content, Regenerate: in.Regenerate}))
		}),
		on("delete_message", authorOrOwner, writeClass, func(ctx context.Context, s *socket, in messageFrame) (any, error) {
			_, err := s.api.DeleteMessage(ctx, s.who, api.IDInput{ID: in.MessageID})
			return nil, err
		}),
		on("regenerate", authorOrOwner, messageClass, func(ctx context.Context, s *socket, in regenerateFrame) (any, error) {
			return orNil(s.api.Regenerate(ctx, s.who, api.RegenerateInput{ID: in.MessageID, Model: in.Options.Model, Temperature: in.Options.Temperature}))
		}),
		on("stop_generation", threadWriter, writeClass, func(ctx context.Context, s *socket, in threadFrame) (any, error) {
			_, err := s.api.StopGeneration(ctx, s.who, api.IDInput{ID: in.ThreadID})
			return nil, err
		}),
		on("typing_indicator", threadReader, writeClass, func(ctx context.Context, s *socket, in typingFrame) (any, error) {
			_, err := s.api.Typing(ctx, s.who, api.TypingInput{ThreadID: in.ThreadID, IsTyping: in.IsTyping})
			return nil, err
		}).silent(),
	}
}

// orNil keeps a nil message from becoming an any that is not nil.
func orNil(m *store.Message, err error) (any, error) {
	if err != nil || m == nil {
		return nil, err
	}
	return m, nil
}

// The fields of the frames. What a text may be like is the verb's to say, for
// its errors have codes of their own.
type (
	bareFrame   struct{ head }
	threadFrame struct {
		head
		ThreadID store.ID `json:"thread_id"`
	}
	messageFrame struct {
		head
		MessageID store.ID `json:"message_id"`
	}
	sendFrame struct {
		head
		ThreadID      store.ID   `json:"thread_id"`
		Content       string     `json:"content"`
		AttachmentIDs []store.ID `json:"attachment_ids,omitempty" maxItems:"20"`
		Model         string     `json:"model,omitempty" maxLength:"200"`
		ClientID      store.ID   `json:"client_id,omitempty"`
	}
	editFrame struct {
		head
		MessageID  store.ID `json:"message_id"`
		Content    string   `json:"content"`
		Regenerate *bool    `json:"regenerate,omitempty"`
	}
	regenerateFrame struct {
		head
		MessageID store.ID          `json:"message_id"`
		Options   regenerateOptions `json:"options,omitempty"`
	}
	regenerateOptions struct {
		Model       string   `json:"model,omitempty" maxLength:"200"`
		Temperature *float64 `json:"temperature,omitempty" minimum:"0" maximum:"2"`
	}
	typingFrame struct {
		head
		ThreadID store.ID `json:"thread_id"`
		IsTyping bool     `json:"is_typing"`
	}
)

// subscribe lets the client hear a thread, if it may read it.
func (s *socket) subscribe(ctx context.Context, thread store.ID) error {
	if err := s.api.CheckThreadRead(ctx, s.who, thread); err != nil {
		return err
	}
	topic := hub.ThreadTopic(thread.String())
	if topics := s.out.Topics(); len(topics) > maxThreads && !slices.Contains(topics, topic) {
		return &store.Error{
			Code: store.CodeRateLimited, RetryAfter: time.Second,
			Message: fmt.Sprintf("a socket hears at most %d threads: unsubscribe from one first", maxThreads),
		}
	}
	s.out.Subscribe(topic)
	// Once more: who lost the right between the check and the subscription was
	// not yet there to be taken from the topic.
	if err := s.api.CheckThreadRead(ctx, s.who, thread); err != nil {
		s.out.Unsubscribe(topic)
		return err
	}
	s.api.ShowPresence(s.out, thread)
	return nil
}
