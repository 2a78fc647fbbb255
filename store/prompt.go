package store

import "github.com/parley-app/parley/store/kv"

// A Prompt is a text that a person uses again: of their own, or for everybody.
type Prompt struct {
	ID        ID     `json:"id"`
	UserID    ID     `json:"user_id"`
	Title     string `json:"title"`
	Content   string `json:"content"`
	IsShared  bool   `json:"is_shared"`
	CreatedAt Time   `json:"created_at"`
	UpdatedAt Time   `json:"updated_at"`
}

var prompts = &table[Prompt]{
	space: "prompts", noun: "prompt",
	key: func(p *Prompt) []byte { return kv.Key(p.ID) },
	id:  func(p *Prompt) ID { return p.ID },
	indexes: []index[Prompt]{
		{name: "user", key: func(p *Prompt) []byte { return kv.Key(p.UserID) }},
		{name: "shared", key: func(p *Prompt) []byte {
			if !p.IsShared {
				return nil
			}
			return kv.Key(titleKey(p.Title))
		}},
	},
	refs: []reference[Prompt]{
		{name: "user_id", to: "users", id: func(p *Prompt) ID { return p.UserID }, then: cascade, index: "user"},
	},
}

// Prompt returns the prompt with id, or not_found.
func (tx *Tx) Prompt(id ID) (*Prompt, error) { return prompts.get(tx, kv.Key(id)) }

// PromptsOf returns a user's own prompts, the newest first, at most kv.MaxPage.
func (tx *Tx) PromptsOf(user ID) ([]*Prompt, error) {
	return prompts.list(tx, "user", kv.Key(user), true)
}

// SharedPrompts returns everybody's prompts by title, at most kv.MaxPage.
func (tx *Tx) SharedPrompts() ([]*Prompt, error) { return prompts.list(tx, "shared", nil, false) }

// PutPrompt writes p.
func (tx *Tx) PutPrompt(p *Prompt) error { return prompts.put(tx, p) }

// DeletePrompt removes p.
func (tx *Tx) DeletePrompt(p *Prompt) error { return prompts.destroy(tx, p) }
