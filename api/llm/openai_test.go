package llm_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/llm/llmtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// heard is all that a caller gets of an answer.
type heard struct {
	Text, Reasoning string
	Deltas          int
	Result          llm.Result
	Kind            llm.Kind
}

// client connects to a server; options are those of NewOpenAI.
func client(t *testing.T, url string, change ...func(*llm.OpenAIOptions)) *llm.OpenAI {
	t.Helper()
	options := llm.OpenAIOptions{BaseURL: url, Model: "fake-model", Dial: (&net.Dialer{}).DialContext, FirstTokenTimeout: time.Minute, SilenceTimeout: time.Minute}
	for _, f := range change {
		f(&options)
	}
	o, err := llm.NewOpenAI(options)
	if err != nil {
		t.Fatal(err)
	}
	o.SetGrace(20 * time.Second)
	t.Cleanup(o.Close)
	return o
}

func question(s string) llm.Request {
	return llm.Request{Messages: []llm.Message{{Role: llm.RoleUser, Content: s}}}
}

// ask asks and listens. Whatever the error, it must be one for people.
func ask(t *testing.T, p llm.Provider, r llm.Request) (h heard, e *llm.Error) {
	t.Helper()
	res, err := p.Stream(t.Context(), r, func(d llm.Delta) {
		if d == (llm.Delta{}) {
			t.Error("an empty delta")
		}
		h.Deltas++
		h.Text += d.Text
		h.Reasoning += d.Reasoning
	})
	h.Result = res
	if err != nil {
		if !errors.As(err, &e) || e.Message == "" || e.Kind == "" {
			t.Fatalf("not an Error for people: %#v", err)
		}
		h.Kind = e.Kind
	}
	return h, e
}

const poem = "Hafen, 港町, Порт: 👩‍🚀\n\n\tdone \"here\" \\ </b>"

// speak is an answer with all that a dialect has.
func speak(c *llmtest.Call) {
	c.Reasoning("hm, ", "漢")
	c.Comment("ping")
	for _, r := range poem {
		c.Text(string(r))
	}
	c.End()
}

