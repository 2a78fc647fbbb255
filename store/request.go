package store

import "github.com/parley-app/parley/store/kv"

// A Request remembers what a create with a client_id made, so that repeating it
// answers with the first result.
type Request struct {
	UserID    ID   `json:"user_id"`
	ClientID  ID   `json:"client_id"` // any UUID of the client's making
	ResultID  ID   `json:"result_id"`
	CreatedAt Time `json:"created_at"`
}

var requests = &table[Request]{
	space: "requests", noun: "request",
	key:  func(r *Request) []byte { return kv.Key(r.UserID, r.ClientID) },
	refs: []reference[Request]{{name: "user_id", to: "users", id: func(r *Request) ID { return r.UserID }, then: cascade}},
}

// Request returns what user made with client, or nil.
func (tx *Tx) Request(user, client ID) (*Request, error) {
	return requests.find(tx, kv.Key(user, client))
}

// PutRequest remembers r.
func (tx *Tx) PutRequest(r *Request) error { return requests.put(tx, r) }
