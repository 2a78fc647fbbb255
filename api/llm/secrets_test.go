package llm_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/parley-app/parley/api/llm"
)

// echoes are the ways in which a model server, or a proxy before it, repeats the API key.
var echoes = map[string]func(w http.ResponseWriter, key string){
	"error": func(w http.ResponseWriter, key string) { status(w, 500, `{"error":{"message":"bad key `+key+`"}}`) },
	"error of the form": func(w http.ResponseWriter, key string) {
		status(w, 400, `{"detail":[{"loc":["a","`+key+`"],"msg":"no"}]}`)
	},
	"error, escaped": func(w http.ResponseWriter, key string) {
		status(w, 500, `{"error":"`+strings.ReplaceAll(strings.ReplaceAll(key, "/", `\/`), "+", `\u002B`)+`"}`)
	},
	"error, twice escaped": func(w http.ResponseWriter, key string) {
		b, _ := json.Marshal(`{"upstream": "` + strings.ReplaceAll(strings.ReplaceAll(key, "/", `\/`), "+", `\u002B`) + `"`)
		status(w, 502, `{"error":`+string(b)+`}`)
	},
	"in a URL":           func(w http.ResponseWriter, key string) { status(w, 503, "no upstream /v1?k="+url.QueryEscape(key)) },
	"in a URL, lower":    func(w http.ResponseWriter, key string) { status(w, 500, strings.ToLower(url.QueryEscape(key))) },
	"page":               func(w http.ResponseWriter, key string) { status(w, 502, "<title>"+html.EscapeString(key)+"</title>") },
	"page without title": func(w http.ResponseWriter, key string) { status(w, 502, "<p>"+html.EscapeString(key)) },
	"page under 200":     func(w http.ResponseWriter, key string) { status(w, 200, "<h1>"+html.EscapeString(key)+"</h1>") },
	"error under 200":    func(w http.ResponseWriter, key string) { status(w, 200, `{"error":{"message":"`+key+`"}}`) },
	"strange under 200":  func(w http.ResponseWriter, key string) { status(w, 200, `{"request":{"authorization":"`+key+`"}}`) },
	"broken JSON":        func(w http.ResponseWriter, key string) { status(w, 200, `{"request":"`+key) },
	"text":               func(w http.ResponseWriter, key string) { status(w, 200, "refused "+key) },
	"event": func(w http.ResponseWriter, key string) {
		status(w, 200, "data: {\"x\":\""+key+"\"}\n\ndata: [DONE]\n\n")
	},
	"error event":  func(w http.ResponseWriter, key string) { status(w, 200, "event: error\ndata: "+key+"\n\n") },
	"broken event": func(w http.ResponseWriter, key string) { status(w, 200, "data: {\"x\":\""+key+"\n\n") },
	"reason": func(w http.ResponseWriter, key string) {
		status(w, 200, `{"choices":[{"finish_reason":"error: `+key+`"}]}`)
	},
	"cut after 300 signs": func(w http.ResponseWriter, key string) { status(w, 500, strings.Repeat("x ", 142)+key) },
	"cut, an event": func(w http.ResponseWriter, key string) {
		status(w, 200, `data: {"x":"`+strings.Repeat("x ", 140)+key+"\"}\n\ndata: [DONE]\n\n")
	},
	"cut, a long event": func(w http.ResponseWriter, key string) {
		status(w, 200, `data: {"x":"`+strings.Repeat(" ", 4070)+key+"\"}\n\ndata: [DONE]\n\n")
	},
	"cut, long text":    func(w http.ResponseWriter, key string) { status(w, 200, "refused "+strings.Repeat(" ", 4070)+key) },
	"cut by the server": func(w http.ResponseWriter, key string) { status(w, 500, `{"error":"bad key `+key[:len(key)-5]+`..."}`) },
	"encoding": func(w http.ResponseWriter, key string) {
		w.Header().Set("Content-Encoding", "a-coding-with-a-name-"+key)
		status(w, 200, "{}")
	},
	"redirect": func(w http.ResponseWriter, key string) {
		w.Header().Set("Location", "http://%zz/"+key)
		status(w, 302, "")
	},
	"status line": func(w http.ResponseWriter, key string) { raw(w, "HTTP/1.1 "+key+"\r\n\r\n") },
	"no header": func(w http.ResponseWriter, key string) {
		raw(w, "HTTP/1.1 200 OK\r\nAuthorization Bearer "+key+"\r\n\r\n")
	},
	"no HTTP": func(w http.ResponseWriter, key string) { raw(w, key+"\r\n\r\n") },
	"broken chunk": func(w http.ResponseWriter, key string) {
		raw(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+key+"\r\n")
	},
}

func status(w http.ResponseWriter, code int, body string) {
	w.WriteHeader(code)
	_, _ = io.WriteString(w, body)
}

func raw(w http.ResponseWriter, text string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, text)
	_ = conn.Close()
}

// Errors reveal neither the API key nor its beginning, however a server echoes it.
func TestErrorsRevealNoAPIKey(t *testing.T) {
	for _, key := range []string{"canary0123456789abcdef", "canary/0123+456<7&89=abc'\"def"} {
		for name, echo := range echoes {
			for _, prefix := range []string{"", "Bearer "} {
				if strings.Contains(key, `"`) && (name == "text" || strings.Contains(name, "event")) {
					continue // it would be other JSON
				}
				s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { echo(w, prefix+key) }))
				o := client(t, s.URL, func(o *llm.OpenAIOptions) { o.APIKey, o.Model = key, "m" })
				result, e := ask(t, o, question("?"))
				_, listed := o.Models(t.Context())
				told := fmt.Sprint(result, e, listed)
				if e == nil && name != "reason" {
					t.Errorf("%s: no error: %s", name, told)
				} else if e != nil {
					told += e.Message + fmt.Sprint(e.Err)
				}
				if i := strings.Index(strings.ToLower(told), "canary"); i >= 0 {
					t.Errorf("%s of %q reveals the key: %q", name, prefix+key, told[max(0, i-20):])
				}
				s.Close()
			}
		}
	}
}

// A short key hides no words, and one that is long hides nothing else.
func TestRedactionKeepsTheRest(t *testing.T) {
	for key, said := range map[string]string{"key": "the key is wrong", "ollama": "Ollama is not ready", "canary0123456789abcdef": "a canary sings"} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { status(w, 500, said) }))
		_, e := ask(t, client(t, s.URL, func(o *llm.OpenAIOptions) { o.APIKey, o.Model = key, "m" }), question("?"))
		if e == nil || !strings.Contains(e.Message, said) {
			t.Errorf("%s: %v, want %q", key, e, said)
		}
		s.Close()
	}
}
