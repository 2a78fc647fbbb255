package api

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/naming"
)

// A TagView is a word that projects may carry, as the caller sees it.
type TagView struct {
	ID        store.ID   `json:"id"`
	Name      string     `json:"name"`
	CreatedAt store.Time `json:"created_at"`
}

func viewTag(_ *store.Tx, t *store.Tag) (*TagView, error) {
	return &TagView{t.ID, t.Name, t.CreatedAt}, nil
}

// TagList is a page of the tags, by name.
type TagList struct {
	Tags    []*TagView `json:"tags"`
	Total   int        `json:"total"`
	HasMore bool       `json:"has_more"`
}

const (
	maxTag         = 50  // characters
	maxTags        = 500 // that one user makes
	maxProjectTags = 20
)

// visibleTags are the tags that the caller may know of.
type visibleTags struct {
	list     []*store.Tag                  // by name
	projects map[store.ID][]*projectAccess // of the caller that carry a tag, by its id
}

// tags returns the tags of the caller's projects, and those that the caller made and
// no project carries. Tags of other projects do not exist for the caller.
func (who Actor) tags(tx *store.Tx) (v visibleTags, err error) {
	v.projects = map[store.ID][]*projectAccess{}
	list, err := who.projects(tx)
	if err != nil {
		return v, err
	}
	var ids []store.ID
	for i := range list {
		carried, err := tx.ProjectTags(list[i].ID)
		if err != nil {
			return v, err
		}
		for _, id := range carried {
			if v.projects[id] == nil {
				ids = append(ids, id)
			}
			v.projects[id] = append(v.projects[id], &list[i])
		}
	}
	for _, id := range ids {
		t, err := tx.Tag(id)
		switch {
		case store.CodeOf(err) == store.CodeNotFound, store.IsDamaged(err): // deleted a moment ago, or not to be read
			continue
		case err != nil:
			return v, err
		}
		v.list = append(v.list, t)
	}
	made, err := tx.TagsBy(who.UserID)
	if err != nil {
		return v, err
	}
	for _, t := range made {
		if v.projects[t.ID] != nil {
			continue
		}
		others, err := tx.TaggedProjects(t.ID)
		if err != nil {
			return v, err
		}
		if len(others) == 0 {
			v.list = append(v.list, t)
		}
	}
	slices.SortFunc(v.list, func(a, b *store.Tag) int {
		return cmp.Or(strings.Compare(naming.Fold(a.Name), naming.Fold(b.Name)), a.ID.Compare(b.ID))
	})
	return v, nil
}

// named returns the first tag of this name, whatever its case, or nil.
func (v visibleTags) named(name string) *store.Tag {
	i := slices.IndexFunc(v.list, func(t *store.Tag) bool { return naming.Fold(t.Name) == naming.Fold(name) })
	if i < 0 {
		return nil
	}
	return v.list[i]
}

// each returns the first tag of every name: who came to see a project with a tag that
// they had too sees it once.
func (v visibleTags) each() []*store.Tag {
	return slices.CompactFunc(slices.Clone(v.list), func(a, b *store.Tag) bool { return naming.Fold(a.Name) == naming.Fold(b.Name) })
}

// ListTags returns a page of the words that the caller's projects carry, and of those
// that the caller made and nobody uses.
func (a *API) ListTags(ctx context.Context, who Actor, in PageInput) (out *TagList, err error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	all := func(tx *store.Tx) ([]*store.Tag, error) {
		v, err := who.tags(tx)
		return v.each(), err
	}
	out = &TagList{}
	out.Tags, out.Total, out.HasMore, err = listed(ctx, a, in, whole(all, func(t *store.Tag) store.ID { return t.ID }), viewTag)
	return out, err
}

// CreateTagInput makes a tag.
type CreateTagInput struct {
	Name     string   `json:"name" minLength:"1" maxLength:"50"`
	ClientID store.ID `json:"client_id,omitempty" doc:"A UUID of the client's making: repeated, the first result is answered"`
}

