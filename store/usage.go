package store

import "github.com/parley-app/parley/store/kv"

// A Usage is what one user had of one model on one day (UTC).
type Usage struct {
	Day              string `json:"day"` // 2026-11-22
	UserID           ID     `json:"user_id"`
	Model            string `json:"model"`
	Answers          int    `json:"answers"`
	PromptTokens     int    `json:"prompt_tokens"`
	CompletionTokens int    `json:"completion_tokens"`
}

var usages = &table[Usage]{
	space: "usage", noun: "usage",
	key:     func(u *Usage) []byte { return kv.Key(u.UserID, u.Day, u.Model) },
	indexes: []index[Usage]{{name: "day", key: func(u *Usage) []byte { return kv.Key(u.Day) }}},
	refs: []reference[Usage]{
		{name: "user_id", to: "users", id: func(u *Usage) ID { return u.UserID }, then: cascade},
	},
}

// AddUsage adds u to what its user had of its model on its day.
func (tx *Tx) AddUsage(u *Usage) error {
	sum, err := usages.find(tx, usages.key(u))
	if err != nil {
		return err
	}
	if sum == nil {
		return usages.put(tx, u)
	}
	sum.Answers += u.Answers
	sum.PromptTokens += u.PromptTokens
	sum.CompletionTokens += u.CompletionTokens
	return usages.put(tx, sum)
}

// UsageOf returns what a user had from the day from on, at most kv.MaxPage rows.
func (tx *Tx) UsageOf(user ID, from string) ([]*Usage, error) {
	r := kv.Prefix(kv.Key(user))
	r.From = kv.Key(user, from)
	return usages.scan(tx, r)
}

// UsageSince returns what everybody had from the day from on, at most
// kv.MaxPage rows.
func (tx *Tx) UsageSince(from string) ([]*Usage, error) {
	entries, err := tx.kv.Scan(usages.indexSpace(usages.index("day")), kv.Range{From: kv.Key(from)})
	if err != nil {
		return nil, err
	}
	return usages.many(tx, valuesOf(entries))
}
