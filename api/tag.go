package api

import (
	"context"
	"slices"
	"strings"

	"github.com/parley-app/parley/store"
)

// TagList is a page of the tags, by name.
type TagList struct {
	Tags    []*store.Tag `json:"tags"`
	Total   int          `json:"total"`
	HasMore bool         `json:"has_more"`
}

const (
	maxTag         = 50 // characters
	maxTags        = store.MaxList
	maxProjectTags = 20
)

// ListTags returns a page of the words that projects may carry.
func (a *API) ListTags(ctx context.Context, who Actor, in PageInput) (out *TagList, err error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	all := whole((*store.Tx).Tags, func(t *store.Tag) store.ID { return t.ID })
	out = &TagList{}
	out.Tags, out.Total, out.HasMore, err = listed(ctx, a, in, all, asIs)
	return out, err
}

// CreateTagInput makes a tag.
type CreateTagInput struct {
	Name     string   `json:"name" minLength:"1" maxLength:"50"`
	ClientID store.ID `json:"client_id,omitempty" doc:"A UUID of the client's making: repeated, the first result is answered"`
}

// CreateTag makes a word that projects may carry.
func (a *API) CreateTag(ctx context.Context, who Actor, in CreateTagInput) (t *store.Tag, err error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	name, err := title("body.name", in.Name, maxTag)
	if err != nil {
		return nil, err
	}
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		first, err := tx.Request(who.UserID, in.ClientID)
		if err != nil {
			return err
		}
		if first != nil {
			t, err = tx.Tag(first.ResultID)
			return err
		}
		if t, err = newTag(tx, name); err != nil {
			return err
		}
		return who.remember(tx, in.ClientID, t.ID)
	})
	return t, err
}

func newTag(tx *store.Tx, name string) (*store.Tag, error) {
	list, err := tx.Tags()
	if err != nil {
		return nil, err
	}
	if len(list) >= maxTags {
		return nil, store.Errorf(store.CodeConflict, "there are %d tags, which is as many as there may be: delete some first", len(list))
	}
	t := &store.Tag{Name: name, CreatedAt: tx.Now}
	if t.ID, err = tx.NewID(); err != nil {
		return nil, err
	}
	return t, tx.PutTag(t)
}

// DeleteTag takes a tag off every project and away. Whoever may change all the
// projects that carry it may, and administrators.
func (a *API) DeleteTag(ctx context.Context, who Actor, in IDInput) (*Nothing, error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	return &Nothing{}, a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		t, err := tx.Tag(in.ID)
		if err != nil {
			return err
		}
		list, err := tx.TaggedProjects(t.ID)
		if err != nil {
			return err
		}
		for _, id := range list {
			if _, err := who.project(tx, id, toOwn); err != nil && !who.Admin {
				return forbidden("delete this tag: projects of others carry it")
			}
			if err := a.emitToMembers(tx, id, "project_updated", fields{"project_id": id}); err != nil {
				return err
			}
		}
		return tx.DeleteTag(t)
	})
}

// setTags gives a project the tags of these names, and makes those there are not.
func setTags(tx *store.Tx, project store.ID, names []string) error {
	ids := make([]store.ID, 0, len(names))
	for _, name := range names {
		t, err := tx.TagByName(name)
		if err == nil && t == nil {
			t, err = newTag(tx, name)
		}
		if err != nil {
			return err
		}
		if !slices.Contains(ids, t.ID) {
			ids = append(ids, t.ID)
		}
	}
	return tx.SetProjectTags(project, ids)
}

// cleanTags cleans the names of tags that a person gave.
func cleanTags(names []string) ([]string, error) {
	out := []string{}
	for i, name := range names {
		name, err := title("body.tags["+itoa(i)+"]", name, maxTag)
		if err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, nil
}

// tagsOf returns the names of a project's tags in their order.
func tagsOf(tx *store.Tx, project store.ID) ([]string, error) {
	ids, err := tx.ProjectTags(project)
	names := []string{}
	for _, id := range ids {
		if err != nil {
			break
		}
		var t *store.Tag
		if t, err = tx.Tag(id); store.CodeOf(err) == store.CodeNotFound {
			err = nil // deleted a moment ago
			continue
		} else if err == nil {
			names = append(names, t.Name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return names, err
}
