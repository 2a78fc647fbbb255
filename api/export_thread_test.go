package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// exported returns a thread as a file of some format.
func (w *world) exported(who api.Actor, thread store.ID, format string) (*api.Export, string) {
	w.t.Helper()
	f := must(w.api.ExportThread(w.t.Context(), who, api.ExportInput{ID: thread, Format: format}))(w.t)
	var b bytes.Buffer
	if err := f.Write(w.t.Context(), &b); err != nil {
		w.t.Fatal(err)
	}
	return f, b.String()
}

// Every format has everything, and nothing of what was deleted.
func TestAnExportIsComplete(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	w.model.Next(say("bad answer <script>alert(1)</script>"), say("good **answer**"), say("third answer"), say("gone answer"))
	first := w.ask(ann, th.ID, "one\n\n# not a heading of ours")
	w.settled(ann, must(w.api.Regenerate(t.Context(), ann, api.RegenerateInput{ID: first.Answer.ID}))(t).ID)
	must(w.api.UpdateMessage(t.Context(), ann, api.UpdateMessageInput{ID: first.Message.ID, Content: "one, edited", Regenerate: new(false)}))(t)
	w.ask(ann, th.ID, "two")
	gone := w.ask(ann, th.ID, "forget this")
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: gone.Message.ID}))(t)
	must(w.api.DeleteMessage(t.Context(), ann, api.IDInput{ID: gone.Answer.ID}))(t)
	must(w.api.CreateSummary(t.Context(), ann, api.CreateSummaryInput{ThreadID: th.ID, SummaryText: "We *counted*.", KeyTopics: []string{"counting <b>"}}))(t)
	for format, wants := range map[string][]string{
		"markdown": {"# one", "- Project: Garden", "## Summary of 5 messages, by hand", "We *counted*.", "### ann, ", "one, edited", "> # not a heading of ours", "good **answer**", "answer 1 of 2", "answer 2 of 2", "edited once", "third answer"},
		"text":     {"one not a heading of ours\n===", "Project: Garden", "We *counted*.", "    # not a heading of ours", "good **answer**", "answer 2 of 2", "edited once", "third answer"},
		"html":     {"<h1>one", "We <em>counted</em>.", "counting &lt;b&gt;", "bad answer &lt;script&gt;alert(1)&lt;/script&gt;", "unicode-bidi: plaintext", "one, edited", "# not a heading of ours", "good <strong>answer</strong>", "answer 2 of 2", "edited once", "third answer", "Content-Security-Policy"},
		"json":     {`"format":"parley.thread.1"`, `"summary_text":"We *counted*."`, `"one, edited"`, `# not a heading of ours`, `good **answer**`, `"alternatives":["`, `"edit_count":1`, `"author":"ann"`, `"is_summarized":true`, "third answer"},
	} {
		t.Run(format, func(t *testing.T) {
			w.t = t
			f, text := w.exported(ann, th.ID, format)
			for _, want := range wants {
				if !strings.Contains(text, want) {
					t.Errorf("lacks %q", want)
				}
			}
			for _, never := range []string{"forget this", "gone answer"} {
				if strings.Contains(text, never) {
					t.Errorf("has %q, which was deleted", never)
				}
			}
			if !strings.HasPrefix(f.Disposition(), "attachment; filename=\"one not a heading of ours.") {
				t.Errorf("disposition %q", f.Disposition())
			}
			if t.Failed() {
				t.Log(text)
			}
		})
	}
	w.t = t
	_, text := w.exported(ann, th.ID, "html")
	noScripts(t, text)
	_, text = w.exported(ann, th.ID, "json")
	var in struct {
		Messages []struct {
			Content  string
			Versions []api.VersionView
		}
	}
	if err := json.Unmarshal([]byte(text), &in); err != nil || len(in.Messages) != 5 || len(in.Messages[0].Versions) != 1 {
		t.Errorf("%v, %d messages", err, len(in.Messages))
	}
}

// noScripts fails where an HTML document has what could run or load anything.
func noScripts(t *testing.T, text string) {
	t.Helper()
	for z := html.NewTokenizer(strings.NewReader(text)); z.Next() != html.ErrorToken; {
		tag := z.Token()
		switch tag.Data {
		case "script", "iframe", "object", "embed", "link", "base", "form":
			if tag.Type == html.StartTagToken {
				t.Errorf("has a %s", tag.Data)
			}
		}
		for _, a := range tag.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" {
				t.Errorf("has %s=%q", a.Key, a.Val)
			}
		}
	}
}

