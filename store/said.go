package store

// A Said is as much of a message as a prompt is made of, which is a fraction of it.
type Said struct {
	ID          ID           `json:"id"`
	UserID      ID           `json:"user_id"`
	IsUser      bool         `json:"is_user"`
	Content     string       `json:"content"`
	Status      string       `json:"status"`
	ParentID    ID           `json:"parent_id"`
	Attachments []Attachment `json:"attachments"`
	TokenCount  int          `json:"token_count"`
	ModelUsed   string       `json:"model_used"`
	CreatedAt   Time         `json:"created_at"`
}

// Said reads what the message says. It outlives the snapshot.
func (s StoredMessage) Said() (*Said, error) {
	said := new(Said)
	return said, decodeJSON(s, said)
}
