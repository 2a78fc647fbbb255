package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

const (
	frameTimeout = 30 * time.Second // of a verb
	maxRequestID = 200              // bytes, as written
	maxThreads   = 200              // subscribed by one socket
	maxRefused   = 1000             // frames in a row over the limit, then 4429
)

// greet tells the client who it is and lets it hear what concerns it.
func (s *socket) greet() {
	if s.surplus {
		s.out.Kick(hub.CodeTooMany, "too many open sockets")
		return
	}
	ctx, cancel := s.context()
	defer cancel()
	// Once more: a session that ended since the request was looked at could not
	// reach a connection that the hub did not know.
	_, err := s.api.Authenticate(ctx, s.credential)
	if s.credential = (api.Credential{}); err != nil {
		s.goodbye(err)
		return
	}
	user, err := s.api.Me(ctx, s.who, api.Nothing{})
	if err != nil {
		s.goodbye(err)
		return
	}
	s.send(struct {
		Type     string        `json:"type"`
		ID       string        `json:"connection_id"`
		Version  string        `json:"protocol_version"`
		Interval float64       `json:"heartbeat_interval"`
		User     *api.UserView `json:"user"`
	}{"connection_established", s.id, "1.0", s.pace.Interval.Seconds(), user})
	s.out.Subscribe(hub.UserTopic(s.who.UserID.String()))
	if s.hub.Leaving() { // who came before that has been told
		s.out.Send(GoingAway())
	}
	if !s.thread.IsZero() {
		if err := s.subscribe(ctx, s.thread); err != nil {
			s.refuse(head{}, err)
		}
	}
}

func (s *socket) goodbye(err error) {
	if store.CodeOf(err) == store.CodeUnauthorized {
		s.out.Kick(closeSignedOut, "signed out")
		return
	}
	s.log.Error("a socket could not be opened", "request_id", s.id, "err", err)
	s.out.Kick(closeTryLater, "try again later")
}

// context is a verb's: it ends by time, or with the server.
func (s *socket) context() (context.Context, context.CancelFunc) {
	return context.WithTimeout(withRequestID(s.life, s.id), frameTimeout)
}

func (s *socket) send(frame any) {
	b, err := json.Marshal(frame)
	if err != nil {
		s.log.Error("a frame cannot be encoded", "request_id", s.id, "err", err)
		return
	}
	s.out.Send(b)
}

// A head is what every frame of a client has. Its request_id is echoed as it was
// written, a string or a number.
type head struct {
	Type      string          `json:"type"`
	RequestID json.RawMessage `json:"request_id,omitempty"`
	MessageID string          `json:"-"` // of the message that it is about, for the error
}

// receive answers one text frame.
func (s *socket) receive(text []byte) {
	h, err := readHead(text)
	if bad, ok := errors.AsType[badFrameError](err); ok {
		s.out.Kick(closeBadFrame, string(bad))
		return
	}
	ctx, cancel := s.context()
	defer cancel()
	made, err := s.answer(ctx, h, err, text)
	switch {
	case err != nil:
		s.refuse(h, err)
	case made != nil || h.RequestID != nil || !s.frames[h.Type].quiet:
		s.send(struct {
			Type      string          `json:"type"`
			RequestID json.RawMessage `json:"request_id,omitempty"`
			Message   any             `json:"message,omitempty"`
		}{"ack", h.RequestID, made})
	}
}

// refuse answers a frame with an error.
func (s *socket) refuse(h head, err error) {
	f := s.errorFrame(h, err)
	s.metrics.refused.WithLabelValues(f.Code).Inc()
	s.send(f)
}

// answer counts the frame, tests it and runs its verb, which says whether the
// caller may: the one way that every frame goes.
func (s *socket) answer(ctx context.Context, h head, broken error, text []byte) (made any, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &crash{v, debug.Stack()}
		}
	}()
	kind := s.frames[h.Type]
	if err := s.mayCome(kind); err != nil {
		return nil, err
	}
	switch {
	case broken != nil:
		return nil, broken
	case kind == nil:
		return nil, unknownTypeError(h.Type)
	}
	if err := s.who.MayUse(kind.scope()); err != nil {
		return nil, err
	}
	return kind.do(ctx, s, text)
}

// mayCome counts the frame. A client that does not heed the answer is closed.
func (s *socket) mayCome(kind *frameKind) error {
	of := readClass // what is no frame is not free either
	if kind != nil {
		of = kind.limit
	}
	ok, retry := s.limiter.allow(of, callerOf(s.who))
	if ok {
		s.refused = 0
		return nil
	}
	if s.refused++; s.refused > maxRefused {
		s.out.Kick(hub.CodeTooMany, "too many frames")
	}
	return &store.Error{
		Code: store.CodeRateLimited, RetryAfter: retry,
		Message: fmt.Sprintf("too many: try again in %d s", max(seconds(retry), 1)),
	}
}

