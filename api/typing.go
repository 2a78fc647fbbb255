package api

import (
	"context"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// TypingInput says that the caller writes in a thread, or has stopped to.
type TypingInput struct {
	ThreadID store.ID `json:"thread_id"`
	IsTyping bool     `json:"is_typing"`
}

// Typing tells the others in a thread. Nothing is stored.
func (a *API) Typing(ctx context.Context, who Actor, in TypingInput) (*Nothing, error) {
	if err := a.CheckThreadRead(ctx, who, in.ThreadID); err != nil {
		return nil, err
	}
	a.hub.Publish(hub.ThreadTopic(in.ThreadID.String()), frame("typing_indicator", fields{
		"thread_id": in.ThreadID, "user_id": who.UserID, "username": who.Username, "is_typing": in.IsTyping,
	}))
	return &Nothing{}, nil
}
