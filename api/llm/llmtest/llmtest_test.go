package llmtest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// post asks as the simplest client would, and returns the response unread.
func post(ctx context.Context, t *testing.T, url, content string) *http.Response {
	t.Helper()
	q, _ := json.Marshal(map[string]any{"model": "m", "stream": true, "messages": []Message{{"user", content}}})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/chat/completions", strings.NewReader(string(q)))
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// texts joins the contents of a stream, and says whether it ended with [DONE].
func texts(body io.Reader) (text string, done bool, err error) {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var v struct {
			Choices []struct {
				Delta struct{ Content, Reasoning_content string }
			}
		}
		done = data == "[DONE]"
		_ = json.Unmarshal([]byte(data), &v)
		for _, c := range v.Choices {
			text += c.Delta.Content + c.Delta.Reasoning_content
		}
	}
	return text, done, lines.Err()
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "w%04d ", i+1)
	}
	return b.String()
}

func TestWords(t *testing.T) {
	for word, tt := range map[string]struct {
		status int
		text   string
		done   bool
		broken bool
	}{
		"How are you?":                {200, Answer("How are you?"), true, false},
		"[[no such word]]":            {200, Answer("[[no such word]]"), true, false},
		"go [[slow 3 words]] go":      {200, numbers(3), true, false},
		"[[tokens 400 every 0ms]]":    {200, numbers(400), true, false},
		"[[tokens 2 every 1ms]]":      {200, numbers(2), true, false},
		"[[length]]":                  {200, numbers(12), true, false},
		"[[empty]]":                   {200, "", true, false},
		"[[cut]]":                     {200, numbers(12), false, false},
		"[[error]]":                   {200, numbers(12), false, false},
		"[[http 500]]":                {500, "", false, false},
		"[[http 503]]":                {503, "", false, false},
		"[[429]]":                     {429, "", false, false},
		"[[context]]":                 {400, "", false, false},
		"[[think]]":                   {200, "<think>\n" + Thoughts + "\n</think>\n\n" + Answer("[[think]]"), true, false},
		"[[think without opening]]":   {200, Thoughts + "\n</think>\n\n" + Answer("[[think without opening]]"), true, false},
		"[[keep-alives 3 every 1ms]]": {200, Answer("[[keep-alives 3 every 1ms]]"), true, false},
		"[[progress 3 every 1ms]]":    {200, Answer("[[progress 3 every 1ms]]"), true, false},
		"[[finish early]]":            {200, Answer("[[finish early]]"), true, false},
		"[[filter]]":                  {200, numbers(12), true, false},
		"[[late error]]":              {200, numbers(12), false, false},
		"[[quota]]":                   {200, "", false, false},
		"[[reasoning]]":               {200, "The question is short. It wants an answer. So be it." + Answer("[[reasoning]]"), true, false},
		"[[echo]]":                    {200, "```json\n[\n {\n  \"role\": \"user\",\n  \"content\": \"[[echo]]\"\n }\n]\n```\n", true, false},
	} {
		t.Run(word, func(t *testing.T) {
			s := New(t)
			resp := post(t.Context(), t, s.URL, word)
			text, done, err := texts(resp.Body)
			if resp.StatusCode != tt.status || text != tt.text || done != tt.done || (err != nil) != tt.broken {
				t.Errorf("status %d, done %v, %v, text %q", resp.StatusCode, done, err, text)
			}
		})
	}
}

func TestBreakIsAReset(t *testing.T) {
	s := New(t)
	if _, done, err := texts(post(t.Context(), t, s.URL, "[[break]]").Body); err == nil || done {
		t.Errorf("done %v, %v", done, err)
	}
}

func TestRetryAfter(t *testing.T) {
	for word, want := range map[string]string{"[[429]]": "7", "[[429 30]]": "30"} {
		s := New(t)
		if got := post(t.Context(), t, s.URL, word).Header.Get("Retry-After"); got != want {
			t.Errorf("%s: %q", word, got)
		}
	}
}

func TestOnceFailsOnce(t *testing.T) {
	s := New(t)
	for i, want := range []int{500, 200, 200} {
		if got := post(t.Context(), t, s.URL, "[[http 500 once]]").StatusCode; got != want {
			t.Errorf("time %d: status %d", i+1, got)
		}
	}
	if got := post(t.Context(), t, s.URL, "another [[http 500 once]]").StatusCode; got != 500 {
		t.Errorf("another text: status %d", got)
	}
}

// A stall ends when the client leaves, and /stats tells it.
func TestStallAndStats(t *testing.T) {
	s := New(t)
	ctx, cancel := context.WithCancel(t.Context())
	body := bufio.NewReader(post(ctx, t, s.URL, "[[stall]]").Body)
	for {
		line, err := body.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, "w0012") {
			break
		}
	}
	if st := s.Stats(); st.Running != 1 || st.Aborted != 0 || st.Streams[0].State != "running" || st.Streams[0].Ended != nil {
		t.Errorf("while it stalls: %+v", st)
	}
	cancel()
	c := s.Call(t)
	<-c.Ended()
	resp, err := http.Get(strings.TrimSuffix(s.URL, "/v1") + "/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var st Stats
	if err := json.NewDecoder(resp.Body).Decode(&st); err != nil {
		t.Fatal(err)
	}
	one := st.Streams[0]
	if st.Running != 0 || st.Aborted != 1 || one.State != "aborted" || one.Words != 12 || one.Question != "[[stall]]" || one.Ended == nil || one.Ended.Before(one.Began) {
		t.Errorf("after it was left: %+v", st)
	}
}

func TestKeyIsDemanded(t *testing.T) {
	s := New(t)
	s.Key = "k"
	if got := post(t.Context(), t, s.URL, "x").StatusCode; got != 401 {
		t.Errorf("status %d", got)
	}
}

// The separate process prints its address first and ends when it is told to.
func TestFakeserver(t *testing.T) {
	bin := t.TempDir() + "/fakeserver"
	if out, err := exec.Command("go", "build", "-o", bin, "./fakeserver").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, "-listen", "127.0.0.1:0", "-pace", "0", "-dialect", "ollama")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if text, done, err := texts(post(ctx, t, strings.TrimSpace(url), "hello").Body); text != Answer("hello") || !done || err != nil {
		t.Errorf("done %v, %v, text %q", done, err, text)
	}
	cancel()
	if err := cmd.Wait(); err != nil && ctx.Err() == nil {
		t.Error(err)
	}
	if out, err := exec.Command(bin, "-dialect", "klingon").CombinedOutput(); err == nil || !strings.Contains(string(out), "no dialect") {
		t.Errorf("%v: %s", err, out)
	}
}

// What is held says no more before it is released, and is then whole.
func TestHeld(t *testing.T) {
	s := New(t)
	body := post(t.Context(), t, s.URL, "[[tokens 9 every 0ms held at 4 7]]").Body
	read := make(chan string, 1)
	go func() {
		text, _, _ := texts(body)
		read <- text
	}()
	for _, words := range []int{4, 7} {
		for s.Stats().Streams[0].Words < words {
			time.Sleep(time.Millisecond)
		}
		if st := s.Stats().Streams[0]; st.Words != words || st.State != "running" {
			t.Errorf("held at %d: %+v", words, st)
		}
		resp, err := http.Post(strings.TrimSuffix(s.URL, "/v1")+"/release", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	if got := <-read; got != numbers(9) {
		t.Errorf("got %q", got)
	}
	http.DefaultClient.CloseIdleConnections()
}
