package store

import "github.com/parley-app/parley/store/kv"

// An Activity is something that happened in a project, for its members to see.
type Activity struct {
	ID        ID     `json:"id"`
	ProjectID ID     `json:"project_id"`
	UserID    ID     `json:"user_id"` // who did it
	Kind      string `json:"kind"`    // such as thread_created
	SubjectID ID     `json:"subject_id"`
	Title     string `json:"title"` // of the subject, as it was then
	CreatedAt Time   `json:"created_at"`
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

// AddActivity writes a.
func (tx *Tx) AddActivity(a *Activity) error { return activities.put(tx, a) }

// ListActivities returns a page of what happened in a project, the newest first.
func (tx *Tx) ListActivities(project ID, p Page) (page []*Activity, more bool, err error) {
	return activities.newest(tx, kv.Key(project), p)
}
