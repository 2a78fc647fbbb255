package rest

import (
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// OpenAPI knows no sockets, so the frames are described as an extension, x-frames,
// of the same schemas: what a client may send follows from the table that serves
// it; what the server sends is listed here, and the tests of the socket hold every
// frame that they receive against it.
type frameDoc struct {
	Type    string       `json:"type"`
	Summary string       `json:"summary"`
	Access  string       `json:"x-access,omitempty"`
	Limit   string       `json:"x-rate-limit,omitempty"`
	Scope   string       `json:"x-scope,omitempty"`
	Schema  *huma.Schema `json:"schema"`
	Example any          `json:"example"`
}

// A serverFrame is one kind of frame that a client receives.
type serverFrame struct {
	name, summary string
	fields        any // a struct whose tags say what it has beside its type
}

type (
	ackFields struct {
		RequestID any            `json:"request_id,omitempty" doc:"As the client wrote it"`
		Message   *store.Message `json:"message,omitempty" doc:"What was made"`
	}
	errorFields struct {
		Code       string   `json:"error_code" enum:"invalid_message,unknown_type,unauthorized,forbidden,not_found,thread_archived,message_too_long,rate_limited,generation_in_progress,context_exceeded,model_unavailable,model_error,internal" doc:"A stable word; switch on this"`
		Message    string   `json:"error" doc:"The same for a person" example:"there is no such thread"`
		RetryAfter int      `json:"retry_after,omitempty" doc:"Seconds"`
		RequestID  any      `json:"request_id,omitempty" doc:"As the client wrote it"`
		MessageID  store.ID `json:"message_id,omitempty" doc:"Whose answer failed"`
	}
	chunkFields struct {
		ThreadID     store.ID       `json:"thread_id"`
		MessageID    store.ID       `json:"message_id"`
		Chunk        string         `json:"chunk" doc:"Text to append; empty in the last"`
		ChunkIndex   int            `json:"chunk_index,omitempty" doc:"Of the first token in it"`
		NextIndex    int            `json:"next_index,omitempty" doc:"Follows the last token in it; a client that expects another index subscribes again"`
		IsFinal      bool           `json:"is_final"`
		Message      *store.Message `json:"message,omitempty" doc:"In the last: the answer as it is stored"`
		FinishReason string         `json:"finish_reason,omitempty" doc:"In the last"`
		TotalTokens  int            `json:"total_tokens,omitempty" doc:"In the last: of question and answer"`
	}
	streamingFields struct {
		MessageID          store.ID `json:"message_id"`
		Content            string   `json:"content" doc:"What is written already"`
		NextIndex          int      `json:"next_index" doc:"Of the chunk that comes next"`
		Reasoning          string   `json:"reasoning" doc:"What the model reasoned so far"`
		ReasoningNextIndex int      `json:"reasoning_next_index" doc:"Of the reasoning_chunk that comes next"`
		Model              string   `json:"model"`
	}
	presentFields struct {
		UserID      store.ID `json:"user_id"`
		Username    string   `json:"username"`
		DisplayName string   `json:"display_name"`
	}
)

// serverFrames lists all that a client may receive.
func serverFrames() []serverFrame {
	return slices.Concat(answerFrames(), changeFrames(), peopleFrames())
}

// answerFrames lists the frames of a connection and of the answers in a thread.
func answerFrames() []serverFrame {
	return []serverFrame{
		{"connection_established", "The first frame of every socket", struct {
			ID       string       `json:"connection_id" format:"uuid"`
			Version  string       `json:"protocol_version" example:"1.0"`
			Interval float64      `json:"heartbeat_interval" doc:"Seconds between the heartbeats that are expected" example:"20"`
			User     api.UserView `json:"user"`
		}{}},
		{"heartbeat_ack", "Answers heartbeat", struct {
			At store.Time `json:"timestamp"`
		}{}},
		{"ack", "A frame was done; sent for each that has a request_id", ackFields{}},
		{"subscribed", "What the thread looks like at this instant: no chunk is lost or repeated between this and the next stream_chunk", struct {
			ThreadID  store.ID         `json:"thread_id"`
			Streaming *streamingFields `json:"streaming" doc:"The answer that is being written, or null"`
		}{}},
		{"new_message", "A message was sent, to every subscriber of its thread", struct {
			Message store.Message `json:"message"`
		}{}},
		{"message_queued", "A question waits until the answers before it have ended; message_updated tells when it is asked", struct {
			Message  store.Message `json:"message"`
			Position int           `json:"queue_position" doc:"In the thread's queue, from 1"`
		}{}},
		{"assistant_message_start", "An answer begins, or its place in the line has changed", struct {
			ThreadID  store.ID `json:"thread_id"`
			MessageID store.ID `json:"message_id"`
			ParentID  store.ID `json:"parent_id" doc:"The question"`
			Model     string   `json:"model"`
			Position  int      `json:"queue_position,omitempty" doc:"In the line, from 1"`
		}{}},
		{"stream_chunk", "A part of an answer; the last has is_final and the message as stored", chunkFields{}},
		{"reasoning_chunk", "A part of what the model reasons before its answer; indexes are its own, counted as those of stream_chunk are", struct {
			ThreadID   store.ID `json:"thread_id"`
			MessageID  store.ID `json:"message_id"`
			Chunk      string   `json:"chunk" doc:"Reasoning to append"`
			ChunkIndex int      `json:"chunk_index" doc:"Of the first token in it"`
			NextIndex  int      `json:"next_index" doc:"Follows the last token in it; a client that expects another index subscribes again"`
		}{}},
	}
}

// changeFrames lists the frames that tell of changed records.
func changeFrames() []serverFrame {
	return []serverFrame{
		{"message_updated", "A message has changed", struct {
			Message store.Message `json:"message"`
		}{}},
		{"message_deleted", "A message was emptied", struct {
			ThreadID  store.ID `json:"thread_id"`
			MessageID store.ID `json:"message_id"`
		}{}},
		{"thread_created", "There is a new thread", struct {
			Thread api.ThreadView `json:"thread"`
		}{}},
		{"thread_updated", "A thread has changed", struct {
			Thread api.ThreadView `json:"thread"`
		}{}},
		{"thread_deleted", "A thread is gone, or may not be seen any more", struct {
			ThreadID  store.ID `json:"thread_id"`
			ProjectID store.ID `json:"project_id,omitempty"`
		}{}},
		{"project_updated", "A project has changed, or is gone", struct {
			ProjectID store.ID `json:"project_id"`
			IsDeleted bool     `json:"is_deleted,omitempty"`
		}{}},
		{"user_updated", "Somebody in one of the caller's projects has another name", struct {
			User api.Person `json:"user"`
		}{}},
		{"summary_available", "A summary was made or changed, or is out of date", struct {
			ThreadID store.ID        `json:"thread_id"`
			Summary  api.SummaryView `json:"summary"`
		}{}},
		{"summary_failed", "A summary could not be made; it is tried again", struct {
			ThreadID   store.ID `json:"thread_id"`
			Code       string   `json:"error_code" doc:"A stable word; switch on this" example:"model_unavailable"`
			Message    string   `json:"error" doc:"The same for a person"`
			Tries      int      `json:"tries" doc:"So far"`
			RetryAfter int      `json:"retry_after" doc:"Seconds until the next"`
		}{}},
		{"attachment_updated", "A file was scanned, or is gone", struct {
			ThreadID   store.ID         `json:"thread_id"`
			Attachment store.Attachment `json:"attachment"`
		}{}},
	}
}

// peopleFrames lists the frames about people, and those of the server itself.
func peopleFrames() []serverFrame {
	return []serverFrame{
		{"typing_indicator", "Somebody types, or has stopped", struct {
			ThreadID    store.ID `json:"thread_id"`
			UserID      store.ID `json:"user_id"`
			Username    string   `json:"username"`
			DisplayName string   `json:"display_name"`
			IsTyping    bool     `json:"is_typing"`
		}{}},
		{"presence", "Who looks at the thread", struct {
			ThreadID store.ID        `json:"thread_id"`
			Users    []presentFields `json:"users"`
			Total    int             `json:"total"`
		}{}},
		{"notice", "An administrator or a stranger did something to the receiver's account or projects, or they have read that", struct {
			Notice api.NoticeView `json:"notice"`
		}{}},
		{"error", "A frame was refused, or an answer failed", errorFields{}},
		{"server_shutdown", "The server stops; come back after that time", struct {
			After int `json:"reconnect_after_ms" example:"1500"`
		}{}},
	}
}

// frames describes both directions.
func (b *book) frames() map[string]any {
	client, server := []frameDoc{}, []frameDoc{}
	for _, f := range frameTable() {
		f.complete(b)
		s := b.frameSchema("ClientFrame", f.name, f.in)
		client = append(client, frameDoc{f.name, f.summary, string(f.access), f.limit.String(), f.scope().String(), s, b.example(s)})
	}
	for _, f := range serverFrames() {
		s := b.frameSchema("ServerFrame", f.name, reflect.TypeOf(f.fields))
		server = append(server, frameDoc{Type: f.name, Summary: f.summary, Schema: s, Example: b.example(s)})
	}
	return map[string]any{
		"description": "GET /ws, or /ws/chat/{thread_id} for a socket that is subscribed to that thread from the start, is a WebSocket of " +
			"text frames, one JSON object each. A client's frame has at most 256 KiB and may carry a request_id, which comes back on its ack or error.",
		"client": client, "server": server,
		"close_codes": map[string]string{
			"1001": "going away", "1009": "too big", "1013": "try later", "4400": "bad frame", "4401": "signed out",
			"4403": "no longer allowed", "4408": "heartbeat time-out", "4429": "too many",
		},
	}
}

// frameSchema makes the schema of a frame: its fields, and its type's name.
func (b *book) frameSchema(prefix, name string, t reflect.Type) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"type": {Type: huma.TypeString, Enum: []any{name}}}, Required: []string{"type"}}
	for _, f := range reflect.VisibleFields(t) {
		field, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if field == "" || field == "-" || f.Anonymous || field == "type" {
			continue
		}
		p := huma.SchemaFromField(b.registry, f, name+f.Name)
		if p.Nullable = false; f.Type.Kind() == reflect.Pointer && p.Ref != "" && !strings.Contains(options, "omit") {
			p = &huma.Schema{Description: p.Description, AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
		}
		if field == "request_id" {
			p = &huma.Schema{Description: "A string or a number of at most 200 bytes", AnyOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeNumber}}}
		}
		s.Properties[field] = p
		if f.Type.Kind() != reflect.Pointer && !strings.Contains(options, "omit") || f.Type.Kind() == reflect.Pointer && p.AnyOf != nil && field != "request_id" {
			s.Required = append(s.Required, field)
		}
	}
	key := prefix + camel(name)
	b.registry.Map()[key] = s
	return &huma.Schema{Ref: schemaPrefix + key}
}

// camel makes SendMessage of send_message.
func camel(name string) string {
	var out strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		out.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return out.String()
}
