package store

import "github.com/parley-app/parley/store/kv"

// Earlier versions of one message are bounded: beyond either limit the oldest
// goes. EditCount of the message keeps the true count.
const (
	MaxVersions     = 20
	MaxVersionBytes = 256 << 10 // of their contents together
)

// A Version is what a message said before it was edited. Versions are rows of
// their own, so that a page of messages never carries them.
type Version struct {
	MessageID ID     `json:"message_id"`
	Number    uint32 `json:"number"` // counts up; the first content is 1
	Content   string `json:"content"`
	EditedAt  Time   `json:"edited_at"` // when this content was replaced
}

var versions = &table[Version]{
	space: "versions", noun: "version",
	key: func(v *Version) []byte { return kv.Key(v.MessageID, v.Number) },
	refs: []reference[Version]{
		{name: "message_id", to: "messages", id: func(v *Version) ID { return v.MessageID }, then: cascade},
	},
}

// VersionsOf returns the earlier versions of a message, the newest first.
func (tx *Tx) VersionsOf(message ID) ([]*Version, error) {
	r := kv.Prefix(kv.Key(message))
	r.Reverse = true
	return versions.scan(tx, r)
}

// AddVersion keeps v and drops the oldest beyond the limits.
func (tx *Tx) AddVersion(v *Version) error {
	if err := versions.put(tx, v); err != nil {
		return err
	}
	kept, err := tx.VersionsOf(v.MessageID)
	if err != nil {
		return err
	}
	size := 0
	for i, old := range kept {
		if size += len(old.Content); i < MaxVersions && size <= MaxVersionBytes {
			continue
		}
		if err := versions.remove(tx, old); err != nil {
			return err
		}
	}
	return nil
}

// versionsFrom says how many versions of the message are as new as v or newer,
// and how many bytes they have, as far as the limits go.
func (tx *Tx) versionsFrom(v *Version) (n, size int, err error) {
	r := kv.Prefix(kv.Key(v.MessageID))
	r.From = versions.key(v)
	err = kv.Walk(tx.kv, versions.space, r, func(e kv.Entry) error {
		newer, err := versions.listed(tx, e.Key, e.Value, versions.decode)
		if err != nil || newer == nil {
			return err
		}
		if n, size = n+1, size+len(newer.Content); n > MaxVersions || size > MaxVersionBytes {
			return kv.Stop
		}
		return nil
	})
	return n, size, err
}

// DeleteVersions forgets the earlier versions of a message.
func (tx *Tx) DeleteVersions(message ID) error {
	old, err := tx.VersionsOf(message)
	for _, v := range old {
		if err == nil {
			err = versions.remove(tx, v)
		}
	}
	return err
}