// A thread without anything is exported too, as is one whose summaries are many.
func TestExportsOfLittleAndMuch(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	for format := range map[string]bool{"markdown": true, "text": true, "html": true, "json": true, "": true} {
		if _, text := w.exported(ann, th.ID, format); text == "" || format == "json" && !json.Valid([]byte(text)) {
			t.Errorf("%s: %q", format, text)
		}
	}
	owner, err := w.userOf(ann)
	if err != nil {
		t.Fatal(err)
	}
	for range 35 {
		storetest.Message(t, w.store, th.ID, owner, "words")
	}
	for range 60 {
		storetest.Summary(t, w.store, th.ID, "short")
	}
	_, text := w.exported(ann, th.ID, "json")
	if strings.Count(text, `"content":"words"`) != 35 || strings.Count(text, `"summary_text"`) != 60 || !json.Valid([]byte(text)) {
		t.Errorf("%d messages, %d summaries", strings.Count(text, `"content":"words"`), strings.Count(text, `"summary_text"`))
	}
	_, err = w.api.ExportThread(t.Context(), ann, api.ExportInput{ID: th.ID, Format: "pdf"})
	wantCode(t, err, store.CodeInvalid)
}

func (w *world) userOf(who api.Actor) (u *store.User, err error) {
	err = w.store.View(w.t.Context(), func(tx *store.Tx) (err error) { u, err = tx.User(who.UserID); return err })
	return u, err
}

// The right to read is asked again for each page.
func TestAnExportEndsWhenItsReaderIsRemoved(t *testing.T) {
	s := newScene(t)
	owner, err := s.userOf(s.actors["owner"])
	if err != nil {
		t.Fatal(err)
	}
	for range 40 {
		storetest.Message(t, s.store, s.thread, owner, strings.Repeat("many words ", 1000))
	}
	f := must(s.api.ExportThread(t.Context(), s.actors["viewer"], api.ExportInput{ID: s.thread}))(t)
	w := &removing{s: s}
	if err := f.Write(context.WithoutCancel(t.Context()), w); store.CodeOf(err) != store.CodeNotFound {
		t.Errorf("%v after %d bytes", err, w.n)
	}
	private := must(s.api.CreateThread(t.Context(), s.actors["maker"], api.CreateThreadInput{ProjectID: s.project, IsPrivate: true}))(t)
	_, err = s.api.ExportThread(t.Context(), s.actors["owner"], api.ExportInput{ID: private.ID})
	wantCode(t, err, store.CodeNotFound)
}

// A removing takes its reader off the project with the first bytes.
type removing struct {
	s *scene
	n int
}

func (w *removing) Write(b []byte) (int, error) {
	if w.n += len(b); w.n == len(b) {
		err := w.s.store.Update(context.Background(), func(tx *store.Tx) error {
			m, err := tx.Member(w.s.project, w.s.actors["viewer"].UserID)
			return errors.Join(err, tx.DeleteMember(m))
		})
		if err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

func TestNamesOfExports(t *testing.T) {
	w := newWorld(t)
	ann := w.as("ann")
	th := w.thread(ann)
	for title, want := range map[string]string{
		"Plans":                      `attachment; filename="Plans.md"`,
		`../../etc/"pass\wd"` + "\n": `attachment; filename="etc pass wd.md"`,
		"Grüße, 50 %":                `attachment; filename="Gr__e, 50 _.md"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%2C%2050%20%25.md`,
		"京都":                         `attachment; filename="__.md"; filename*=UTF-8''%E4%BA%AC%E9%83%BD.md`,
		"con.txt":                    `attachment; filename="_con.txt.md"`,
		"LPT1":                       `attachment; filename="_LPT1.md"`,
		"Console":                    `attachment; filename="Console.md"`,
		"...":                        `attachment; filename="chat.md"`,
		"a\u202egpj.exe":             `attachment; filename="agpj.exe.md"`,
	} {
		must(w.api.UpdateThread(t.Context(), ann, api.UpdateThreadInput{ID: th.ID, Title: new(title)}))(t)
		f, _ := w.exported(ann, th.ID, "markdown")
		if got := f.Disposition(); got != want {
			t.Errorf("%q: %s, want %s", title, got, want)
		}
	}
	must(w.api.UpdateThread(t.Context(), ann, api.UpdateThreadInput{ID: th.ID, Title: new(strings.Repeat("ü", 200))}))(t)
	if f, _ := w.exported(ann, th.ID, "text"); len(f.Name) > 110 {
		t.Errorf("a name of %d bytes", len(f.Name))
	}
}
