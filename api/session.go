package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/parley-app/parley/store"
)

// Authenticate says who shows a credential. An ended session, a disabled user
// and a bad or expired token are unauthorized.
func (a *API) Authenticate(ctx context.Context, c Credential) (Actor, error) {
	who := Actor{Address: c.Address, Agent: c.Agent}
	if c.Token == "" {
		return who, nil
	}
	if strings.HasPrefix(c.Token, keyPrefix) && !c.Cookie {
		return a.authenticateKey(ctx, who, c.Token)
	}
	token, err := a.ring.verify(c.Token)
	if err != nil {
		return Actor{}, err
	}
	people := a.store.People() // before the store is asked, or a change in between would be missed
	h := token.holder.Load()
	if h == nil || h.people != people {
		if h, err = a.holderOf(ctx, token.claims, people); err != nil {
			return who, err
		}
		token.holder.Store(h)
	}
	known := h.who
	known.Address, known.Agent = c.Address, c.Agent
	return known, nil
}

// holderOf asks the store who comes with a token that says c.
func (a *API) holderOf(ctx context.Context, c claims, people uint64) (*holder, error) {
	h := &holder{people: people}
	err := a.store.View(ctx, func(tx *store.Tx) error {
		s, err := tx.Session(c.Session)
		if err != nil {
			return err
		}
		u, err := tx.User(s.UserID)
		if err != nil || u.IsDisabled || u.ID != c.User {
			return orElse(err, unauthorized("the account is disabled"))
		}
		h.who = Actor{SessionID: s.ID}.as(u)
		return nil
	})
	if code := store.CodeOf(err); code == store.CodeNotFound || code == store.CodeDamaged {
		err = unauthorized("this session has ended: sign in again")
	}
	return h, err
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// LoginInput is a sign-in.
type LoginInput struct {
	Login    string `json:"login" minLength:"1" maxLength:"320" doc:"Email address or user name"`
	Password string `json:"password" minLength:"1" maxLength:"1024" doc:"Password" format:"password"`
}

// A SignIn is a fresh session. RefreshToken is for the cookie alone.
type SignIn struct {
	AccessToken  string   `json:"access_token" doc:"Bearer token (JWT, EdDSA)"`
	TokenType    string   `json:"token_type" enum:"Bearer"`
	ExpiresIn    int      `json:"expires_in" doc:"Seconds until the access token expires"`
	User         UserView `json:"user"`
	RefreshToken string   `json:"-"`
	RefreshTTL   int      `json:"-"` // seconds
}

// Login opens a session. Whatever is wrong, the answer and the time it takes
// are the same.
func (a *API) Login(ctx context.Context, who Actor, in LoginInput) (*SignIn, error) {
	var u *store.User
	err := a.store.View(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.UserByLogin(strings.TrimSpace(in.Login))
		return err
	})
	if err != nil {
		return nil, err
	}
	place := placeOf(who.Address)
	try, err := a.guard.try(in.Login, place, u != nil && slices.Contains(u.Places, place))
	if err != nil {
		return nil, err
	}
	if !a.passwordFits(u, in.Password) {
		if err := a.noteFailure(ctx, who, u); err != nil {
			return nil, err
		}
		return nil, unauthorized("the login or the password is wrong")
	}
	try.succeeded()
	a.strengthen(ctx, u, in.Password)
	return a.openSession(ctx, who, u)
}

func (a *API) openSession(ctx context.Context, who Actor, u *store.User) (*SignIn, error) {
	var s *store.Session
	var refresh string
	failed, from := a.failed.rest(u.ID, a.o.Now())
	err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) (err error) {
		if s, refresh, err = a.newSession(tx, who, u); err != nil {
			return err
		}
		if err := a.notifyFailures(tx, u.ID, failed, from); err != nil {
			return err
		}
		return a.note(tx, who.as(u), "signed_in", s.ID, details{"agent": s.UserAgent})
	})
	if err != nil {
		return nil, err
	}
	return a.signIn(s, u, refresh)
}

