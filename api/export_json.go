package api

import (
	"bufio"
	"encoding/json"

	"github.com/parley-app/parley/store"
)

// A jsonExport has the records as the wire shows them, and what hangs from them.
type jsonExport struct {
	w       *bufio.Writer
	enc     *json.Encoder
	n       int // of the list that is open
	talking bool
}

func newJSONExport(w *bufio.Writer) *jsonExport {
	x := &jsonExport{w: w, enc: json.NewEncoder(w)}
	x.enc.SetEscapeHTML(false)
	return x
}

func (x *jsonExport) put(s string) { _, _ = x.w.WriteString(s) }

// item writes one element of the open list. What is encoded is our own types, and
// always can be.
func (x *jsonExport) item(v any) {
	if x.n++; x.n > 1 {
		x.put(",")
	}
	_ = x.enc.Encode(v)
}

type exportProject struct {
	ID   store.ID `json:"id"`
	Name string   `json:"name"`
}

type exportThread struct {
	ID           store.ID      `json:"id"`
	Title        string        `json:"title"`
	UserID       store.ID      `json:"user_id"`
	Creator      string        `json:"creator"`
	Project      exportProject `json:"project"`
	IsPrivate    bool          `json:"is_private"`
	IsArchived   bool          `json:"is_archived"`
	ArchivedAt   store.Time    `json:"archived_at"`
	MessageCount int           `json:"message_count"`
	TotalTokens  int           `json:"total_tokens"`
	CreatedAt    store.Time    `json:"created_at"`
	UpdatedAt    store.Time    `json:"updated_at"`
}

func (x *jsonExport) begin(h *exportHead) {
	t := h.Thread
	x.put(`{"format":"parley.thread.1","exported_at":"` + h.ExportedAt.String() + `","thread":`)
	_ = x.enc.Encode(exportThread{
		t.ID, t.Title, t.UserID, h.Creator,
		exportProject{h.Project.ID, h.Project.Name},
		t.IsPrivate, t.IsArchived(), t.ArchivedAt,
		t.MessageCount, t.TotalTokens, t.CreatedAt, t.UpdatedAt,
	})
	x.put(`,"summaries":[`)
}

func (x *jsonExport) summary(s *store.Summary) { x.item(viewSummary(s)) }

// talk closes the summaries and opens the messages.
func (x *jsonExport) talk() {
	if !x.talking {
		x.put(`],"messages":[`)
		x.talking, x.n = true, 0
	}
}

type exportFile struct {
	ID        store.ID `json:"id"`
	Name      string   `json:"name"`
	Size      int64    `json:"size"`
	MediaType string   `json:"media_type"`
	SHA256    string   `json:"sha256"`
}

// An exportJSON is a message as the wire shows it, and more.
type exportJSON struct {
	*store.Message
	Author   string        `json:"author"`
	Files    []exportFile  `json:"attachments"` // in place of the message's own
	Versions []VersionView `json:"versions"`
}

func (x *jsonExport) message(m *exportMessage) {
	x.talk()
	out := exportJSON{m.Message, m.Author, []exportFile{}, []VersionView{}}
	for _, f := range m.Files {
		out.Files = append(out.Files, exportFile{f.ID, f.Name, f.Size, f.MediaType, f.SHA256})
	}
	for _, v := range m.Versions {
		out.Versions = append(out.Versions, VersionView{v.Content, v.EditedAt})
	}
	x.item(out)
}

func (x *jsonExport) end() {
	x.talk()
	x.put("]}\n")
}
