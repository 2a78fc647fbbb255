package store

import "github.com/parley-app/parley/store/kv"

// An Invite lets one person make an account. The invite's code is shown once and
// not kept.
type Invite struct {
	ID        ID     `json:"id"`
	Email     string `json:"email,omitempty"` // "" is anybody
	Role      string `json:"role"`            // of the account that it makes
	Hash      []byte `json:"hash"`            // SHA-256 of the code
	CreatedBy ID     `json:"created_by"`
	UsedBy    ID     `json:"used_by"` // none once that user is deleted
	UsedAt    Time   `json:"used_at"` // null: it may still be used
	ExpiresAt Time   `json:"expires_at"`
	CreatedAt Time   `json:"created_at"`
}

var invites = &table[Invite]{
	space: "invites", noun: "invite",
	key: func(i *Invite) []byte { return kv.Key(i.ID) },
	id:  func(i *Invite) ID { return i.ID },
	indexes: []index[Invite]{
		{name: "hash", unique: true, taken: "this invite exists already", key: func(i *Invite) []byte { return kv.Key(i.Hash) }},
		{name: "created_by", key: func(i *Invite) []byte { return idKey(i.CreatedBy) }},
		{name: "used_by", key: func(i *Invite) []byte { return idKey(i.UsedBy) }},
	},
	refs: []reference[Invite]{
		{name: "created_by", to: "users", id: func(i *Invite) ID { return i.CreatedBy }, then: setNull, clear: func(i *Invite) { i.CreatedBy = ID{} }, index: "created_by"},
		{name: "used_by", to: "users", id: func(i *Invite) ID { return i.UsedBy }, then: setNull, clear: func(i *Invite) { i.UsedBy = ID{} }, index: "used_by"},
	},
}

// Invite returns the invite with id, or not_found.
func (tx *Tx) Invite(id ID) (*Invite, error) { return invites.get(tx, kv.Key(id)) }

// InviteByHash returns the invite whose code's SHA-256 is hash, or nil.
func (tx *Tx) InviteByHash(hash []byte) (*Invite, error) { return invites.by(tx, "hash", kv.Key(hash)) }

// Invites returns all invites, the oldest first.
func (tx *Tx) Invites() ([]*Invite, error) { return invites.all(tx) }

// PutInvite writes i.
func (tx *Tx) PutInvite(i *Invite) error { return invites.put(tx, i) }

// DeleteInvite withdraws an invite.
func (tx *Tx) DeleteInvite(i *Invite) error { return invites.destroy(tx, i) }
