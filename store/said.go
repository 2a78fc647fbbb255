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

// WhatIsSaid reads what the messages of a page say. It outlives the snapshot.
func WhatIsSaid(page []StoredMessage) ([]Said, error) {
	list := make([]Said, len(page))
	var r jsonReader
	for i, m := range page {
		said := &list[i]
		if r = (jsonReader{b: m}); said.read(&r) {
			continue
		}
		*said = Said{}
		if err := decodeJSON(m, said); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// saidFields are the fields of a message in the order in which they are written, and
// how a Said reads them; nil: it passes them over.
var saidFields = []struct {
	name string
	read func(*jsonReader, *Said) bool
}{
	{`{"id":`, func(r *jsonReader, s *Said) bool { return r.id(&s.ID) }},
	{`,"thread_id":`, nil},
	{`,"user_id":`, func(r *jsonReader, s *Said) bool { return r.id(&s.UserID) }},
	{`,"author":`, nil},
	{`,"stopped_by":`, nil},
	{`,"is_user":`, func(r *jsonReader, s *Said) (ok bool) { s.IsUser, ok = r.bool(); return ok }},
	{`,"content":`, func(r *jsonReader, s *Said) (ok bool) { s.Content, ok = r.text(); return ok }},
	{`,"content_html":`, nil},
	{`,"reasoning":`, nil},
	{`,"reasoning_ms":`, nil},
	{`,"status":`, func(r *jsonReader, s *Said) (ok bool) { s.Status, ok = r.text(); return ok }},
	{`,"parent_id":`, func(r *jsonReader, s *Said) bool { return r.id(&s.ParentID) }},
	{`,"alternatives":`, nil},
	{`,"attachments":`, func(r *jsonReader, s *Said) bool {
		if r.word("[]") { // as most
			s.Attachments = []Attachment{}
			return true
		}
		return r.value(&s.Attachments)
	}},
	{`,"token_count":`, func(r *jsonReader, s *Said) bool {
		n, ok := r.int()
		s.TokenCount = int(n)
		return ok && int64(s.TokenCount) == n
	}},
	{`,"model_used":`, func(r *jsonReader, s *Said) (ok bool) { s.ModelUsed, ok = r.text(); return ok }},
	{`,"finish_reason":`, nil},
	{`,"error":`, nil},
	{`,"context_warning":`, nil},
	{`,"is_edited":`, nil},
	{`,"edited_at":`, nil},
	{`,"edit_count":`, nil},
	{`,"is_deleted":`, nil},
	{`,"deleted_at":`, nil},
	{`,"is_summarized":`, nil},
	{`,"summary_id":`, nil},
	{`,"created_at":`, func(r *jsonReader, s *Said) bool { return r.time(&s.CreatedAt) }},
}

// read reads a message, if it is written as messages are today. Fifty may be read for
// an answer, and this takes half the time of decodeJSON.
func (s *Said) read(r *jsonReader) bool {
	for i := range saidFields {
		f := &saidFields[i]
		switch {
		case !r.word(f.name): // one that is left out when it is empty
		case f.read != nil:
			if !f.read(r, s) {
				return false
			}
		default:
			if _, ok := r.skip(); !ok {
				return false
			}
		}
	}
	return r.word("}") && r.i == len(r.b)
}
