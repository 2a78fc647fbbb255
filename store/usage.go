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
	if err != nil && !isDamage(err) {
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

// UsageOf returns what a user had from the day from on and before the day to; ""
// leaves an end open.
func (tx *Tx) UsageOf(user ID, from, to string) (list []*Usage, err error) {
	r := kv.Prefix(kv.Key(user))
	r.From = kv.Key(user, from)
	if to != "" {
		r.To = kv.Key(user, to)
	}
	err = kv.Walk(tx.kv, usages.space, r, func(e kv.Entry) error {
		u, err := usages.listed(tx, e.Key, e.Value, usages.decode)
		if u != nil {
			list = append(list, u)
		}
		return err
	})
	return list, err
}

// EachUsage calls fn for what everybody had from the day from on and before the day
// to, by day; "" leaves an end open.
func (tx *Tx) EachUsage(from, to string, fn func(*Usage) error) error {
	r := kv.Range{From: kv.Key(from)}
	if to != "" {
		r.To = kv.Key(to)
	}
	return kv.Walk(tx.kv, usages.index("day").space, r, func(e kv.Entry) error {
		u, err := usages.find(tx, e.Value)
		if isDamage(err) {
			tx.store.met(err)
			return nil
		}
		if err != nil || u == nil {
			return err
		}
		return fn(u)
	})
}
