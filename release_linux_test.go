package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parley-app/parley/api/llm/llmtest"
	"github.com/parley-app/parley/api/scan/scantest"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv/bolt"
)

// releaseBinary builds the program as a release does, once for all tests.
var releaseBinary = sync.OnceValues(func() (string, error) {
	path, err := filepath.Abs(".cache/parley-under-test")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.version=test", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// A release is the real program, running.
type release struct {
	t      *testing.T
	cmd    *exec.Cmd
	data   string
	url    string
	token  string // of the set-up
	client *http.Client
	stderr syncedBuffer
	stdout bytes.Buffer
}

// startRelease runs the program, under strace if trace names where that writes.
func startRelease(t *testing.T, trace string, environ ...string) *release {
	t.Helper()
	path, err := releaseBinary()
	if err != nil {
		t.Fatal(err)
	}
	r := &release{t: t, data: t.TempDir()}
	args := []string{path, "serve", "--listen", "127.0.0.1:0", "--data", r.data}
	if trace != "" {
		args = append([]string{"strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-e", "signal=none", "-s", "0", "-o", trace}, args...)
	}
	r.cmd = exec.Command(args[0], args[1:]...)
	r.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, environ...)
	r.cmd.Stderr = &r.stderr
	pipe, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatalf("%v (scripts/needs strace installs what is missing)", err)
	}
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	said := regexp.MustCompile(`Parley is at (\S+)\n(?s:.*)\?token=(\S+)\n`)
	for b := make([]byte, 4096); ; {
		n, err := pipe.Read(b)
		r.stdout.Write(b[:n])
		if m := said.FindStringSubmatch(r.stdout.String()); m != nil {
			r.url, r.token = m[1], m[2]
			break
		}
		if err != nil {
			_ = r.cmd.Wait()
			t.Fatalf("it ended: %s%s", &r.stdout, &r.stderr)
		}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r.client = &http.Client{Jar: jar, Timeout: time.Minute}
	return r
}

// stop ends the program, which strace hands the signal on to.
func (r *release) stop() {
	r.t.Helper()
	r.client.CloseIdleConnections()
	pid := r.cmd.Process.Pid
	if child, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid)); err == nil && len(bytes.Fields(child)) == 1 {
		_, _ = fmt.Sscan(string(child), &pid)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		r.t.Fatal(err)
	}
	if err := r.cmd.Wait(); err != nil {
		r.t.Errorf("it ended with %v:\n%s", err, &r.stderr)
	}
}

