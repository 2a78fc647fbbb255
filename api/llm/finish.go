package llm

import "strings"

// finishReasons maps the words by which servers say why an answer ended to
// those of OpenAI, in lower case. "" says that it has not ended; "error" says
// that the server failed.
var finishReasons = map[string]string{
	"": "", "null": "", "none": "", "nil": "", "undefined": "", "in_progress": "", "unfinished": "",
	"stop": "stop", "eos": "stop", "eos_token": "stop", "end_turn": "stop", "stop_sequence": "stop", "stop_token": "stop",
	"end": "stop", "done": "stop", "complete": "stop", "completed": "stop", "finish": "stop", "finished": "stop", "normal": "stop",
	"length": "length", "max_tokens": "length", "max_length": "length", "model_length": "length", "max_output_tokens": "length", "token_limit": "length",
	"max_new_tokens": "length", "model_context_window_exceeded": "length", "context_length": "length", "context_window": "length",
	"content_filter": "content_filter", "content-filter": "content_filter", "safety": "content_filter", "recitation": "content_filter",
	"blocklist": "content_filter", "prohibited_content": "content_filter", "spii": "content_filter", "sensitive": "content_filter",
	"refusal": "content_filter", "content_filtered": "content_filter", "guardrail_intervened": "content_filter", "guardrails": "content_filter",
	"error": "error", "network_error": "error", "insufficient_system_resource": "error", "engine_overloaded": "error",
	"server_error": "error", "internal_error": "error", "failed": "error", "abort": "error", "aborted": "error", "unavailable": "error",
}

// maxReason bounds a finish reason that is no known word, in bytes.
const maxReason = 40

// finishReason returns what a server's word for the end of an answer means. A
// word that is not known stays.
func finishReason(said []byte) string {
	word := strings.ToLower(strings.TrimSpace(string(said)))
	if known, ok := finishReasons[word]; ok {
		return known
	}
	return cutText(sentence(word), maxReason)
}

// cutText returns the beginning of s, of at most limit bytes.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}

// An ending knows whether an answer is whole. It is so if the server said after
// its last text that it has ended, or beside it, unless the server has said
// that before and gone on.
type ending struct {
	reason   string // the last that was told
	spoke    bool   // there was text
	finished bool   // the answer is whole if nothing more comes
	early    bool   // text came after the server had said that the answer has ended
}

// note takes what one event says.
func (e *ending) note(text bool, reason string) {
	if text {
		e.early = e.early || e.reason != ""
		e.spoke, e.finished = true, false
	}
	if reason != "" {
		e.reason = reason
		e.finished = !text || !e.early
	}
}

// endNames are the names of events that end a stream.
var endNames = map[string]bool{
	"end": true, "done": true, "complete": true, "completed": true, "close": true, "finish": true, "finished": true,
	"message_stop": true, "message_end": true, "response.completed": true, "eos": true, "[done]": true,
}

// endsStream reports whether an event ends a stream by its name.
func (ev event) endsStream() bool { return endNames[strings.ToLower(strings.TrimSpace(ev.name))] }

// isDone reports whether the data of an event ends a stream: [DONE], and what
// becomes of it on the way.
func isDone(data []byte) bool {
	switch strings.ToUpper(strings.Trim(string(data[:min(len(data), 32)]), " \t\r\n\"'")) {
	case "[DONE]", "DONE":
		return true
	}
	return false
}

// pings are data of events that are only a sign of life.
var pings = map[string]bool{"": true, "ping": true, "keep-alive": true, "keepalive": true, "keep_alive": true, "heartbeat": true, "null": true, "ok": true}

// isPing reports whether data says nothing but that the server is alive.
func isPing(data []byte) bool {
	if len(data) > 64 {
		return false
	}
	s := strings.ToLower(strings.Trim(string(data), " \t\r\n\"'[]"))
	return pings[s] || strings.HasPrefix(s, ":")
}

// isProgress reports whether the name or type of an event says that it tells
// how far the server has come.
func isProgress(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"progress", "ping", "heartbeat", "keep", "queue", "loading", "start"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
