package store

import "github.com/parley-app/parley/store/kv"

// Kinds of notices.
const (
	NoticeMembersChanged = "members_changed" // an administrator changed who is in a project of theirs
	NoticeAccountChanged = "account_changed" // an administrator changed their account
	NoticeKeysEnded      = "api_keys_ended"  // an administrator ended API keys of theirs
	NoticeSignInsFailed  = "sign_ins_failed" // somebody tried wrong passwords for their account
)

// A Notice tells one person what others did to their account or their projects.
// Its person marks it as read; nobody deletes it before MaxNotices newer ones exist.
type Notice struct {
	ID        ID     `json:"id"`
	UserID    ID     `json:"user_id"` // of the person it is for
	Kind      string `json:"kind"`
	By        string `json:"by,omitempty"`      // name of the administrator, as it was then
	Subject   string `json:"subject,omitempty"` // user name or API key that it is about, as it was then
	ProjectID ID     `json:"project_id"`
	Detail    string `json:"detail,omitempty"`  // words such as "added viewer"; never content
	Address   string `json:"address,omitempty"` // the last one that a wrong password came from
	Count     int    `json:"count"`             // events that this notice stands for
	IsRead    bool   `json:"is_read"`
	CreatedAt Time   `json:"created_at"` // of the first event
	UpdatedAt Time   `json:"updated_at"` // of the last event
}

// MaxNotices is how many notices one person keeps; the oldest goes first.
const MaxNotices = 100

var notices = &table[Notice]{
	space: "notices", noun: "notice",
	key: func(n *Notice) []byte { return kv.Key(n.UserID, n.ID) },
	refs: []reference[Notice]{
		{name: "user_id", to: "users", id: func(n *Notice) ID { return n.UserID }, then: cascade},
	},
}

// Notice returns the notice id of user, or not_found.
func (tx *Tx) Notice(user, id ID) (*Notice, error) { return notices.get(tx, kv.Key(user, id)) }

// NoticesOf returns the notices of user, the newest first.
func (tx *Tx) NoticesOf(user ID) ([]*Notice, error) {
	r := kv.Prefix(kv.Key(user))
	r.Reverse, r.Limit = true, MaxNotices
	return notices.scan(tx, r)
}

// PutNotice writes a notice that exists.
func (tx *Tx) PutNotice(n *Notice) error { return notices.put(tx, n) }

// AddNotice writes a new notice and deletes the oldest one beyond MaxNotices. It
// sets the id, the times and a count of 0 to 1.
func (tx *Tx) AddNotice(n *Notice) (err error) {
	if n.ID, err = tx.NewID(); err != nil {
		return err
	}
	n.CreatedAt, n.UpdatedAt, n.Count = tx.Now, tx.Now, max(n.Count, 1)
	list, err := tx.NoticesOf(n.UserID)
	if err != nil {
		return err
	}
	if len(list) >= MaxNotices {
		if err := notices.remove(tx, list[len(list)-1]); err != nil {
			return err
		}
	}
	return notices.put(tx, n)
}