// However the bytes of any dialect are cut, wrapped and compressed, the same
// text arrives.
func TestDialects(t *testing.T) {
	for _, d := range llmtest.Dialects {
		for name, set := range map[string]func(*llmtest.Server){
			"event by event":      func(*llmtest.Server) {},
			"byte by byte":        func(s *llmtest.Server) { s.Split = 1 },
			"three bytes a time":  func(s *llmtest.Server) { s.Split = 3 },
			"with CR LF":          func(s *llmtest.Server) { s.CRLF = true },
			"with CR LF by bytes": func(s *llmtest.Server) { s.CRLF, s.Split = true, 1 },
			"compressed":          func(s *llmtest.Server) { s.Gzip = true },
			"without blank lines": func(s *llmtest.Server) { s.Framing = llmtest.NoBlankLines },
			"data twice":          func(s *llmtest.Server) { s.Framing, s.Split = llmtest.DataTwice, 3 },
			"JSON lines":          func(s *llmtest.Server) { s.Framing = llmtest.JSONLines },
			"JSON lines by bytes": func(s *llmtest.Server) { s.Framing, s.Split = llmtest.JSONLines, 1 },
		} {
			t.Run(string(d)+" "+name, func(t *testing.T) {
				s := llmtest.New(t)
				s.Dialect = d
				set(s)
				s.Next(speak)
				got, _ := ask(t, client(t, s.URL), question("?"))
				body := len(s.Call(t).Body) / 4
				// Two deltas of reasoning; "<" and "/" wait until they are no tag.
				want := heard{Text: poem, Reasoning: "hm, 漢", Deltas: len([]rune(poem)), Result: llm.Result{
					Model: "fake-model", FinishReason: "stop", Usage: llm.Usage{PromptTokens: body, CompletionTokens: len([]rune(poem))},
				}}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		}
	}
}

// Every way in which a stream may go on or end: what was heard, and the kind of
// error. No text that had arrived is lost in any.
func TestStreams(t *testing.T) {
	ab := func(c *llmtest.Call) { c.Text("a", "b") }
	data := func(s ...string) func(*llmtest.Call) {
		return func(c *llmtest.Call) {
			for _, s := range s {
				c.Raw("data: " + s + "\n\n")
			}
		}
	}
	for name, tt := range map[string]struct {
		dialect llmtest.Dialect
		play    llmtest.Play
		text    string
		finish  string
		kind    llm.Kind
	}{
		"no [DONE]":                      {"", func(c *llmtest.Call) { ab(c); c.Finish("stop") }, "ab", "stop", ""},
		"no [DONE], then silence":        {"", func(c *llmtest.Call) { ab(c); c.Finish("stop"); c.Stall() }, "ab", "stop", ""},
		"no [DONE], then a reset":        {"", func(c *llmtest.Call) { ab(c); c.Finish("length"); c.Text(""); c.Stall() }, "ab", "length", ""},
		"[DONE] without a finish reason": {"", func(c *llmtest.Call) { ab(c); c.Done() }, "ab", "", ""},
		"[DONE], then silence":           {"", func(c *llmtest.Call) { ab(c); c.End(); c.Stall() }, "ab", "stop", ""},
		"[DONE], then more":              {"", func(c *llmtest.Call) { ab(c); c.End(); c.Text("never") }, "ab", "stop", ""},
		"no text at all":                 {"", (*llmtest.Call).End, "", "stop", ""},
		"the end, without a word why":    {"", ab, "ab", "", llm.KindInterrupted},
		"the end before the first token": {"", (*llmtest.Call).Open, "", "", llm.KindInterrupted},
		"a reset":                        {"", func(c *llmtest.Call) { ab(c); c.Reset() }, "", "", llm.KindInterrupted},
		"a cut":                          {"", func(c *llmtest.Call) { ab(c); c.Cut() }, "ab", "", llm.KindInterrupted},
		"a cut before the first token":   {"", func(c *llmtest.Call) { c.Open(); c.Cut() }, "", "", llm.KindInterrupted},
		"a cut within an event":          {"", func(c *llmtest.Call) { ab(c); c.Raw(`data: {"choices":[{"delta":{"content":"c`); c.Cut() }, "ab", "", llm.KindInterrupted},
		"a cut behind a whole event":     {"", func(c *llmtest.Call) { ab(c); c.Raw(`data: {"choices":[{"delta":{"content":"c"}}]}`); c.Cut() }, "abc", "", llm.KindInterrupted},
		"the end within an event":        {"", func(c *llmtest.Call) { ab(c); c.Raw(`data: {"choices":[`) }, "ab", "", llm.KindInterrupted},
		"an error of OpenAI":             {llmtest.OpenAI, func(c *llmtest.Call) { ab(c); c.Fail("no") }, "ab", "", llm.KindServerError},
		"an error of vLLM":               {llmtest.VLLM, func(c *llmtest.Call) { ab(c); c.Fail("no") }, "ab", "", llm.KindServerError},
		"an error of llama.cpp":          {llmtest.LlamaCPP, func(c *llmtest.Call) { ab(c); c.Fail("no") }, "ab", "", llm.KindServerError},
		"an error of LM Studio":          {llmtest.LMStudio, func(c *llmtest.Call) { ab(c); c.Fail("no") }, "ab", "", llm.KindServerError},
		"an error of Ollama":             {llmtest.Ollama, func(c *llmtest.Call) { ab(c); c.Fail("no") }, "ab", "", llm.KindInterrupted},
		"too long, in the stream":        {llmtest.LMStudio, func(c *llmtest.Call) { c.Fail("Trying to keep the first 9 tokens when context the overflows") }, "", "", llm.KindContextExceeded},
		"an error of older llama.cpp": {"", func(c *llmtest.Call) {
			ab(c)
			c.Raw("error: {\"code\":500,\"message\":\"no\",\"type\":\"server_error\"}\n\n")
			c.Done()
		}, "ab", "", llm.KindServerError},
		"an error that is plain text":     {"", func(c *llmtest.Call) { ab(c); c.Raw("event: error\ndata: out of memory\n\n") }, "ab", "", llm.KindServerError},
		"an error beside text":            {"", data(`{"choices":[{"delta":{"content":"ab"},"finish_reason":"error"}],"error":{"message":"gone","code":502}}`), "ab", "error", llm.KindUnavailable},
		"finish reason error":             {"", data(`{"choices":[{"delta":{"content":"ab"},"finish_reason":"error"}]}`), "ab", "error", llm.KindServerError},
		"an error whose message is a map": {"", data(`{"error":{"message":{"error":{"message":"quota","code":429}}}}`), "", "", llm.KindRateLimited},
		"what is no JSON":                 {"", func(c *llmtest.Call) { ab(c); c.Raw("data: <html>\n\n") }, "ab", "", llm.KindServerError},
		"an event without end":            {"", func(c *llmtest.Call) { ab(c); c.Raw("data: " + strings.Repeat("x", 2<<20)) }, "ab", "", llm.KindServerError},
		"empty events and comments":       {"", func(c *llmtest.Call) { c.Raw("data:\n\n: x\n\n:\n\nevent: ping\n\n"); ab(c); c.End() }, "ab", "stop", ""},
		"half an emoji a chunk": {"", func(c *llmtest.Call) {
			data(`{"choices":[{"delta":{"content":"a\ud83d"}}]}`, `{"choices":[{"delta":{"content":"\ude00b"}}]}`)(c)
			c.End()
		}, "a😀b", "stop", ""},
		"half a character a chunk": {"", func(c *llmtest.Call) {
			data("{\"choices\":[{\"delta\":{\"content\":\"a\xE6\xBC\"}}]}", "{\"choices\":[{\"delta\":{\"content\":\"\xA2b\"}}]}")(c)
			c.End()
		}, "a漢b", "stop", ""},
		"half a character at the end":    {"", func(c *llmtest.Call) { data("{\"choices\":[{\"delta\":{\"content\":\"a\xE6\xBC\"}}]}")(c); c.Cut() }, "a\uFFFD", "", llm.KindInterrupted},
		"a whole message in an event":    {"", data(`{"choices":[{"message":{"content":"ab"},"finish_reason":"stop"}]}`), "ab", "stop", ""},
		"growing messages beside deltas": {"", data(`{"choices":[{"delta":{"content":"a"},"message":{"content":"a"}}]}`, `{"choices":[{"delta":{"content":"b"},"message":{"content":"ab"},"finish_reason":"stop"}]}`), "ab", "stop", ""},
		"no stream":                      {"", func(c *llmtest.Call) { c.Whole("ab") }, "ab", "stop", ""},
		"no stream, an error":            {"", func(c *llmtest.Call) { c.Refuse(200, `{"error":{"message":"no","code":503}}`) }, "", "", llm.KindUnavailable},
		"no stream, something else":      {"", func(c *llmtest.Call) { c.Refuse(200, `{"hello":"world"}`) }, "", "", llm.KindServerError},
		"no stream, too much":            {"", func(c *llmtest.Call) { c.Refuse(200, `{"a":"`+strings.Repeat("x", 9<<20)+`"}`) }, "", "", llm.KindServerError},
		"a stream that is called text": {"", func(c *llmtest.Call) {
			c.Refuse(200, "\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"ab\"}}]}\n\ndata: [DONE]\n\n")
		}, "ab", "", ""},
		"a web page":             {"", func(c *llmtest.Call) { c.Refuse(200, "<html>") }, "", "", llm.KindUnavailable},
		"an unknown compression": {"", func(c *llmtest.Call) { c.Refuse(200, "zz", "Content-Encoding", "br") }, "", "", llm.KindServerError},
		"a false compression":    {"", func(c *llmtest.Call) { c.Refuse(200, "this is not gzip at all", "Content-Encoding", "gzip") }, "", "", llm.KindServerError},
	} {
		t.Run(name, func(t *testing.T) {
			s := llmtest.New(t)
			if tt.dialect != "" {
				s.Dialect = tt.dialect
			}
			s.Next(tt.play)
			o := client(t, s.URL)
			switch name {
			case "no [DONE], then silence", "no [DONE], then a reset", "[DONE], then silence":
				o.SetGrace(50 * time.Millisecond) // all of which is waited
			}
			got, e := ask(t, o, question("?"))
			if got.Kind != tt.kind || got.Result.FinishReason != tt.finish {
				t.Errorf("ended with %q, %v; want %q, kind %q", got.Result.FinishReason, e, tt.finish, tt.kind)
			}
			if name == "a reset" { // which drops what the kernel has not handed over
				if !strings.HasPrefix("ab", got.Text) {
					t.Errorf("text %q", got.Text)
				}
			} else if got.Text != tt.text {
				t.Errorf("text %q, want %q", got.Text, tt.text)
			}
		})
	}
}

// A reset takes nothing that had been read.
func TestResetKeepsWhatArrived(t *testing.T) {
	s, read := llmtest.New(t), make(chan struct{})
	s.Next(func(c *llmtest.Call) { c.Text("a"); <-read; c.Reset() })
	text := ""
	_, err := client(t, s.URL).Stream(t.Context(), question("?"), func(d llm.Delta) { text += d.Text; close(read) })
	var e *llm.Error
	if text != "a" || !errors.As(err, &e) || e.Kind != llm.KindInterrupted {
		t.Errorf("text %q, %v", text, err)
	}
}

func TestRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		header []string
		want   llm.Error
	}{
		"500 with a web page": {500, "<html><h1>Oops</h1>", nil, llm.Error{Kind: llm.KindServerError, Status: 500}},
		"502":                 {502, "<html>", nil, llm.Error{Kind: llm.KindUnavailable, Status: 502}},
		"503 while loading":   {503, `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`, []string{"Retry-After", "2"}, llm.Error{Kind: llm.KindUnavailable, Status: 503, RetryAfter: 2 * time.Second}},
		"429 with seconds":    {429, `{}`, []string{"Retry-After", "7"}, llm.Error{Kind: llm.KindRateLimited, Status: 429, RetryAfter: 7 * time.Second}},
		"429 with a date":     {429, `{}`, []string{"Date", "Sun, 22 Nov 2026 14:00:00 GMT", "Retry-After", "Sun, 22 Nov 2026 14:01:00 GMT"}, llm.Error{Kind: llm.KindRateLimited, Status: 429, RetryAfter: time.Minute}},
		"404 for a model":     {404, `{"error":{"message":"model 'nope' not found"}}`, nil, llm.Error{Kind: llm.KindUnknownModel, Status: 404}},
		"404 for a path":      {404, `404 page not found`, nil, llm.Error{Kind: llm.KindUnavailable, Status: 404}},
		"a redirect":          {307, ``, []string{"Location", "http://192.0.2.1/"}, llm.Error{Kind: llm.KindUnavailable, Status: 307}},
		"an endless page":     {500, "<" + strings.Repeat("x", 1<<20), nil, llm.Error{Kind: llm.KindServerError, Status: 500}},
		"compressed nonsense": {500, "xx", []string{"Content-Encoding", "gzip"}, llm.Error{Kind: llm.KindServerError, Status: 500}},
	} {
		t.Run(name, func(t *testing.T) {
			s := llmtest.New(t)
			s.Next(func(c *llmtest.Call) { c.Refuse(tt.status, tt.body, tt.header...) })
			_, e := ask(t, client(t, s.URL), question("?"))
			if e == nil {
				t.Fatal("no error")
			}
			if got := (llm.Error{Kind: e.Kind, Status: e.Status, RetryAfter: e.RetryAfter}); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if n := len(s.Calls()); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestContextExceededInEveryDialect(t *testing.T) {
	for _, d := range llmtest.Dialects {
		s := llmtest.New(t)
		s.Dialect = d
		if _, e := ask(t, client(t, s.URL), question("[[context]]")); e == nil || e.Kind != llm.KindContextExceeded {
			t.Errorf("%s: %v", d, e)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	if _, e := ask(t, client(t, s.URL), question("?")); e == nil || e.Kind != llm.KindUnavailable {
		t.Errorf("got %v", e)
	}
	if _, err := client(t, s.URL).Models(t.Context()); err == nil {
		t.Error("a list of models from nowhere")
	}
}

func TestCertificateIsChecked(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // it complains of the client, rightly
	s.StartTLS()
	defer s.Close()
	if _, e := ask(t, client(t, s.URL), question("?")); e == nil || e.Kind != llm.KindUnavailable || !strings.Contains(e.Message, "certificate") {
		t.Errorf("got %v", e)
	}
}

func TestNothingToAnswer(t *testing.T) {
	if _, e := ask(t, client(t, "http://127.0.0.1:1"), llm.Request{}); e == nil || e.Kind != llm.KindBadRequest {
		t.Errorf("got %v", e)
	}
}

// Stopping an answer closes its connection at once.
func TestCancelClosesTheConnection(t *testing.T) {
	for name, tt := range map[string]struct {
		before, after func(c *llmtest.Call)
	}{
		"in mid-answer":          {func(c *llmtest.Call) { c.Text("a") }, (*llmtest.Call).Stall},
		"before the first token": {(*llmtest.Call).Open, (*llmtest.Call).Stall},
		"before the headers":     {func(*llmtest.Call) {}, (*llmtest.Call).Stall},
		"while text flows": {func(c *llmtest.Call) { c.Text("a") }, func(c *llmtest.Call) {
			for c.Wait(time.Millisecond) {
				c.Text("x ")
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			// The least of some: other work on the machine only ever adds.
			took := cancelled(t, tt.before, tt.after)
			for range 9 {
				if took <= 250*time.Millisecond {
					return
				}
				took = cancelled(t, tt.before, tt.after)
			}
			t.Errorf("left after %v", took)
		})
	}
}

// cancelled says how long after an answer was cancelled its server saw it.
func cancelled(t *testing.T, before, after llmtest.Play) time.Duration {
	t.Helper()
	s, there := llmtest.New(t), make(chan struct{})
	s.Next(func(c *llmtest.Call) { before(c); close(there); after(c) })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := client(t, s.URL).Stream(ctx, question("?"), func(llm.Delta) {})
		done <- err
	}()
	<-there
	c := s.Call(t)
	start := time.Now()
	cancel()
	err := <-done
	<-c.Ended()
	left, at := c.Left()
	if !left {
		t.Error("the connection was not closed")
	}
	var e *llm.Error
	if !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.Kind != llm.KindInterrupted {
		t.Errorf("got %v", err)
	}
	return at.Sub(start)
}

func TestDeadlineOfTheCaller(t *testing.T) {
	s := llmtest.New(t)
	s.Next((*llmtest.Call).Stall)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := client(t, s.URL).Stream(ctx, question("?"), func(llm.Delta) {})
	var e *llm.Error
	if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &e) || e.Kind != llm.KindTimeout {
		t.Errorf("got %v", err)
	}
}

func TestStalls(t *testing.T) {
	// What has to end ends after short. What must not, and what has to come before the
	// end, is given patience; the former takes longer than that in all: a busy machine
	// may hold up each of its steps.
	const short, long, patience, step = 60 * time.Millisecond, time.Minute, 3 * time.Second, 350 * time.Millisecond
	for name, tt := range map[string]struct {
		first, silence time.Duration
		play           llmtest.Play
		text           string
		kind           llm.Kind
	}{
		"signs of life before the first token": {patience, long, func(c *llmtest.Call) { comments(10, step)(c); c.Text("a"); c.End() }, "a", ""},
		"the progress of a long prompt": {patience, long, func(c *llmtest.Call) {
			for n := range 10 {
				c.Raw(fmt.Sprintf("data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null}}],\"prompt_progress\":{\"total\":900,\"processed\":%d}}\n\n", n))
				c.Wait(step)
			}
			c.Text("a")
			c.End()
		}, "a", ""},
		"progress events of LM Studio": {patience, long, func(c *llmtest.Call) {
			for range 10 {
				c.Raw("event: prompt_processing.progress\ndata: {\"type\":\"prompt_processing.progress\",\"progress\":0.5}\n\n")
				c.Wait(step)
			}
			c.Text("a")
			c.End()
		}, "a", ""},
		"no headers":                  {short, long, (*llmtest.Call).Stall, "", llm.KindTimeout},
		"no first token":              {short, long, func(c *llmtest.Call) { c.Open(); c.Stall() }, "", llm.KindTimeout},
		"the role alone":              {short, long, func(c *llmtest.Call) { c.Text(""); c.Stall() }, "", llm.KindTimeout},
		"no error body":               {patience, long, func(c *llmtest.Call) { c.Refuse(500, "<"); c.Stall() }, "", llm.KindServerError},
		"in mid-answer":               {long, short, func(c *llmtest.Call) { c.Text("a"); c.Stall() }, "a", llm.KindTimeout},
		"nothing but keep-alives":     {short, long, comments(1000, 10*time.Millisecond), "", llm.KindTimeout},
		"signs of life in mid-answer": {long, patience, func(c *llmtest.Call) { c.Text("a"); comments(10, step)(c); c.Text("b"); c.End() }, "ab", ""},
		"keep-alives without end":     {patience, short, func(c *llmtest.Call) { c.Text("a"); comments(1000, 10*time.Millisecond)(c) }, "a", llm.KindTimeout},
		"slow, but steady":            {patience, patience, func(c *llmtest.Call) { steadily(c, "abcdefghij", step) }, "abcdefghij", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Next(tt.play)
			o := client(t, s.URL, func(o *llm.OpenAIOptions) { o.FirstTokenTimeout, o.SilenceTimeout = tt.first, tt.silence })
			if strings.Contains(name, "keep-alives") {
				o.SetLongest(patience)
			}
			got, e := ask(t, o, question("?"))
			if got.Text != tt.text || got.Kind != tt.kind {
				t.Errorf("heard %q, %v; want %q, kind %q", got.Text, e, tt.text, tt.kind)
			}
		})
	}
}

func comments(n int, every time.Duration) llmtest.Play {
	return func(c *llmtest.Call) {
		c.Open()
		for range n {
			c.Comment("ping")
			if !c.Wait(every) {
				return
			}
		}
	}
}

func steadily(c *llmtest.Call, text string, every time.Duration) {
	for _, r := range text {
		c.Text(string(r))
		c.Wait(every)
	}
	c.End()
}

// Every token arrives when it is sent, compressed or not.
func TestTokensAreNotHeldBack(t *testing.T) {
	for _, gzip := range []bool{false, true} {
		s, heard := llmtest.New(t), make(chan string)
		s.Gzip = gzip
		s.Next(func(c *llmtest.Call) {
			for i := range 5 {
				want := fmt.Sprint("t", i)
				c.Text(want)
				if got := <-heard; got != want {
					t.Errorf("sent %s, heard %s", want, got)
				}
			}
			c.End()
		})
		if _, err := client(t, s.URL).Stream(t.Context(), question("?"), func(d llm.Delta) { heard <- d.Text }); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsAsked(t *testing.T) {
	s := llmtest.New(t)
	warm := 0.7
	r := llm.Request{Model: "other", MaxTokens: 99, Temperature: &warm, Messages: []llm.Message{
		{Role: llm.RoleSystem, Content: "be <brief> & \"kind\""}, {Role: llm.RoleUser, Content: "漢\xff"},
	}}
	if _, e := ask(t, client(t, s.URL, func(o *llm.OpenAIOptions) { o.APIKey = "sk-secret" }), r); e != nil {
		t.Fatal(e)
	}
	c := s.Call(t)
	if c.Model != "other" || !c.Stream || c.MaxTokens != 99 || *c.Temperature != 0.7 || c.Options == nil || !c.Options.IncludeUsage {
		t.Errorf("asked %s", c.Body)
	}
	want := []llmtest.Message{{Role: "system", Content: "be <brief> & \"kind\""}, {Role: "user", Content: "漢\uFFFD"}}
	if d := cmp.Diff(want, c.Messages); d != "" {
		t.Error(d)
	}
	if got := c.Header.Get("Authorization"); got != "Bearer sk-secret" {
		t.Errorf("Authorization %q", got)
	}
	if v, ok := c.Header["Idempotency-Key"]; ok {
		t.Errorf("sent an idempotency key %q", v)
	}
}

// A server that does not know stream_options is asked again without, and never
// again with.
func TestStreamOptionsRefused(t *testing.T) {
	s := llmtest.New(t)
	refuse := func(c *llmtest.Call) {
		c.Refuse(422, `{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{"include_usage":true}}]}`)
	}
	s.Next(refuse, speak, speak)
	o := client(t, s.URL)
	for range 2 {
		if got, e := ask(t, o, question("?")); e != nil || got.Text != poem {
			t.Errorf("heard %q, %v", got.Text, e)
		}
	}
	calls := s.Calls()
	if len(calls) != 3 || calls[1].Options != nil || calls[2].Options != nil {
		t.Errorf("%d calls", len(calls))
	}
}

func TestMaxTokensUnderItsNewName(t *testing.T) {
	s := llmtest.New(t)
	s.Next(func(c *llmtest.Call) {
		c.Refuse(400, `{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}`)
	}, speak)
	r := question("?")
	r.MaxTokens = 7
	if _, e := ask(t, client(t, s.URL), r); e != nil {
		t.Fatal(e)
	}
	if c := s.Calls()[1]; c.MaxTokens != 0 || c.MaxCompletionTokens != 7 {
		t.Errorf("asked %s", c.Body)
	}
}

// A complaint is answered once; then it is an error.
func TestRefusedAgainAndAgain(t *testing.T) {
	s := llmtest.New(t)
	refuse := func(c *llmtest.Call) { c.Refuse(400, `{"error":"stream_options and max_completion_tokens"}`) }
	s.Next(refuse, refuse, refuse, refuse)
	r := question("?")
	r.MaxTokens = 7
	if _, e := ask(t, client(t, s.URL), r); e == nil || e.Kind != llm.KindBadRequest {
		t.Errorf("got %v", e)
	}
	if n := len(s.Calls()); n != 4 { // as it is; without usage; under the new name; without a limit
		t.Errorf("asked %d times", n)
	}
}

// The key goes to its server alone, and comes back in no message or log.
func TestKeyStaysSecret(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	defer other.Close()
	const key = "sk-0123456789"
	for name, play := range map[string]llmtest.Play{
		"401":        func(c *llmtest.Call) { c.Refuse(401, `{"error":{"message":"Incorrect API key provided: `+key+`"}}`) },
		"500":        func(c *llmtest.Call) { c.Refuse(500, `{"error":{"message":"`+strings.Repeat("x ", 145)+key+`"}}`) },
		"plain text": func(c *llmtest.Call) { c.Refuse(400, "bad "+key) },
		"a redirect": func(c *llmtest.Call) { c.Refuse(308, "", "Location", other.URL+"/"+key) },
		"in stream":  func(c *llmtest.Call) { c.Fail("why " + key) },
		"nonsense":   func(c *llmtest.Call) { c.Raw("data: " + key + "\n\n") },
	} {
		s := llmtest.New(t)
		s.Next(play)
		_, e := ask(t, client(t, s.URL, func(o *llm.OpenAIOptions) { o.APIKey = key }), question("?"))
		if e == nil || strings.Contains(e.Error(), key[:8]) {
			t.Errorf("%s: %v", name, e)
		}
	}
}

func TestConnectionsAreKept(t *testing.T) {
	for _, d := range llmtest.Dialects {
		s := llmtest.New(t)
		s.Dialect = d
		o := client(t, s.URL)
		for range 3 {
			if _, e := ask(t, o, question("?")); e != nil {
				t.Fatal(e)
			}
		}
		for _, c := range s.Calls() {
			<-c.Ended()
			if left, _ := c.Left(); left || c.Remote != s.Calls()[0].Remote {
				t.Errorf("%s: left %v, from %s and %s", d, left, c.Remote, s.Calls()[0].Remote)
			}
		}
	}
}
