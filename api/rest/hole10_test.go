package rest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
)

// expansions are texts in which other programs put a variable of their environment, a
// file or what a command says.
var expansions = []string{
	"$PARLEY_CANARY", "${PARLEY_CANARY}", "${PARLEY_CANARY:-x}", "%PARLEY_CANARY%", "!PARLEY_CANARY!", "$env:PARLEY_CANARY", "#{ENV['PARLEY_CANARY']}",
	"{{.Env.PARLEY_CANARY}}", `{{env "PARLEY_CANARY"}}`, "{{PARLEY_CANARY}}", "<%= PARLEY_CANARY %>", "$(echo $PARLEY_CANARY)", "`echo $PARLEY_CANARY`", "${env:PARLEY_CANARY}", "${{ env.PARLEY_CANARY }}",
	"{PARLEY_CANARY}", "%(PARLEY_CANARY)s", "@file:/proc/self/environ", "file:///proc/self/environ", "<!--#echo var=\"PARLEY_CANARY\" -->",
}

// writeEverywhere sends text as every field that is free text, of every route, and hands
// on the answers.
func (w *world) writeEverywhere(c *cast, text string, look func(answer)) {
	t := w.t.(*testing.T)
	all := inputs()
	eachRoute(t, w.server, func(t *testing.T, r *route, _ string) {
		v := all[r.id]
		if w.t = t; v == nil || v.in.body == nil || !needsSignIn(r) {
			return
		}
		for _, name := range v.in.body.names {
			f := v.in.body.props[name].form
			if f == nil || f.kind != "string" && (f.items == nil || f.items.kind != "string") || f.format != nil || f.enum != nil {
				continue
			}
			p, th, m, file := c.scene(w, false)
			a := c.askAbout("maker", r, p, th, m, file)
			if slices.Contains([]access{projectOwner, memberWriter}, r.access) {
				a = c.askAbout("owner", r, p, th, m, file)
			}
			if r.access == adminOnly {
				a = c.askAbout("admin", r, p, th, m, file)
			}
			body := map[string]any{}
			if a.body != "" {
				_ = json.Unmarshal([]byte(a.body), &body)
			}
			said := text
			if f.maxLen > 0 && len(said) > f.maxLen {
				said = said[:f.maxLen]
			}
			if body[name] = said; f.items != nil {
				body[name] = []string{said}
			}
			b, _ := json.Marshal(body)
			a.body = string(b)
			look(w.do(a))
		}
	})
	w.t = t
}

// TestHole10NothingInATextIsExpanded writes such texts into every field of every route,
// asks by frame, names files and asks for models by them: each stays what it is, and
// nothing of the environment comes out. Where connections go is for the tests of the
// packages egress, llm and scan.
func TestHole10NothingInATextIsExpanded(t *testing.T) {
	const secret = "expanded-canary-value"
	t.Setenv("PARLEY_CANARY", secret)
	w := newWorld(t, Options{}, func(o *api.Options) { o.Providers = []llm.Provider{mirror{}} })
	c := w.newCast()
	hides := func(got answer) {
		w.t.Helper()
		if strings.Contains(got.body, secret) || strings.Contains(got.body, "PATH=") {
			w.t.Errorf("expanded: %s", got.body)
		}
	}
	for _, text := range []string{strings.Join(expansions, " "), expansions[1], expansions[7]} {
		w.writeEverywhere(c, text, hides)
	}
	token := c.tokens["owner"]
	project := w.project(token)
	made := ask{method: post, path: base + "/threads", token: token, body: `{"project_id":"` + project + `"}`}
	thread, spoken := w.made(made), w.made(made)
	s := (&live{TB: t, address: w.host}).dialRaw(token, "/ws/chat/"+spoken)
	for _, text := range expansions {
		b, _ := json.Marshal(map[string]string{"content": text})
		var sent api.SentMessage
		got := w.do(ask{method: post, path: base + "/threads/" + thread + "/messages?wait=true", token: token, body: string(b)}).is(201)
		got.json(&sent)
		if sent.Message.Content != text || sent.Answer == nil || sent.Answer.Content != text {
			t.Errorf("%q became %q, and the model was asked %q", text, sent.Message.Content, sent.Answer.Content)
		}
		s.send(`{"type":"send_message","thread_id":"` + spoken + `",` + string(b[1:]))
		for ended := false; !ended; {
			m, err := s.read()
			all, _ := json.Marshal(m)
			if err != nil || m.text("type") == "error" || strings.Contains(string(all), secret) {
				t.Fatalf("heard %s, %v", all, err)
			}
			answer, _ := m["message"].(map[string]any)
			if ended = m["is_final"] == true; ended && answer["content"] != text {
				t.Errorf("the model was asked %v for %q", answer["content"], text)
			}
		}
		hides(w.do(ask{method: post, path: base + "/threads/" + thread + "/messages", token: token, body: `{"content":"x","model":` + string(b[len(`{"content":`):])}))
		var f store.Attachment
		w.do(ask{
			method: post, path: base + "/threads/" + thread + "/attachments", token: token, header: formHeader,
			body: fileForm(strings.NewReplacer(`"`, "", "/", "").Replace(text)+".txt", text),
		}).is(201).json(&f)
		if got := w.do(ask{method: get, path: base + "/attachments/" + f.ID.String() + "/content", token: token}).is(200); got.body != text {
			t.Errorf("a file of %q holds %q", text, got.body)
		}
	}
	w.look(t, token, thread, func(_ string, v any) {
		if b, _ := json.Marshal(v); strings.Contains(string(b), secret) {
			t.Errorf("expanded: %s", b)
		}
	})
}