// CreateTag makes a word that projects may carry. A name that the caller sees already
// is a conflict; one that others use for what the caller does not see is none.
func (a *API) CreateTag(ctx context.Context, who Actor, in CreateTagInput) (v *TagView, err error) {
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
			t, err := tx.Tag(first.ResultID)
			if err == nil {
				v, err = viewTag(tx, t)
			}
			return err
		}
		seen, err := who.tags(tx)
		if err != nil {
			return err
		}
		if seen.named(name) != nil {
			return store.Errorf(store.CodeConflict, "there is a tag of this name")
		}
		t, err := who.newTag(tx, name)
		if err != nil {
			return err
		}
		if v, err = viewTag(tx, t); err != nil {
			return err
		}
		return who.remember(tx, in.ClientID, t.ID)
	})
	return v, err
}

func (who Actor) newTag(tx *store.Tx, name string) (*store.Tag, error) {
	list, err := tx.TagsBy(who.UserID)
	if err != nil {
		return nil, err
	}
	if len(list) >= maxTags {
		return nil, store.Errorf(store.CodeConflict, "you made %d tags, which is as many as there may be: delete some first", len(list))
	}
	t := &store.Tag{UserID: who.UserID, Name: name, CreatedAt: tx.Now}
	if t.ID, err = tx.NewID(); err != nil {
		return nil, err
	}
	return t, tx.PutTag(t)
}

// DeleteTag takes a tag off every project that the caller sees; those who may change
// all of these may. It is gone for good once no project carries it, of which the caller
// does not learn.
func (a *API) DeleteTag(ctx context.Context, who Actor, in IDInput) (*Nothing, error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	return &Nothing{}, a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		seen, err := who.tags(tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(seen.list, func(t *store.Tag) bool { return t.ID == in.ID })
		if i < 0 {
			return store.Errorf(store.CodeNotFound, "tag not found")
		}
		name := naming.Fold(seen.list[i].Name)
		for _, t := range seen.list {
			if naming.Fold(t.Name) != name {
				continue
			}
			if err := a.dropTag(tx, t, seen.projects[t.ID]); err != nil {
				return err
			}
		}
		return nil
	})
}

// dropTag takes t off the projects, all that its remover sees, and away if no other
// carries it.
func (a *API) dropTag(tx *store.Tx, t *store.Tag, projects []*projectAccess) error {
	for _, p := range projects {
		if roleRights[p.Role] < toOwn {
			return forbidden("delete this tag: a project of which you are no owner carries it")
		}
		if err := a.emitToMembers(tx, p.ID, "project_updated", fields{"project_id": p.ID}); err != nil {
			return err
		}
		ids, err := tx.ProjectTags(p.ID)
		if err != nil {
			return err
		}
		if err := tx.SetProjectTags(p.ID, slices.DeleteFunc(ids, func(id store.ID) bool { return id == t.ID })); err != nil {
			return err
		}
	}
	left, err := tx.TaggedProjects(t.ID)
	if err != nil || len(left) > 0 {
		return err
	}
	return tx.DeleteTag(t)
}

// setTags gives a project the tags of these names: those that it has, else those that
// the caller sees, else new ones.
func (who Actor) setTags(tx *store.Tx, project store.ID, words []string) error {
	if len(words) == 0 {
		return tx.SetProjectTags(project, nil)
	}
	seen, err := who.tags(tx)
	if err != nil {
		return err
	}
	has, err := tx.ProjectTags(project)
	if err != nil {
		return err
	}
	own := visibleTags{list: slices.DeleteFunc(slices.Clone(seen.list), func(t *store.Tag) bool { return !slices.Contains(has, t.ID) })}
	ids := make([]store.ID, 0, len(words))
	for _, name := range words {
		t := own.named(name)
		if t == nil {
			t = seen.named(name)
		}
		if t == nil {
			if t, err = who.newTag(tx, name); err != nil {
				return err
			}
			seen.list = append(seen.list, t)
		}
		if !slices.Contains(ids, t.ID) {
			ids = append(ids, t.ID)
		}
	}
	return tx.SetProjectTags(project, ids)
}

// cleanTags cleans the names of tags that a person gave.
func cleanTags(words []string) ([]string, error) {
	out := []string{}
	for i, name := range words {
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
	words := []string{}
	for _, id := range ids {
		if err != nil {
			break
		}
		var t *store.Tag
		if t, err = tx.Tag(id); store.CodeOf(err) == store.CodeNotFound || store.IsDamaged(err) {
			err = nil // deleted a moment ago, or damaged
			continue
		} else if err == nil {
			words = append(words, t.Name)
		}
	}
	slices.SortFunc(words, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return words, err
}
