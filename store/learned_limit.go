package store

import (
	"encoding/json"
)

// A LearnedLimit is how many tokens a model turned out to take, where that is fewer
// than its server or the settings tell.
type LearnedLimit struct {
	Tokens  int  `json:"tokens"`
	Told    int  `json:"told"`               // what was told or assumed then
	IsExact bool `json:"is_exact,omitempty"` // the server named the number
	At      Time `json:"at"`
}

// LearnedLimits returns the learned limits by provider and model, never nil.
func (tx *Tx) LearnedLimits() (map[string]LearnedLimit, error) {
	all := map[string]LearnedLimit{}
	v, err := tx.get1(metaSpace, metaLimits)
	if err != nil || v == nil {
		return all, err
	}
	if err := json.Unmarshal(v, &all); err != nil {
		return map[string]LearnedLimit{}, nil //nolint:nilerr // they can be learned again
	}
	return all, nil
}

// SetLearnedLimits replaces the learned limits.
func (tx *Tx) SetLearnedLimits(all map[string]LearnedLimit) error {
	v, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return tx.kv.Put(metaSpace, metaLimits, v)
}
