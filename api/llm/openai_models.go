package llm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	listTimeout = 10 * time.Second
	maxModels   = 1000 // of a list; a hub with more is searched, not listed
)

// A listed is a model as a server lists it. Where its context is told, and by
// whom: max_model_len (vLLM), meta.n_ctx and, older, n_ctx_train alone
// (llama.cpp, NousResearch/hermes-agent#78212), loaded_context_length and
// max_context_length (LM Studio's /api/v0, lmstudio.ai/docs/api/rest-api),
// context_length (OpenRouter), context_window (Groq).
type listed struct {
	ID            string `json:"id"`
	Type          string `json:"type"`
	MaxModelLen   number `json:"max_model_len"`
	LoadedContext number `json:"loaded_context_length"`
	ContextLength number `json:"context_length"`
	ContextWindow number `json:"context_window"`
	MaxContext    number `json:"max_context_length"`
	Meta          struct {
		NCtx      number `json:"n_ctx"`
		NCtxTrain number `json:"n_ctx_train"`
	} `json:"meta"`
}

// inForce is the context that the server works with, 0 if it does not say.
func (l listed) inForce() int {
	return int(cmp.Or(l.MaxModelLen, l.Meta.NCtx, l.LoadedContext, l.ContextLength, l.ContextWindow))
}

// atMost is the context that the model could have.
func (l listed) atMost() int { return int(cmp.Or(l.MaxContext, l.Meta.NCtxTrain)) }

// A number takes what is a whole number above 0 and lets anything else be 0: a
// field that nobody promised must not cost the list.
type number int

// UnmarshalJSON never fails.
func (n *number) UnmarshalJSON(b []byte) error {
	var i int32
	if json.Unmarshal(b, &i) == nil && i > 0 {
		*n = number(i)
	}
	return nil
}

// Models lists what the server offers, with the length of each context where it
// can be learnt; see contexts. A server that lists nothing offers the model that
// is set, if there is one.
func (o *OpenAI) Models(ctx context.Context) ([]Model, error) {
	within, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	list, err := o.list(within)
	if err != nil {
		return nil, o.notListed(ctx, within, err)
	}
	told := o.contexts(within, list)
	models := make([]Model, 0, len(list)+1)
	at := slices.IndexFunc(list, func(l listed) bool { return sameModel(l.ID, o.o.Model) })
	switch {
	case o.o.Model == "":
		at = 0
	case at < 0: // gateways serve more than they list
		models = append(models, Model{ID: o.o.Model, Provider: o.Name(), ContextTokens: o.o.ContextTokens, Default: true})
	}
	for i, l := range list {
		if tokens := told[l.ID]; tokens >= 0 {
			models = append(models, Model{ID: l.ID, Provider: o.Name(), ContextTokens: tokens, Default: i == at})
		}
	}
	slices.SortStableFunc(models, func(a, b Model) int { return rank(a) - rank(b) })
	return models, nil
}

func rank(m Model) int {
	if m.Default {
		return 0
	}
	return 1
}

// sameModel knows that Ollama lists "tiny" as "tiny:latest".
func sameModel(id, name string) bool { return id == name || id == name+":latest" }

func (o *OpenAI) notListed(ctx, within context.Context, err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case ctx.Err() != nil:
		return &Error{Kind: KindInterrupted, Message: "The list of models was not waited for.", Err: ctx.Err()}
	case within.Err() != nil:
		return &Error{Kind: KindTimeout, Message: "The model server does not answer.", Err: err}
	}
	return o.unreachable(err)
}

// list asks for the models that can hold a conversation.
func (o *OpenAI) list(ctx context.Context) ([]listed, error) {
	resp, err := o.send(ctx, o.base.JoinPath("models"), nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		e := o.refused(resp)
		if o.o.Model != "" && (resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusMethodNotAllowed) {
			return nil, nil // a gateway without a list
		}
		return nil, e
	}
	body, err := o.body(resp)
	if err != nil {
		return nil, err
	}
	list, ok := readList(body)
	if !ok {
		return nil, &Error{
			Kind: KindServerError, Status: resp.StatusCode,
			Message: "The list of models cannot be read. An administrator has to check the base URL.",
		}
	}
	return list, nil
}

// body reads a response to its end and closes it.
func (o *OpenAI) body(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	r, err := decoded(resp.Header.Get("Content-Encoding"), resp.Body)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err == nil && len(b) > maxBody {
		err = errors.New("more than 8 MiB")
	}
	return b, err
}

// readList reads {"data": […]}, or the list alone, which some gateways send.
func readList(body []byte) ([]listed, bool) {
	var reply struct {
		Data []json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &reply) != nil && json.Unmarshal(body, &reply.Data) != nil {
		return nil, false
	}
	if reply.Data == nil {
		return nil, strings.Contains(string(body), `"data"`) // Ollama without a model: "data": null
	}
	var list []listed
	for _, raw := range reply.Data {
		var l listed
		if json.Unmarshal(raw, &l) != nil || l.ID == "" || embeds(l) {
			continue
		}
		if list = append(list, l); len(list) == maxModels {
			break
		}
	}
	return list, true
}

// embeds knows models that answer nothing, by type (LM Studio) or name.
func embeds(l listed) bool {
	return strings.HasPrefix(l.Type, "embedding") || strings.Contains(strings.ToLower(l.ID), "embed")
}