// do sends JSON and returns the status and what came back.
func (r *release) do(method, path, body string, header ...string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Origin", r.url)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// must is do for what is to succeed; it returns a field of the answer.
func (r *release) must(field, method, path, body string) string {
	r.t.Helper()
	status, answer := r.do(method, path, body)
	if status >= 300 {
		r.t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	var m map[string]any
	_ = json.Unmarshal([]byte(answer), &m) // or there is no field
	s, _ := m[field].(string)
	return s
}

// The binary that people get hashes at the cost that is set, and at none below 10
// whatever is set.
func TestTheReleaseHashesForReal(t *testing.T) {
	path, err := releaseBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, cost := range []string{"0", "4", "9", "-1", "99"} {
		cmd := exec.CommandContext(t.Context(), path, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir())
		cmd.Env = []string{"PARLEY_AUTH_BCRYPT_COST=" + cost}
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "it must be a whole number from 10 to 16") {
			t.Errorf("cost %s: %v, %s", cost, err, out)
		}
	}
	for cost, want := range map[string]string{"": "$2a$12$", "PARLEY_AUTH_BCRYPT_COST=10": "$2a$10$"} {
		r := startRelease(t, "", cost)
		r.must("", "POST", "/api/v1/setup", `{"token":"`+r.token+`","username":"root","email":"root@example.org","password":"correct horse battery"}`)
		r.stop()
		e, err := bolt.Open(filepath.Join(r.data, "parley.db"), bolt.Options{AppendOrdered: store.AppendOrdered()})
		if err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), e, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.View(t.Context(), func(tx *store.Tx) error {
			u, err := tx.UserByLogin("root")
			if err == nil && !strings.HasPrefix(u.PasswordHash, want) {
				t.Errorf("with %q the hash begins %s", cost, u.PasswordHash[:7])
			}
			return err
		}); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

var initialised = regexp.MustCompile(`(?m)^init (\S+) @.* (\d+) bytes, \d+ allocs$`)

// What packages make before main begins costs every start and every command, also those
// that never need it. It is the same each time, so unlike the time it can be tested.
func TestAStartMakesLittle(t *testing.T) {
	path, err := releaseBinary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "version")
	cmd.Env = []string{"GODEBUG=inittrace=1"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	total := 0
	for _, m := range initialised.FindAllStringSubmatch(string(out), -1) {
		n, _ := strconv.Atoi(m[2])
		if total += n; n > 2<<20 {
			t.Errorf("%s makes %d bytes before main begins: have it wait until somebody asks", m[1], n)
		}
	}
	if total < 1000 || total > 6<<20 {
		t.Errorf("packages make %d bytes before main begins:\n%s", total, out)
	}
	t.Logf("%d bytes", total)
}

// canaries are what a log must never hold, by what they are.
type canaries map[string]string

// quoted returns a canary as a JSON string.
func (c canaries) quoted(what string) string {
	b, _ := json.Marshal(c[what]) // a string always encodes
	return string(b)
}

// TestAWholeRun goes through a day of Parley with the real program, and looks at
// every connection that it made and every line that it logged.
func TestAWholeRun(t *testing.T) {
	model := llmtest.New(t)
	clamd := scantest.NewTCP(t)
	trace := filepath.Join(t.TempDir(), "trace")
	secrets := canaries{
		"the master key":            "canary-master-key-of-more-than-32-bytes",
		"the model server's key":    "canary-api-key",
		"a password":                "canary correct horse battery",
		"another password":          "canary staple tractor fiddle",
		"a wrong password":          "canary wrong password",
		"a question":                "canary question",
		"a question by socket":      "canary question by socket",
		"an edited question":        "canary edited",
		"a title":                   "canary title",
		"a file's content":          "canary in a file",
		"instructions":              "canary instructions",
		"words of a bad request":    "canary bad request",
		"a secret in an address":    "canary-in-query",
		"a token that is none":      "canary-token",
		"a header that nobody asks": "canary-header",
	}
	r := startRelease(t, trace, "OPENAI_BASE_URL="+model.URL, "OPENAI_API_KEY="+secrets["the model server's key"],
		"PARLEY_AUTH_MASTER_KEY="+secrets["the master key"], "PARLEY_SCANNER_URL="+clamd.URL, "PARLEY_LOG_LEVEL=debug", "PARLEY_AUTH_BCRYPT_COST=10", "HTTP_PROXY=http://192.0.2.1:3128", "HTTPS_PROXY=http://192.0.2.1:3128")
	r.liveADay(secrets)
	r.stop()
	log := r.stderr.String()
	for what, secret := range secrets {
		if i := strings.Index(log, secret); i >= 0 {
			t.Errorf("the log holds %s: %s", what, lineAt(log, i))
		}
		if escaped := url.QueryEscape(secret); strings.Contains(log, escaped) {
			t.Errorf("the log holds %s, escaped", what)
		}
	}
	if !strings.Contains(log, "path=/api/v1/auth/login") {
		t.Errorf("the log has not seen the day:\n%s", log)
	}
	onlyThere(t, trace, model.URL, clamd.URL)
}

func lineAt(log string, i int) string {
	line := log[strings.LastIndexByte(log[:i], '\n')+1:]
	line, _, _ = strings.Cut(line, "\n")
	return line
}

// liveADay does what people and their clients do, right and wrong.
func (r *release) liveADay(secrets canaries) {
	r.t.Helper()
	first := r.must("access_token", "POST", "/api/v1/setup", `{"token":"`+r.token+`","username":"root","email":"root@example.org","password":"`+secrets["a password"]+`"}`)
	secrets["the set-up token"], secrets["an access token"] = r.token, first
	r.do("POST", "/api/v1/auth/login", `{"login":"root","password":"`+secrets["a wrong password"]+`"}`)
	secrets["a second access token"] = r.must("access_token", "POST", "/api/v1/auth/login", `{"login":"root","password":"`+secrets["a password"]+`"}`)
	project := r.must("id", "POST", "/api/v1/projects", `{"name":"Garden","instructions":"`+secrets["instructions"]+`"}`)
	thread := r.must("id", "POST", "/api/v1/threads", `{"project_id":"`+project+`","title":"`+secrets["a title"]+`"}`)
	status, sent := r.do("POST", "/api/v1/threads/"+thread+"/messages?wait=true", `{"content":"`+secrets["a question"]+`"}`)
	var m struct {
		Message struct{ ID string }
		Answer  struct{ Content, Status string }
	}
	if err := json.Unmarshal([]byte(sent), &m); err != nil || status != 201 || m.Answer.Status != "complete" {
		r.t.Fatalf("asked: %d %s", status, sent)
	}
	secrets["an answer"] = strings.TrimSpace(strings.SplitN(m.Answer.Content, "\n", 2)[0])
	r.bring(thread, secrets["a file's content"])
	r.must("", "PATCH", "/api/v1/messages/"+m.Message.ID, `{"content":"`+secrets["an edited question"]+`"}`)
	r.untilAnswered(thread)
	for _, question := range []string{"[[http 500]]", "[[break]]", "[[429]]"} {
		r.must("", "POST", "/api/v1/threads/"+thread+"/messages?wait=true", `{"content":"`+secrets["a question"]+" "+question+`"}`)
	}
	r.talk(thread, secrets["a second access token"], secrets["a question by socket"])
	r.do("POST", "/api/v1/threads", `{"project_id":"`+secrets["words of a bad request"]+`","strange":"`+secrets["words of a bad request"]+`"`)
	r.do("POST", "/api/v1/auth/login", `{"login":["`+secrets["a password"]+`"],"password":7}`)
	r.do("GET", "/api/v1/threads?search="+url.QueryEscape(secrets["a question"])+"&token="+secrets["a secret in an address"], "")
	r.do("GET", "/setup?token="+secrets["a secret in an address"], "", "Accept", "text/html")
	r.do("GET", "/api/v1/users/me", "", "Authorization", "Bearer "+secrets["a token that is none"])
	r.do("GET", "/api/v1/users/me", "", "Authorization", "Basic "+secrets["a token that is none"], "X-Api-Key", secrets["a header that nobody asks"])
	r.must("", "POST", "/api/v1/users/me/password", `{"current":"`+secrets["a password"]+`","new":"`+secrets["another password"]+`"}`)
	refresh, _ := url.Parse(r.url + "/api/v1/auth/refresh")
	for _, c := range r.client.Jar.Cookies(refresh) {
		secrets["the cookie "+c.Name] = c.Value
	}
	r.must("", "POST", "/api/v1/auth/refresh", `{}`)
	r.do("GET", "/health", "")
	r.do("GET", "/metrics", "")
	r.must("", "POST", "/api/v1/auth/logout", `{}`)
}

// untilAnswered waits until no answer is being written in a thread.
func (r *release) untilAnswered(thread string) {
	r.t.Helper()
	for end := time.Now().Add(patience); ; <-time.After(50 * time.Millisecond) {
		status, answer := r.do("GET", "/api/v1/threads/"+thread+"/messages", "")
		if status == 200 && !strings.Contains(answer, `"status":"streaming"`) {
			return
		}
		if status != 200 || time.Now().After(end) {
			r.t.Fatalf("looked for the answer: %d %s", status, answer)
		}
	}
}

// bring uploads a file, and waits until the scanner has looked at it.
func (r *release) bring(thread, content string) {
	r.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "notes.txt")
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := io.WriteString(part, content); err != nil {
		r.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		r.t.Fatal(err)
	}
	status, answer := r.do("POST", "/api/v1/threads/"+thread+"/attachments", body.String(), "Content-Type", w.FormDataContentType())
	var f struct{ ID string }
	if err := json.Unmarshal([]byte(answer), &f); err != nil || status != 201 {
		r.t.Fatalf("brought: %d %s", status, answer)
	}
	for end := time.Now().Add(patience); ; <-time.After(20 * time.Millisecond) {
		status, answer := r.do("GET", "/api/v1/attachments/"+f.ID+"/content", "")
		if status == 200 && answer == content {
			return
		}
		if !strings.Contains(answer, "scan_pending") || time.Now().After(end) {
			r.t.Fatalf("looked at: %d %s", status, answer)
		}
	}
}

// openSocket asks for a socket and sends a frame of less than 64 KiB and what follows it,
// without waiting for any answer.
func (r *release) openSocket(token, frame string, more ...byte) net.Conn {
	r.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		r.t.Fatal(err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer %s\r\n\r\n", token)
	out.Write([]byte{0x81, 0x80 | 126, byte(len(frame) >> 8), byte(len(frame)), 0, 0, 0, 0}) // masked by zeros
	out.WriteString(frame)
	out.Write(more)
	if _, err := conn.Write(out.Bytes()); err != nil {
		r.t.Fatal(err)
	}
	return conn
}

// talk asks by the socket, with a client of its own: a handshake and one frame.
func (r *release) talk(thread, token, question string) {
	r.t.Helper()
	conn := r.openSocket(token, `{"type":"send_message","thread_id":"`+thread+`","content":"`+question+`"}`)
	defer conn.Close()
	var got []byte
	for b := make([]byte, 4096); !bytes.Contains(got, []byte(`"ack"`)); {
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			r.t.Fatal(err)
		}
		n, err := conn.Read(b)
		if got = append(got, b[:n]...); err != nil {
			r.t.Fatalf("the socket says %q, %v", got, err)
		}
	}
}

var addresses = regexp.MustCompile(`sa_family=(AF_\w+)(?:.*?sin6?_port=htons\((\d+)\))?(?:.*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"))?`)

// onlyThere fails for every address that the trace has and that is of none of the
// URLs, and for every one of those that it has not.
func onlyThere(t *testing.T, trace string, urls ...string) {
	t.Helper()
	var may []string
	for _, s := range urls {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		may = append(may, u.Host)
	}
	b, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	seen := []string{}
	for line := range strings.Lines(string(b)) {
		m := addresses.FindStringSubmatch(line)
		if m == nil || m[1] == "AF_UNSPEC" {
			continue
		}
		at := m[1]
		if m[1] == "AF_INET" || m[1] == "AF_INET6" {
			at = net.JoinHostPort(m[3]+m[4], m[2])
		}
		if !slices.Contains(may, at) {
			t.Errorf("it went elsewhere: %s", line)
		}
		seen = append(seen, at)
	}
	for _, at := range may {
		if !slices.Contains(seen, at) {
			t.Errorf("the trace has not seen %s:\n%s", at, b)
		}
	}
}
