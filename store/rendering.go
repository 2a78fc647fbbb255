package store

import (
	"bytes"
	"encoding/json"

	"github.com/parley-app/parley/store/kv"
)

// A Rendering says which renderer made the HTML that messages carry, and how far those
// of an earlier one have been rendered again.
type Rendering struct {
	Version int    `json:"version"`
	Done    bool   `json:"done"`
	After   []byte `json:"after,omitempty"` // the place up to which it was done, of MessagesBeyond
}

// Rendering returns what SetRendering kept; the zero value if nothing was.
func (tx *Tx) Rendering() (r Rendering, err error) {
	v, err := tx.get1(metaSpace, metaRendering)
	if err != nil || v == nil {
		return r, err
	}
	if json.Unmarshal(v, &r) != nil {
		return Rendering{}, nil //nolint:nilerr // it is only derived: begin anew
	}
	return r, nil
}

// SetRendering keeps r.
func (tx *Tx) SetRendering(r Rendering) error {
	v, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return tx.kv.Put(metaSpace, metaRendering, v)
}

// MessagesBeyond returns at most n messages of all threads that come after a place, in
// no order that means anything, and the place of the last, nil if there are no more.
// Deleted and damaged ones are left out: a page may be empty before the end.
func (tx *Tx) MessagesBeyond(place []byte, n int) (page []*Message, next []byte, err error) {
	r := kv.Range{Limit: n}
	if place != nil {
		r.From = append(bytes.Clone(place), 0)
	}
	entries, err := tx.kv.Scan(messages.space, r)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		m, err := messages.decode(e.Key, e.Value)
		if err == nil && !m.IsDeleted {
			page = append(page, m)
		} else if !isDamage(err) && err != nil {
			return nil, nil, err
		}
	}
	if len(entries) == n {
		next = bytes.Clone(entries[n-1].Key)
	}
	return page, next, nil
}

// PutHTML replaces the HTML of m, which was made of the content that m has here, unless
// the message has changed meanwhile or is being written. Nothing else changes, not even
// its times.
func (tx *Tx) PutHTML(m *Message, html string) error {
	now, err := messages.find(tx, messageKey(m))
	if err != nil || now == nil {
		return ignoreDamage(err)
	}
	if now.Content != m.Content || now.Status == StatusStreaming || now.IsDeleted || now.ContentHTML == html {
		return nil
	}
	now.ContentHTML = html
	return messages.put(tx, now)
}
