package store

import "github.com/parley-app/parley/store/kv"

// States of an attachment's scan.
const (
	ScanPending  = "pending"
	ScanClean    = "clean"
	ScanInfected = "infected"
	ScanSkipped  = "skipped" // no scanner is set
	ScanFailed   = "failed"
)

// A Scan is what was found in an attachment's bytes, by whom and when.
type Scan struct {
	Status    string `json:"status"`
	Engine    string `json:"engine"`
	Signature string `json:"signature,omitempty"`
	ScannedAt Time   `json:"scanned_at"`
}

// An Attachment is a file in a thread. Its bytes are a blob, found by SHA256.
type Attachment struct {
	ID        ID     `json:"id"`
	ThreadID  ID     `json:"thread_id"`
	MessageID ID     `json:"message_id"` // zero until it is sent with a message
	UserID    ID     `json:"user_id"`
	Name      string `json:"name"`
	Size      int64  `json:"size"` // bytes
	MediaType string `json:"media_type"`
	SHA256    string `json:"sha256"` // lower-case hex
	Scan      Scan   `json:"scan"`
	CreatedAt Time   `json:"created_at"`
}

var attachments = &table[Attachment]{
	space: "attachments", noun: "attachment",
	key: func(a *Attachment) []byte { return kv.Key(a.ID) },
	id:  func(a *Attachment) ID { return a.ID },
	indexes: []index[Attachment]{
		{name: "thread", key: func(a *Attachment) []byte { return kv.Key(a.ThreadID) }},
		{name: "message", key: func(a *Attachment) []byte { return idKey(a.MessageID) }},
		{name: "user", key: func(a *Attachment) []byte { return idKey(a.UserID) }},
		{name: "blob", key: func(a *Attachment) []byte { return kv.Key(a.SHA256) }, group: func(a *Attachment) []byte { return kv.Key(a.SHA256) }},
	},
	refs: []reference[Attachment]{
		{name: "thread_id", to: "threads", id: func(a *Attachment) ID { return a.ThreadID }, then: cascade, index: "thread"},
		{name: "message_id", to: "messages", id: func(a *Attachment) ID { return a.MessageID }, then: setNull, clear: func(a *Attachment) { a.MessageID = ID{} }, index: "message"},
		{name: "user_id", to: "users", id: func(a *Attachment) ID { return a.UserID }, then: setNull, clear: func(a *Attachment) { a.UserID = ID{} }, index: "user"},
	},
}

// Attachment returns the attachment with id, or not_found.
func (tx *Tx) Attachment(id ID) (*Attachment, error) { return attachments.get(tx, kv.Key(id)) }

// AttachmentsOf returns the attachments of a thread, the oldest first, at most
// kv.MaxPage.
func (tx *Tx) AttachmentsOf(thread ID) ([]*Attachment, error) {
	return attachments.list(tx, "thread", kv.Key(thread), false)
}

// PutAttachment writes a.
func (tx *Tx) PutAttachment(a *Attachment) error { return attachments.put(tx, a) }

// DeleteAttachment removes a. Its blob stays while another attachment has the
// same bytes; BlobUsers tells.
func (tx *Tx) DeleteAttachment(a *Attachment) error { return attachments.destroy(tx, a) }

// BlobUsers says how many attachments have the bytes with this SHA-256.
func (tx *Tx) BlobUsers(sha256 string) (int, error) {
	return attachments.count(tx, "blob", kv.Key(sha256))
}

// Blobs returns the SHA-256 of every blob that some attachment refers to, with
// its size in bytes.
func (tx *Tx) Blobs() (map[string]int64, error) {
	blobs := map[string]int64{}
	err := kv.Walk(tx.kv, attachments.space, kv.Range{}, func(e kv.Entry) error {
		a, err := attachments.decode(e.Key, e.Value)
		if err == nil && a.SHA256 != "" {
			blobs[a.SHA256] = a.Size
		}
		return nil // a damaged record refers to nothing that can be known; Check names it
	})
	return blobs, err
}

// BlobsOf is Blobs of a transaction below the records, such as the snapshot that
// a backup is made of.
func BlobsOf(tx kv.Tx) (map[string]int64, error) { return (&Tx{kv: tx}).Blobs() }