// maxAgent is how much of a client's name is kept, in bytes.
const maxAgent = 300

// maxSessions is how many sessions one user may have: ending all of them must fit
// into one transaction, however often somebody signs in.
const maxSessions = 250

// trimSessions ends the oldest sessions of a user to make room for one more.
func (a *API) trimSessions(tx *store.Tx, user store.ID) error {
	list, err := tx.SessionsOf(user) // the newest first
	if err != nil || len(list) < maxSessions {
		return err
	}
	for _, s := range list[maxSessions-1:][:min(len(list)-maxSessions+1, 100)] {
		if err := a.endSession(tx, s); err != nil {
			return err
		}
	}
	return nil
}

func (a *API) newSession(tx *store.Tx, who Actor, u *store.User) (*store.Session, string, error) {
	if err := a.trimSessions(tx, u.ID); err != nil {
		return nil, "", err
	}
	id, err := tx.NewID()
	if err != nil {
		return nil, "", err
	}
	s := &store.Session{
		ID: id, UserID: u.ID, UserAgent: clip(who.Agent, maxAgent), Address: who.Address,
		CreatedAt: tx.Now, LastSeenAt: tx.Now, ExpiresAt: store.TimeOf(tx.Now.Add(a.o.RefreshTTL)),
	}
	refresh := s.ID.String() + "." + randomToken()
	s.RefreshHash = hashToken(refresh)
	if err := rememberPlace(tx, u.ID, placeOf(who.Address)); err != nil {
		return nil, "", err
	}
	return s, refresh, tx.PutSession(s)
}

func (a *API) signIn(s *store.Session, u *store.User, refresh string) (*SignIn, error) {
	access, err := a.ring.sign(claims{User: u.ID, Session: s.ID, Expires: a.o.Now().Add(a.o.AccessTTL)})
	return &SignIn{
		AccessToken: access, TokenType: "Bearer", ExpiresIn: int(a.o.AccessTTL.Seconds()),
		User: viewUser(u), RefreshToken: refresh, RefreshTTL: int(a.o.RefreshTTL.Seconds()),
	}, err
}

// endSession closes a session: its tokens are void and its sockets are closed, see
// rights.go.
func (a *API) endSession(tx *store.Tx, s *store.Session) error { return tx.DeleteSession(s) }

// endSessionBy is endSession with an entry in the audit. The holder of a refresh
// token counts as its user.
func (a *API) endSessionBy(tx *store.Tx, who Actor, s *store.Session, action string) error {
	if who.IsNobody() {
		u, err := tx.User(s.UserID)
		if err != nil {
			return err
		}
		who = who.as(u)
	}
	if err := a.endSession(tx, s); err != nil {
		return err
	}
	return a.note(tx, who, action, s.ID, nil)
}

// LogoutInput may name the session by its refresh token.
type LogoutInput struct {
	RefreshToken string `json:"refresh_token,omitempty" maxLength:"200" doc:"Only for clients that keep no cookies"`
}

// Logout ends the caller's session, or the one that the refresh token names.
// Signing out twice is no error.
func (a *API) Logout(ctx context.Context, who Actor, in LogoutInput) (*Nothing, error) {
	err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		id := who.SessionID
		if id.IsZero() {
			text, _, _ := strings.Cut(in.RefreshToken, ".")
			id, _ = store.ParseID(text) // none: nothing to end
		}
		s, err := tx.Session(id)
		if err != nil {
			return err
		}
		if who.SessionID.IsZero() && !fitsSession(s, in.RefreshToken) {
			return nil
		}
		return a.endSessionBy(tx, who, s, "signed_out")
	})
	if store.CodeOf(err) == store.CodeNotFound {
		err = nil
	}
	return &Nothing{}, err
}

// Nothing is the output of verbs that have nothing to say.
type Nothing struct{}

func randomToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// clip cuts s to at most n bytes of valid UTF-8.
func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}
