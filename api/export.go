package api

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"net/url"
	"strings"
	"unicode"

	"github.com/parley-app/parley/store"
)

// ExportInput asks for a thread as one file.
type ExportInput struct {
	ID     store.ID `path:"id"`
	Format string   `query:"format" enum:"markdown,json,html,text" default:"markdown"`
}

// An Export is a file that is made while it is sent.
type Export struct {
	Name      string // safe on every file system
	MediaType string

	write func(ctx context.Context, w io.Writer) error
}

// Write makes the file. It holds a page of messages in memory, however long the
// thread is, and asks again before each whether the caller may read.
func (e *Export) Write(ctx context.Context, w io.Writer) error { return e.write(ctx, w) }

// A format is how an export is written.
type format struct {
	extension, mediaType string
	to                   func(*bufio.Writer) exporter
}

var formats = map[string]format{
	"markdown": {".md", "text/markdown; charset=utf-8", func(w *bufio.Writer) exporter { return &markdownExport{w: w} }},
	"text":     {".txt", "text/plain; charset=utf-8", func(w *bufio.Writer) exporter { return &textExport{w} }},
	"html":     {".html", "text/html; charset=utf-8", func(w *bufio.Writer) exporter { return &htmlExport{w} }},
	"json":     {".json", "application/json", func(w *bufio.Writer) exporter { return newJSONExport(w) }},
}

// An exporter writes one format. Errors stay in the bufio.Writer.
type exporter interface {
	begin(*exportHead)
	summary(*store.Summary)
	message(*exportMessage)
	end()
}

// An exportHead is what an export says before the first message.
type exportHead struct {
	Project    *store.Project
	Thread     *store.Thread
	Creator    string // their name
	ExportedAt store.Time
}

// An exportMessage is a message with all that hangs from it.
type exportMessage struct {
	*store.Message
	Author   string // a person's name, or the model's
	Files    []store.Attachment
	Versions []*store.Version // the newest first
}

// by returns who said m: a person, or a model.
func (m *exportMessage) by() string {
	switch {
	case !m.IsUser:
		return cmp.Or(m.ModelUsed, "assistant")
	case m.Message.Author != nil:
		return m.Message.Author.Name
	default:
		return formerMember
	}
}

// answers says how many answers the question of this one has.
func (m *exportMessage) answers() (n, of int) {
	for i, id := range m.Alternatives {
		if id == m.ID {
			return i + 1, len(m.Alternatives)
		}
	}
	return 1, 1
}

// ExportThread returns a thread as a file: all its summaries, messages, the answers
// beside one another, the earlier versions, the names of what was attached; of a
// deleted message nothing.
func (a *API) ExportThread(ctx context.Context, who Actor, in ExportInput) (*Export, error) {
	orDefault(&in.Format, "markdown")
	f, known := formats[in.Format]
	if !known {
		return nil, store.Invalid("query.format", "must be one of markdown, json, html, text")
	}
	var head exportHead
	err := a.store.View(ctx, func(tx *store.Tx) error {
		t, err := who.thread(tx, in.ID, toRead)
		if err == nil {
			head = exportHead{Project: t.Project.Project, Thread: t.Thread, ExportedAt: tx.Now}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	x := &exporting{a: a, who: who, head: &head, library: &library{a: a}, names: map[store.ID]string{}}
	return &Export{
		Name: fileName(head.Thread.Title) + f.extension, MediaType: f.mediaType,
		write: func(ctx context.Context, w io.Writer) error {
			b := bufio.NewWriterSize(w, 32<<10)
			if err := x.write(ctx, f.to(b)); err != nil {
				return err
			}
			return b.Flush()
		},
	}, nil
}

// An exporting is an export that is being written.
type exporting struct {
	a       *API
	who     Actor
	head    *exportHead
	library *library
	names   map[store.ID]string
}

func (x *exporting) write(ctx context.Context, to exporter) error {
	x.head.Creator = x.library.name(ctx, x.names, x.head.Thread.UserID)
	to.begin(x.head)
	if err := x.summaries(ctx, to); err != nil {
		return err
	}
	for next := (store.ID{}); ; {
		page, after, err := x.page(ctx, next)
		if err != nil {
			return err
		}
		for _, m := range page {
			to.message(m)
		}
		if next = after; next.IsZero() {
			to.end()
			return nil
		}
	}
}

// summaries writes those of the thread, the newest first.
func (x *exporting) summaries(ctx context.Context, to exporter) error {
	for p := (store.Page{Limit: 50}); ; {
		var page []*store.Summary
		var more bool
		err := x.a.store.View(ctx, func(tx *store.Tx) error {
			_, err := x.who.thread(tx, x.head.Thread.ID, toRead)
			if err == nil {
				page, more, err = tx.ListSummaries(x.head.Thread.ID, p)
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, s := range page {
			if s.IsDamaged() {
				s.ThreadID, s.ModelUsed = x.head.Thread.ID, ""
			}
			to.summary(s)
		}
		if !more {
			return nil
		}
		p.After = page[len(page)-1].ID
	}
}

// page reads the next messages with all that hangs from them.
func (x *exporting) page(ctx context.Context, from store.ID) (page []*exportMessage, next store.ID, err error) {
	err = x.a.store.View(ctx, func(tx *store.Tx) error {
		page, next = nil, store.ID{}
		t, err := x.who.thread(tx, x.head.Thread.ID, toRead)
		if err != nil {
			return err
		}
		var list []*store.Message
		if list, next, err = tx.MessagesFrom(t.ID, from, walkPage); err != nil {
			return err
		}
		for _, m := range list {
			full, err := fullMessage(tx, m)
			if err != nil {
				return err
			}
			page = append(page, full)
		}
		return nil
	})
	for _, m := range page {
		if m.Author = m.by(); m.IsDamaged() {
			m.Author = "unknown"
		}
	}
	return page, next, err
}

func fullMessage(tx *store.Tx, m *store.Message) (*exportMessage, error) {
	full := &exportMessage{Message: m}
	marked, err := tx.Shown(m)
	if err != nil {
		return nil, err
	}
	full.Message = marked
	full.Files = m.Attachments
	if m.EditCount > 0 {
		full.Versions, err = tx.VersionsOf(m.ID)
	}
	return full, err
}

// fileName makes a name of a title that every file system takes.
func fileName(title string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`/\:*?"<>|`, r), unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		default:
			return r
		}
	}, title)
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	for len(name) > 100 {
		r := []rune(name)
		name = strings.Trim(string(r[:len(r)-1]), ". ")
	}
	base, _, _ := strings.Cut(strings.ToUpper(name), ".")
	if isDevice(strings.TrimSpace(base)) {
		name = "_" + name
	}
	if name == "" {
		return "chat"
	}
	return name
}

// isDevice says whether a name is one that Windows keeps for itself.
func isDevice(name string) bool {
	switch name {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	rest, com := strings.CutPrefix(name, "COM")
	if !com {
		rest, com = strings.CutPrefix(name, "LPT")
	}
	return com && len(rest) == 1 && rest >= "0" && rest <= "9"
}

// Disposition is the header that has a browser save the file under its name (RFC
// 6266, RFC 8187).
func (e *Export) Disposition() string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, e.Name)
	header := `attachment; filename="` + plain + `"`
	if plain != e.Name {
		header += "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(e.Name), "+", "%20")
	}
	return header
}
