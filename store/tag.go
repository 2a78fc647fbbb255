package store

import "github.com/parley-app/parley/store/kv"

// A Tag is a word that projects may carry. Several may have the same name: those who
// see no common project do not learn of each other's.
type Tag struct {
	ID        ID     `json:"id"`
	UserID    ID     `json:"user_id"` // who made it; none for a tag of an older release, and once that account is deleted
	Name      string `json:"name"`
	CreatedAt Time   `json:"created_at"`
}

var tags = &table[Tag]{
	space: "tags", noun: "tag",
	key:     func(t *Tag) []byte { return kv.Key(t.ID) },
	id:      func(t *Tag) ID { return t.ID },
	indexes: []index[Tag]{{name: "user", key: func(t *Tag) []byte { return idKey(t.UserID) }}},
	refs: []reference[Tag]{
		{name: "user_id", to: "users", id: func(t *Tag) ID { return t.UserID }, then: setNull, clear: func(t *Tag) { t.UserID = ID{} }, index: "user"},
	},
}

// Tag returns the tag with id, or not_found.
func (tx *Tx) Tag(id ID) (*Tag, error) { return tags.get(tx, kv.Key(id)) }

// TagsBy returns the tags that a user made, at most kv.MaxPage.
func (tx *Tx) TagsBy(user ID) ([]*Tag, error) { return tags.list(tx, "user", kv.Key(user), false) }

// PutTag writes t.
func (tx *Tx) PutTag(t *Tag) error { return tags.put(tx, t) }

// DeleteTag takes a tag off every project and away.
func (tx *Tx) DeleteTag(t *Tag) error { return tags.destroy(tx, t) }

// A ProjectTag is one tag on one project.
type ProjectTag struct {
	ProjectID ID `json:"project_id"`
	TagID     ID `json:"tag_id"`
}

var projectTags = &table[ProjectTag]{
	space: "project_tags", noun: "tag of a project",
	key:     func(p *ProjectTag) []byte { return kv.Key(p.ProjectID, p.TagID) },
	indexes: []index[ProjectTag]{{name: "tag", key: func(p *ProjectTag) []byte { return kv.Key(p.TagID) }}},
	refs: []reference[ProjectTag]{
		{name: "project_id", to: "projects", id: func(p *ProjectTag) ID { return p.ProjectID }, then: cascade},
		{name: "tag_id", to: "tags", id: func(p *ProjectTag) ID { return p.TagID }, then: cascade, index: "tag"},
	},
}

// ProjectTags returns the ids of a project's tags.
func (tx *Tx) ProjectTags(project ID) (ids []ID, err error) {
	entries, err := tx.kv.Scan(projectTags.space, kv.Prefix(kv.Key(project)))
	for _, e := range entries {
		ids = append(ids, ID(e.Key[len(project):]))
	}
	return ids, err
}

// TaggedProjects returns the ids of the projects that carry a tag.
func (tx *Tx) TaggedProjects(tag ID) (ids []ID, err error) {
	err = kv.Walk(tx.kv, projectTags.index("tag").space, kv.Prefix(kv.Key(tag)), func(e kv.Entry) error {
		ids = append(ids, ID(e.Value[:len(tag)]))
		return nil
	})
	return ids, err
}

// SetProjectTags makes ids the tags of a project.
func (tx *Tx) SetProjectTags(project ID, ids []ID) error {
	has, err := tx.ProjectTags(project)
	if err != nil {
		return err
	}
	want := map[ID]bool{}
	for _, id := range ids {
		want[id] = true
		if err := projectTags.put(tx, &ProjectTag{project, id}); err != nil {
			return err
		}
	}
	for _, id := range has {
		if !want[id] {
			if err := projectTags.remove(tx, &ProjectTag{project, id}); err != nil {
				return err
			}
		}
	}
	return nil
}