// A badFrameError is a frame after which nothing sensible can be expected of the client.
type badFrameError string

// Error says it for the log and as the close reason.
func (b badFrameError) Error() string { return string(b) }

// readHead reads what all frames have in common. Even of one that is refused it
// returns the request_id, if that can be found.
func readHead(text []byte) (h head, err error) {
	if !utf8.Valid(text) {
		return head{}, badFrameError("the text is not UTF-8")
	}
	if tooDeep(text) {
		return head{}, badFrameError("the JSON is nested too deeply")
	}
	if scan := (scanner{b: text}); !scan.value(nil) {
		return head{}, wrongFrame("is not JSON")
	}
	var names map[string]json.RawMessage
	if err := json.Unmarshal(text, &names); err != nil || names == nil {
		return head{}, wrongFrame("is not one JSON object")
	}
	if id := names["request_id"]; len(id) > 0 && len(id) <= maxRequestID && (id[0] == '"' || id[0] == '-' || '0' <= id[0] && id[0] <= '9') {
		h.RequestID = id
	} else if id != nil && string(id) != "null" {
		err = wrongFrame(fmt.Sprintf("request_id must be a string or a number of at most %d bytes", maxRequestID))
	}
	_ = json.Unmarshal(names["message_id"], &h.MessageID) // the frame's own test says what is wrong with it
	if id, broken := store.ParseID(h.MessageID); broken != nil || id.IsZero() {
		h.MessageID = ""
	}
	if json.Unmarshal(names["type"], &h.Type) != nil || h.Type == "" {
		err = wrongFrame("type must be the name of a frame")
	}
	return h, err
}

// tooDeep says whether the text opens more lists and objects inside one another
// than anything honest does. It may be no JSON at all.
func tooDeep(text []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

func wrongFrame(what string) error {
	return store.Errorf(store.CodeInvalid, "the frame %s", strings.TrimSpace(what))
}

// An unknownTypeError is the name of a frame that does not exist.
type unknownTypeError string

// Error repeats the name if it has the form of one: anything else may be a token in the
// wrong place.
func (u unknownTypeError) Error() string {
	for i := range len(u) {
		if c := u[i]; len(u) > maxEcho || c != '_' && (c < 'a' || c > 'z') {
			return "there is no frame of this type"
		}
	}
	return "there is no frame " + string(u)
}

// frameCodes are the words of the socket where they differ from the store's.
var frameCodes = map[store.Code]string{
	store.CodeInvalid:     "invalid_message",
	store.CodeConflict:    "invalid_message",
	store.CodeScanPending: "invalid_message",
	store.CodeScanFailed:  "invalid_message",
	store.CodeQuarantined: "invalid_message",
	store.CodeUnavailable: "internal",
	store.CodeDiskFull:    "internal", // its sentence says more
}

type errorFrame struct {
	Type       string          `json:"type"`
	Code       string          `json:"error_code"`
	Message    string          `json:"error"`
	RetryAfter int             `json:"retry_after,omitempty"` // seconds
	RequestID  json.RawMessage `json:"request_id,omitempty"`
	MessageID  string          `json:"message_id,omitempty"`
}

// errorFrame says what err looks like from outside.
func (s *socket) errorFrame(h head, err error) errorFrame {
	f := errorFrame{Type: "error", RequestID: h.RequestID, MessageID: h.MessageID, Code: "internal", Message: "something went wrong on the server; try again"}
	var known *store.Error
	var unknown unknownTypeError
	switch {
	case errors.As(err, &unknown):
		f.Code, f.Message = "unknown_type", strings.ToValidUTF8(unknown.Error(), "")
	case errors.As(err, &known) && known.Code != store.CodeInternal:
		f.Code, f.Message = string(known.Code), strings.TrimPrefix(known.Message, "body.")
		if code := frameCodes[known.Code]; code != "" {
			f.Code = code
		}
		if known.Code == store.CodeRateLimited || known.RetryAfter > 0 {
			f.RetryAfter = max(seconds(known.RetryAfter), 1)
		}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		f.Message = "this took longer than the server allows; try again"
	default:
		if message, ok := store.DamageOf(err); ok {
			f.Message = message
		}
		s.logFault(h, err)
	}
	return f
}

func (s *socket) logFault(h head, err error) {
	args := []any{"request_id", s.id, "frame", h.Type, "user", s.who.UserID, "error", err}
	if c, ok := errors.AsType[*crash](err); ok {
		args = append(args, "stack", string(c.stack))
	}
	s.log.Error("a frame failed", args...)
}
