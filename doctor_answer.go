package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/parley-app/parley/api/llm"
)

// doctorAnswer is how many tokens the answer has that the doctor asks for.
const doctorAnswer = 8

// lookAtAnswer asks a model server for a few words: a server may list models that do
// not answer. model is the one that is set, "" for the server's first.
func lookAtAnswer(ctx context.Context, server *llm.OpenAI, models []llm.Model, model string) look {
	if model == "" {
		model = models[0].ID
	}
	offers := fmt.Sprintf("%s offers %d models", server.BaseURL(), len(models))
	if len(models) == 1 {
		offers = server.BaseURL() + " offers 1 model"
	}
	began, spoke := time.Now(), false
	result, err := server.Stream(ctx, llm.Request{
		Model: model, MaxTokens: doctorAnswer, Messages: []llm.Message{{Role: llm.RoleUser, Content: "Answer with the word OK."}},
	}, func(llm.Delta) { spoke = true })
	took := time.Since(began).Round(10 * time.Millisecond)
	var e *llm.Error
	switch {
	case err == nil && spoke, err == nil && result.FinishReason == "length":
		return look{"model server", lookOK, fmt.Sprintf("%s, and %s answers (%v)", offers, model, took), ""}
	case err == nil:
		return look{"model server", lookWarn, fmt.Sprintf("%s, but %s answered with nothing", offers, model), "try another model, or look into the log of the model server"}
	case ctx.Err() != nil:
		return look{"model server", lookWarn, fmt.Sprintf("%s, but %s gave no answer within %v", offers, model, took), "it may be loading the model: try again in a minute"}
	case errors.As(err, &e):
		return look{"model server", lookBad, fmt.Sprintf("%s, but %s does not answer: %s", offers, model, e.Message), answerAdvice(e.Kind, model, models)}
	}
	return look{"model server", lookBad, fmt.Sprintf("%s, but %s does not answer: %v", offers, model, err), ""}
}

// answerAdvice is what an administrator can do about an answer that failed.
func answerAdvice(kind llm.Kind, model string, models []llm.Model) string {
	switch kind {
	case llm.KindUnauthorized:
		return "check model.openai.api_key, and the account at the model server"
	case llm.KindUnknownModel:
		var ids []string
		for _, m := range models {
			if m.ID != model && len(ids) < 5 {
				ids = append(ids, m.ID)
			}
		}
		if len(ids) == 0 {
			return "load the model, or set model.openai.model to one that is there"
		}
		return "set model.openai.model to a model that it offers, such as " + strings.Join(ids, ", ")
	case llm.KindUnavailable, llm.KindTimeout, llm.KindRateLimited:
		return "try again in a minute; if it stays so, look into the log of the model server"
	default:
		return "look into the log of the model server"
	}
}
