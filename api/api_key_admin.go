package api

import (
	"context"

	"github.com/parley-app/parley/store"
)

// UserPageInput selects a page of what a user has.
type UserPageInput struct {
	ID store.ID `path:"id"`
	PageInput
}

// ListUserAPIKeys returns the API keys of any user, to administrators.
func (a *API) ListUserAPIKeys(ctx context.Context, who Actor, in UserPageInput) (out *APIKeyList, err error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	keys := func(tx *store.Tx) ([]*store.APIKey, error) {
		if _, err := tx.User(in.ID); err != nil {
			return nil, err
		}
		return tx.APIKeysOf(in.ID)
	}
	view := func(_ *store.Tx, k *store.APIKey) (APIKeyView, error) { return viewAPIKey(who, k), nil }
	out = &APIKeyList{}
	out.APIKeys, out.Total, out.HasMore, err = listed(ctx, a, in.PageInput, whole(keys, func(k *store.APIKey) store.ID { return k.ID }), view)
	return out, err
}

// EndedAPIKeys says how many API keys a request ended.
type EndedAPIKeys struct {
	Ended int `json:"ended" doc:"Those that were made with one of them count too"`
}

// EndUserAPIKeys ends all API keys of a user at once, who gets a notice.
func (a *API) EndUserAPIKeys(ctx context.Context, who Actor, in IDInput) (out *EndedAPIKeys, err error) {
	return a.endUserKeys(ctx, who, in.ID, nil)
}

// UserAPIKeyInput names an API key of a user.
type UserAPIKeyInput struct {
	ID    store.ID `path:"id"`
	KeyID store.ID `path:"key_id"`
}

// EndUserAPIKey ends one API key of a user, and those that were made with it.
func (a *API) EndUserAPIKey(ctx context.Context, who Actor, in UserAPIKeyInput) (out *EndedAPIKeys, err error) {
	return a.endUserKeys(ctx, who, in.ID, &in.KeyID)
}

// endUserKeys ends the API key of a user that only names, nil for all of them.
func (a *API) endUserKeys(ctx context.Context, who Actor, user store.ID, only *store.ID) (out *EndedAPIKeys, err error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	err = a.update(store.InReserve(ctx), func(tx *store.Tx) error {
		u, err := tx.User(user)
		if err != nil {
			return err
		}
		which, name := (func(*store.APIKey) bool)(nil), ""
		if only != nil {
			k, err := tx.APIKey(*only)
			if err != nil || k.UserID != u.ID {
				return orElse(err, store.Errorf(store.CodeNotFound, "API key not found"))
			}
			which, name = func(k *store.APIKey) bool { return k.ID == *only }, k.Name
		}
		keys, err := endKeys(tx, u.ID, which)
		if err != nil {
			return err
		}
		out = &EndedAPIKeys{len(keys)}
		d := details{"username": u.Username}
		d.sayEnded(keys)
		about(ctx, u.ID, d)
		if len(keys) == 0 || who.UserID == u.ID {
			return nil
		}
		return a.notify(tx, &store.Notice{UserID: u.ID, Kind: store.NoticeKeysEnded, By: who.Username, Subject: name, Count: len(keys)})
	})
	return out, err
}
