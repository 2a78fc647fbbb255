package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	probeTimeout = 2 * time.Second
	maxShown     = 32 // models that Ollama is asked about, one by one

	// ollamaDefault is the context that Ollama gives a model unless told
	// otherwise. A longer prompt is cut without a word (testdata/ollama/
	// over-context.http), so what is not known must not be guessed higher.
	ollamaDefault = 4096

	cannotChat = -1 // in place of a context: the model holds no conversation
)

// contexts finds out how long the context of each model is: what is set wins;
// then what the list tells; then, best effort and within two seconds, what the
// native routes of LM Studio, llama.cpp and Ollama tell.
func (o *OpenAI) contexts(ctx context.Context, list []listed) map[string]int {
	told, missing := map[string]int{}, []listed(nil)
	for _, l := range list {
		if told[l.ID] = l.inForce(); o.o.ContextTokens > 0 {
			told[l.ID] = o.o.ContextTokens
		}
		if told[l.ID] == 0 {
			missing = append(missing, l)
		}
	}
	if len(missing) == 0 {
		return told
	}
	native := o.probe(ctx, missing)
	for _, l := range missing {
		if told[l.ID] = native[l.ID]; told[l.ID] == 0 {
			told[l.ID] = l.atMost()
		}
	}
	return told
}

// probe asks all three kinds of server at once; two of them do not exist.
func (o *OpenAI) probe(ctx context.Context, list []listed) map[string]int {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	found := make([]map[string]int, 3)
	var all sync.WaitGroup
	for i, ask := range []func(context.Context, []listed) map[string]int{o.askLMStudio, o.askLlamaCPP, o.askOllama} {
		all.Go(func() { found[i] = ask(ctx, list) })
	}
	all.Wait()
	for _, m := range found {
		if len(m) > 0 {
			return m
		}
	}
	return nil
}

// native calls a route beside /v1, with JSON to ask or none, and decodes its own into
// out.
func (o *OpenAI) native(ctx context.Context, path string, ask []byte, out any) bool {
	root := url.URL{Scheme: o.base.Scheme, Host: o.base.Host, Path: strings.TrimSuffix(o.base.Path, "/v1")}
	resp, err := o.send(ctx, root.JoinPath(path), ask)
	if err != nil {
		return false
	}
	body, err := o.body(resp)
	return err == nil && resp.StatusCode == http.StatusOK && json.Unmarshal(body, out) == nil
}

func (o *OpenAI) askLMStudio(ctx context.Context, _ []listed) map[string]int {
	var reply struct {
		Data []listed `json:"data"`
	}
	if !o.native(ctx, "/api/v0/models", nil, &reply) {
		return nil
	}
	found := map[string]int{}
	for _, l := range reply.Data {
		switch n := l.inForce(); {
		case embeds(l):
			found[l.ID] = cannotChat
		case n > 0:
			found[l.ID] = n
		default:
			found[l.ID] = l.atMost()
		}
	}
	return found
}

// askLlamaCPP asks for the context of one slot, which is what a request gets. A
// server with several models is a router, whose answer is about none of them.
func (o *OpenAI) askLlamaCPP(ctx context.Context, list []listed) map[string]int {
	var reply struct {
		Settings struct {
			NCtx number `json:"n_ctx"`
		} `json:"default_generation_settings"`
	}
	if len(list) != 1 || !o.native(ctx, "/props", nil, &reply) || reply.Settings.NCtx == 0 {
		return nil
	}
	return map[string]int{list[0].ID: int(reply.Settings.NCtx)}
}

// askOllama asks what is loaded, and with which context; then, for models that
// are not, what it was when they were, what their Modelfile sets, and at last
// what they would get.
func (o *OpenAI) askOllama(ctx context.Context, list []listed) map[string]int {
	var ps struct {
		Models []struct {
			Name    string `json:"name"`
			Context number `json:"context_length"`
		} `json:"models"`
	}
	if !o.native(ctx, "/api/ps", nil, &ps) || ps.Models == nil {
		return nil
	}
	o.mu.Lock()
	for _, m := range ps.Models {
		if m.Context > 0 && len(o.loaded) < maxModels {
			o.loaded[m.Name] = int(m.Context)
		}
	}
	found := map[string]int{}
	for _, l := range list {
		found[l.ID] = o.loaded[l.ID]
	}
	o.mu.Unlock()
	asked := 0
	for _, l := range list {
		if found[l.ID] == 0 && asked < maxShown && ctx.Err() == nil {
			found[l.ID] = o.show(ctx, l.ID)
			asked++
		}
	}
	return found
}

// show asks Ollama about one model.
func (o *OpenAI) show(ctx context.Context, id string) int {
	var reply struct {
		Parameters   string                     `json:"parameters"`
		Info         map[string]json.RawMessage `json:"model_info"`
		Capabilities []string                   `json:"capabilities"`
	}
	if !o.native(ctx, "/api/show", append(appendText([]byte(`{"model":`), id), '}'), &reply) {
		return 0
	}
	if len(reply.Capabilities) > 0 && !strings.Contains(strings.Join(reply.Capabilities, " "), "completion") {
		return cannotChat
	}
	for line := range strings.Lines(reply.Parameters) {
		f := strings.Fields(line)
		if len(f) == 2 && f[0] == "num_ctx" {
			if n, err := strconv.Atoi(f[1]); err == nil && n > 0 {
				return n
			}
		}
	}
	for k, v := range reply.Info {
		var n number
		if strings.HasSuffix(k, ".context_length") && json.Unmarshal(bytes.TrimSpace(v), &n) == nil && n > 0 {
			return min(int(n), ollamaDefault)
		}
	}
	return 0
}
