package store

import "github.com/parley-app/parley/store/kv"

// A Session is one sign-in of one user on one device. Access tokens name it;
// ending it ends them.
type Session struct {
	ID          ID     `json:"id"`
	UserID      ID     `json:"user_id"`
	RefreshHash []byte `json:"refresh_hash"` // SHA-256 of the refresh token that is valid now
	// What it takes to answer the exchange that made it once more, if that was lost:
	// SHA-256 of the token before and the client's name for the attempt, and what,
	// with that token, makes this one.
	ExchangeHash []byte `json:"exchange_hash,omitempty"`
	RefreshSalt  []byte `json:"refresh_salt,omitempty"`
	UserAgent    string `json:"user_agent"`
	Address      string `json:"address"`
	CreatedAt    Time   `json:"created_at"`
	LastSeenAt   Time   `json:"last_seen_at"`
	ExpiresAt    Time   `json:"expires_at"`
}

var sessions = &table[Session]{
	decoded: &cache[Session]{},
	space:   "sessions", noun: "session",
	key:     func(s *Session) []byte { return kv.Key(s.ID) },
	loss:    sessionLoss,
	moved:   sessionMoved,
	indexes: []index[Session]{{name: "user", key: func(s *Session) []byte { return kv.Key(s.UserID) }}},
	refs: []reference[Session]{
		{name: "user_id", to: "users", id: func(s *Session) ID { return s.UserID }, then: cascade, index: "user"},
	},
}

// Session returns the session with id, or not_found.
func (tx *Tx) Session(id ID) (*Session, error) { return sessions.get(tx, kv.Key(id)) }

// PutSession writes s.
func (tx *Tx) PutSession(s *Session) error { return sessions.put(tx, s) }

// DeleteSession ends a session.
func (tx *Tx) DeleteSession(s *Session) error { return sessions.destroy(tx, s) }

// SessionsOf returns at most kv.MaxPage sessions of a user, the newest first.
func (tx *Tx) SessionsOf(user ID) ([]*Session, error) {
	return sessions.list(tx, "user", kv.Key(user), true)
}
