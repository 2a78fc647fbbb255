package llm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// OpenAIOptions says where a server with OpenAI's protocol is and how patient to
// be with it. Durations of 0 take the default.
type OpenAIOptions struct {
	BaseURL string // such as http://localhost:11434/v1; without a path, /v1 is meant
	APIKey  string // goes to the host of BaseURL alone; "" sends none
	Model   string // what Request.Model "" means; "" takes the first that the server lists
	Name    string // default "openai"

	// ContextTokens is the context of every model there, for servers that do
	// not tell or tell wrong; 0 believes the server.
	ContextTokens int

	// Dial makes the connections, and must be there: a client opens none itself.
	// It is asked for the host of BaseURL alone.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	ConnectTimeout time.Duration // for a connection and its TLS; default 5 s
	// FirstTokenTimeout is how long the server may send nothing at all before its
	// first token; default 5 min. Each sign of life, such as a comment or the
	// progress of a long prompt, starts it again. An hour without a token, or
	// FirstTokenTimeout if that is longer, ends an answer all the same.
	FirstTokenTimeout time.Duration
	SilenceTimeout    time.Duration // the same, after the first token; default 60 s
}

// An OpenAI is a client for one server that speaks OpenAI's protocol, in any of
// the dialects that decode lists. It is safe for concurrent use. It dials
// nothing but the host of its base URL.
type OpenAI struct {
	o     OpenAIOptions
	keyRE *regexp.Regexp // matches the API key in what the server says; nil if there is none
	base  *url.URL
	http  *http.Client
	grace time.Duration // for what may follow the finish reason
	drain time.Duration // for the end of a body after [DONE]
	now   func() time.Time

	longest time.Duration // without a token, whatever else comes

	refusals refusals               // what the server does not accept, by model
	chosen   atomic.Pointer[string] // the model for "", where none is set

	mu      sync.Mutex
	loaded  map[string]int // contexts that Ollama had in force, by model
	learned map[string]int // contexts that errors told, by model
}

// NewOpenAI makes a client, without connecting. The error names the option that
// is wrong, and no secret.
func NewOpenAI(o OpenAIOptions) (*OpenAI, error) {
	base, err := baseURL(o.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("llm: %w", err)
	}
	o.APIKey = strings.TrimSpace(o.APIKey)
	if strings.ContainsFunc(o.APIKey, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("llm: the API key holds spaces or characters that no header may hold")
	}
	if o.Dial == nil {
		return nil, errors.New("llm: nothing dials")
	}
	if o.Name == "" {
		o.Name = "openai"
	}
	if o.ContextTokens < 0 {
		return nil, errors.New("llm: the context length must not be below 0")
	}
	for _, d := range []struct {
		is   *time.Duration
		name string
		or   time.Duration
	}{
		{&o.ConnectTimeout, "connect", 5 * time.Second},
		{&o.FirstTokenTimeout, "first token", 5 * time.Minute},
		{&o.SilenceTimeout, "silence", 60 * time.Second},
	} {
		switch {
		case *d.is < 0:
			return nil, fmt.Errorf("llm: the %s timeout must not be below 0", d.name)
		case *d.is == 0:
			*d.is = d.or
		}
	}
	c := &OpenAI{
		o: o, keyRE: keyPattern(o.APIKey), base: base, http: guarded(hostPort(base), o.Dial, o.ConnectTimeout),
		grace: 10 * time.Second, drain: 100 * time.Millisecond, longest: longestWait, loaded: map[string]int{}, learned: map[string]int{},
	}
	c.now = time.Now
	return c, nil
}

// Name returns the provider's name.
func (o *OpenAI) Name() string { return o.o.Name }

// BaseURL returns the address in use, completed, without any secret.
func (o *OpenAI) BaseURL() string { return o.base.String() }

// Close closes the connections that wait for reuse. Answers that run go on.
func (o *OpenAI) Close() { o.http.CloseIdleConnections() }

// send makes one request to a URL of the server, with JSON. Without any it asks with
// GET.
func (o *OpenAI) send(ctx context.Context, u *url.URL, body []byte) (*http.Response, error) {
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "text/event-stream, application/json")
	r.Header.Set("Accept-Encoding", "identity")
	r.Header.Set("User-Agent", "parley")
	// An empty key is not sent; it lets net/http ask once more where a kept
	// connection turns out to be closed before the server saw anything.
	r.Header["Idempotency-Key"] = nil
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if o.o.APIKey != "" {
		r.Header.Set("Authorization", "Bearer "+o.o.APIKey)
	}
	return o.http.Do(r)
}
