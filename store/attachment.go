package store

import (
	"time"

	"github.com/parley-app/parley/store/kv"
)

// States of an attachment's scan.
const (
	ScanPending  = "pending"
	ScanClean    = "clean"
	ScanInfected = "infected"
	ScanSkipped  = "skipped" // no scanner is set
	ScanFailed   = "failed"  // the scanner could not look at it
)

// A Scan is what was found in an attachment's bytes, by whom and when.
type Scan struct {
	Status    string `json:"status" enum:"pending,clean,infected,skipped,failed"`
	Engine    string `json:"engine" doc:"The scanner and its signatures, as it names them"`
	Signature string `json:"signature,omitempty" doc:"What was found, or why it could not be looked at"`
	ScannedAt Time   `json:"scanned_at" nullable:"true"`
}

// isDone says whether a scanner has had the last word.
func (s Scan) isDone() bool {
	return s.Status == ScanClean || s.Status == ScanInfected || s.Status == ScanFailed
}

// An Attachment is a file in a thread. Its bytes are a blob, found by SHA256.
type Attachment struct {
	ID        ID     `json:"id"`
	ThreadID  ID     `json:"thread_id"`
	ProjectID ID     `json:"project_id"`                 // the thread's
	MessageID ID     `json:"message_id" nullable:"true"` // zero until it is sent with a message
	UserID    ID     `json:"user_id" nullable:"true"`    // who brought it; null when they left
	Name      string `json:"name"`
	Size      int64  `json:"size" doc:"Bytes"`
	MediaType string `json:"media_type" doc:"Found from the bytes"`
	SHA256    string `json:"sha256" doc:"Of the bytes as they are kept, in lower-case hex"`
	Width     int    `json:"width,omitempty" doc:"Of an image, in pixels"`
	Height    int    `json:"height,omitempty"`
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
		weighed("user", func(a *Attachment) []byte { return idKey(a.UserID) }),
		{name: "blob", key: func(a *Attachment) []byte { return kv.Key(a.SHA256) }, group: func(a *Attachment) []byte { return kv.Key(a.SHA256) }},
		weighed("project", func(a *Attachment) []byte { return idKey(a.ProjectID) }),
		weighed("scan", func(a *Attachment) []byte { return kv.Key(a.Scan.Status) }),
		{name: "engine", key: func(a *Attachment) []byte {
			if !a.Scan.isDone() {
				return nil
			}
			return kv.Key(a.Scan.Engine)
		}},
		{name: "unsent", key: func(a *Attachment) []byte {
			if !a.MessageID.IsZero() {
				return nil
			}
			return kv.Key(a.CreatedAt.Time)
		}},
	},
	refs: []reference[Attachment]{
		{name: "thread_id", to: "threads", id: func(a *Attachment) ID { return a.ThreadID }, then: cascade, index: "thread"},
		{name: "project_id", to: "projects", id: func(a *Attachment) ID { return a.ProjectID }, then: cascade, index: "project"},
		{name: "message_id", to: "messages", id: func(a *Attachment) ID { return a.MessageID }, then: setNull, clear: func(a *Attachment) { a.MessageID = ID{} }, index: "message"},
		{name: "user_id", to: "users", id: func(a *Attachment) ID { return a.UserID }, then: setNull, clear: func(a *Attachment) { a.UserID = ID{} }, index: "user"},
	},
}

// weighed is an index that counts and weighs its entries by their whole key.
func weighed(name string, key func(*Attachment) []byte) index[Attachment] {
	return index[Attachment]{name: name, key: key, group: key, weigh: func(a *Attachment) int64 { return a.Size }}
}

// Attachment returns the attachment with id, or not_found.
func (tx *Tx) Attachment(id ID) (*Attachment, error) { return attachments.get(tx, kv.Key(id)) }

// AttachmentsOf returns the attachments of a thread, the oldest first, at most
// kv.MaxPage.
func (tx *Tx) AttachmentsOf(thread ID) ([]*Attachment, error) {
	return attachments.list(tx, "thread", kv.Key(thread), false)
}

// AttachmentsIn returns the attachments of a message, in the order in which they
// were brought.
func (tx *Tx) AttachmentsIn(message ID) ([]*Attachment, error) {
	return attachments.list(tx, "message", kv.Key(message), false)
}

// PutAttachment writes a, which gets the project of its thread. The message that
// it is in shows it at once.
func (tx *Tx) PutAttachment(a *Attachment) error {
	t, err := tx.Thread(a.ThreadID)
	if err != nil {
		return err
	}
	a.ProjectID = t.ProjectID
	return attachments.put(tx, a)
}

// DeleteAttachment removes a, from its message too. Its blob stays while another
// attachment has the same bytes; BlobUsers tells.
func (tx *Tx) DeleteAttachment(a *Attachment) error { return attachments.destroy(tx, a) }

// AttachmentsScanned returns at most n attachments whose scan has a status, the
// oldest first, that come after one of them (zero: all).
func (tx *Tx) AttachmentsScanned(status string, after ID, n int) ([]*Attachment, error) {
	r := kv.Prefix(kv.Key(status))
	if r.Limit = n; !after.IsZero() {
		r.From = append(kv.Key(status, after), 0)
	}
	return attachments.listRange(tx, "scan", r)
}

// AttachmentsNotBy returns at most n attachments that another engine than this
// has had the last word on.
func (tx *Tx) AttachmentsNotBy(engine string, n int) ([]*Attachment, error) {
	own := kv.Prefix(kv.Key(engine))
	list, err := attachments.listRange(tx, "engine", kv.Range{To: own.From, Limit: n})
	if err != nil || len(list) == n {
		return list, err
	}
	more, err := attachments.listRange(tx, "engine", kv.Range{From: own.To, Limit: n - len(list)})
	return append(list, more...), err
}

// UnsentAttachments returns at most n attachments that were brought before a time
// and are in no message, the oldest first.
func (tx *Tx) UnsentAttachments(before time.Time, n int) ([]*Attachment, error) {
	return attachments.listRange(tx, "unsent", kv.Range{To: kv.Key(before), Limit: n})
}

// A Stock is how many attachments there are, and how many bytes they have.
type Stock struct {
	Count int
	Bytes int64
}

// StockOfUser says what a user has brought.
func (tx *Tx) StockOfUser(user ID) (Stock, error) { return tx.stock("user", kv.Key(user)) }

// StockOfProject says what is in a project.
func (tx *Tx) StockOfProject(project ID) (Stock, error) { return tx.stock("project", kv.Key(project)) }

// StockOfScan says what has a status of its scan.
func (tx *Tx) StockOfScan(status string) (Stock, error) { return tx.stock("scan", kv.Key(status)) }

// StockOfAll says what there is in all.
func (tx *Tx) StockOfAll() (all Stock, err error) {
	for _, status := range []string{ScanPending, ScanClean, ScanInfected, ScanSkipped, ScanFailed} {
		s, err := tx.StockOfScan(status)
		if err != nil {
			return Stock{}, err
		}
		all.Count, all.Bytes = all.Count+s.Count, all.Bytes+s.Bytes
	}
	return all, nil
}

func (tx *Tx) stock(index string, group []byte) (s Stock, err error) {
	if s.Count, err = attachments.count(tx, index, group); err == nil {
		s.Bytes, err = attachments.sum(tx, index, group)
	}
	return s, err
}

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
