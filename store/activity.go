package store

import (
	"slices"

	"github.com/parley-app/parley/store/kv"
)

// An Activity is something that happened in a project, for its members to see.
type Activity struct {
	ID        ID     `json:"id"`
	ProjectID ID     `json:"project_id"`
	UserID    ID     `json:"user_id"` // who did it
	Kind      string `json:"kind"`    // such as thread_created
	SubjectID ID     `json:"subject_id"`
	Title     string `json:"title"`  // of a subject that has no record of its own to ask
	Detail    string `json:"detail"` // a word, such as the role that somebody got
	CreatedAt Time   `json:"created_at"`

	// ByAdmin reports whether an administrator did it who was no owner.
	ByAdmin bool `json:"by_admin,omitempty"`
}

var activities = &table[Activity]{
	space: "activities", noun: "activity",
	key:     func(a *Activity) []byte { return kv.Key(a.ProjectID, a.ID) },
	indexes: []index[Activity]{{name: "user", key: func(a *Activity) []byte { return idKey(a.UserID) }}},
	refs: []reference[Activity]{
		{name: "project_id", to: "projects", id: func(a *Activity) ID { return a.ProjectID }, then: cascade},
		{name: "user_id", to: "users", id: func(a *Activity) ID { return a.UserID }, then: setNull, clear: func(a *Activity) { a.UserID = ID{} }, index: "user"},
	},
}

// AddActivity writes a, which is new.
func (tx *Tx) AddActivity(a *Activity) error { return activities.replace(tx, nil, a) }

// ListActivities returns a page of what happened in the projects, the newest first,
// how much that is, and whether there is more in the direction of the walk. It
// looks at a page of each project; counting looks at every key.
func (tx *Tx) ListActivities(projects []ID, p Page) (page []*Activity, total int, more bool, err error) {
	older, beyond := p.Before.IsZero(), false
	if err := tx.findActivity(projects, p); err != nil {
		return nil, 0, false, err
	}
	for _, id := range projects {
		r := activityRange(id, p)
		entries, err := tx.kv.Scan(activities.space, r)
		if err != nil {
			return nil, 0, false, err
		}
		some, err := activities.listedAll(tx, entries)
		if err != nil {
			return nil, 0, false, err
		}
		page = append(page, some...)
		beyond = beyond || len(some) < len(entries) && len(entries) == r.Limit
		n, err := tx.countKeysIn(activities.space, kv.Prefix(kv.Key(id)))
		if err != nil {
			return nil, 0, false, err
		}
		total += n
	}
	slices.SortFunc(page, func(a, b *Activity) int {
		if older {
			a, b = b, a
		}
		return a.ID.Compare(b.ID)
	})
	page = page[min(p.Offset, len(page)):]
	more = beyond || len(page) > p.Limit
	if page = page[:min(p.Limit, len(page))]; !older {
		slices.Reverse(page)
	}
	return page, total, more, nil
}

// findActivity proves that the cursor of p is in one of the projects.
func (tx *Tx) findActivity(projects []ID, p Page) error {
	cursor := p.After
	if cursor.IsZero() {
		cursor = p.Before
	}
	if cursor.IsZero() {
		return nil
	}
	for _, id := range projects {
		if a, err := activities.find(tx, kv.Key(id, cursor)); err != nil || a != nil {
			return err
		}
	}
	return unknownCursor()
}

// activityRange is where those of one project are that p may have.
func activityRange(project ID, p Page) kv.Range {
	r := kv.Prefix(kv.Key(project))
	r.Reverse, r.Limit = true, p.Offset+p.Limit+1
	if !p.After.IsZero() { // what follows is older
		r.To = kv.Key(project, p.After)
	} else if !p.Before.IsZero() {
		r.From, r.Reverse = append(kv.Key(project, p.Before), 0), false
	}
	return r
}
