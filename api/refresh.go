package api

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"github.com/parley-app/parley/store"
)

// RefreshInput carries a refresh token, if the cookie does not.
type RefreshInput struct {
	RefreshToken string   `json:"refresh_token,omitempty" maxLength:"200" doc:"Only for clients that keep no cookies"`
	ClientID     store.ID `json:"client_id,omitempty" doc:"A UUID of the client's making: repeated with the same token, while what that was exchanged for has not been used, the first result is answered"`
}

// Refresh exchanges a refresh token for a new pair. A token that was exchanged
// before ends its whole session: either the client or a thief has it twice. Only
// who named the first exchange by a ClientID, and lost the answer, may repeat it.
func (a *API) Refresh(ctx context.Context, who Actor, in RefreshInput) (*SignIn, error) {
	ended := unauthorized("this session has ended: sign in again")
	id, _, _ := strings.Cut(in.RefreshToken, ".")
	session, err := store.ParseID(id)
	if err != nil {
		return nil, ended
	}
	var s *store.Session
	var u *store.User
	var refresh string
	var shown showing
	err = a.store.Update(store.InReserve(ctx), func(tx *store.Tx) (err error) {
		refresh = ""
		if s, err = tx.Session(session); err != nil {
			return err
		}
		if u, err = tx.User(s.UserID); err != nil {
			return err
		}
		switch shown = showingOf(tx, s, u, in); shown {
		case showsCurrent:
			refresh = renew(s, in)
			s.LastSeenAt, s.Address = tx.Now, who.Address
			s.ExpiresAt = store.TimeOf(tx.Now.Add(a.o.RefreshTTL))
			return tx.PutSession(s)
		case showsRepeat:
			refresh = successor(s, in.RefreshToken)
			return nil
		case showsReuse:
			return a.endSessionBy(tx, who.as(u), s, "session_reused")
		default:
			return a.endSession(tx, s)
		}
	})
	switch {
	case store.CodeOf(err) == store.CodeNotFound, err == nil && shown == showsOver:
		return nil, ended
	case err != nil:
		return nil, err
	case shown == showsReuse:
		a.log.WarnContext(ctx, "a refresh token was used twice; its session was ended", "session", session, "user", u.Username)
		return nil, ended
	}
	return a.signIn(s, u, refresh)
}

// A showing is what becomes of a session whose refresh token is shown.
type showing int

const (
	showsCurrent showing = iota // the token is the one that is valid now
	showsRepeat                 // it is the one before, shown once more by a client whose answer was lost
	showsReuse                  // it was exchanged before: either the client or a thief has it twice
	showsOver                   // the session can no longer be renewed
)

func showingOf(tx *store.Tx, s *store.Session, u *store.User, in RefreshInput) showing {
	switch {
	case isOver(tx, s, u):
		return showsOver
	case fitsSession(s, in.RefreshToken):
		return showsCurrent
	case repeats(s, in):
		return showsRepeat
	}
	return showsReuse
}

// repeats says whether the last exchange is asked for once more. Its answer is the
// same token again, not another one: should a thief have seen both the token and
// the attempt's name, two have the same successor, and its second use tells.
func repeats(s *store.Session, in RefreshInput) bool {
	return !in.ClientID.IsZero() && subtle.ConstantTimeCompare(s.ExchangeHash, hashExchange(in)) == 1
}

// hashExchange names one attempt to exchange one token.
func hashExchange(in RefreshInput) []byte {
	return hashToken(in.ClientID.String() + " " + in.RefreshToken)
}

// renew gives s a new refresh token in exchange for the one before.
func renew(s *store.Session, in RefreshInput) string {
	s.RefreshSalt = make([]byte, 32)
	_, _ = rand.Read(s.RefreshSalt) // never fails, by its documentation
	next := successor(s, in.RefreshToken)
	s.RefreshHash, s.ExchangeHash = hashToken(next), hashExchange(in)
	return next
}

// successor is the refresh token that token was exchanged for. It takes both the
// token and the salt to make it, so the store alone tells nobody.
func successor(s *store.Session, token string) string {
	mac := hmac.New(sha256.New, s.RefreshSalt)
	mac.Write([]byte(token))
	return s.ID.String() + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// fitsSession says whether token is the one that s was given last.
func fitsSession(s *store.Session, token string) bool {
	return subtle.ConstantTimeCompare(s.RefreshHash, hashToken(token)) == 1
}

// isOver says whether the session of u can no longer be renewed.
func isOver(tx *store.Tx, s *store.Session, u *store.User) bool {
	return u.IsDisabled || tx.Now.After(s.ExpiresAt.Time)
}

// SessionInput carries the refresh token of the cookie, and of nothing else: an
// address is no place for a secret.
type SessionInput struct {
	RefreshToken string   `json:"-"`
	ClientID     store.ID `query:"client_id" doc:"Of an exchange of the refresh token whose answer was lost"`
}

// A SessionState tells a page, which sees none of its cookies, what they are
// worth.
type SessionState struct {
	SignedIn  bool `json:"signed_in" doc:"The access token is good"`
	Renewable bool `json:"renewable" doc:"The refresh token is good for a new pair"`
}

// Session says whether the caller is signed in, or can be without a password.
// Neither is an answer too, not an error; nothing changes.
func (a *API) Session(ctx context.Context, who Actor, in SessionInput) (*SessionState, error) {
	out := &SessionState{SignedIn: !who.IsNobody()}
	text, _, _ := strings.Cut(in.RefreshToken, ".")
	id, broken := store.ParseID(text)
	if broken != nil {
		return out, nil //nolint:nilerr // no token is an answer too
	}
	err := a.store.View(ctx, func(tx *store.Tx) error {
		s, err := tx.Session(id)
		if err != nil {
			return err
		}
		u, err := tx.User(s.UserID)
		if err == nil {
			out.Renewable = showingOf(tx, s, u, RefreshInput(in)) < showsReuse
		}
		return err
	})
	if store.CodeOf(err) == store.CodeNotFound {
		err = nil
	}
	return out, err
}
