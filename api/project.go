package api

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/parley-app/parley/store"
)

// A ProjectView is a project as the caller sees it.
type ProjectView struct {
	ID           store.ID   `json:"id"`
	UserID       store.ID   `json:"user_id" nullable:"true"`
	Name         string     `json:"name"`
	Description  string     `json:"description"`
	Color        string     `json:"color"`
	Instructions string     `json:"instructions"`
	Model        string     `json:"model"`
	Tags         []string   `json:"tags"`
	TemplateID   string     `json:"template_id"`
	IsArchived   bool       `json:"is_archived"`
	ThreadCount  int        `json:"thread_count"`
	LastChatAt   store.Time `json:"last_chat_at" nullable:"true"`
	CreatedAt    store.Time `json:"created_at"`
	UpdatedAt    store.Time `json:"updated_at"`
	Role         string     `json:"role" enum:"owner,editor,viewer"`
	IsDamaged    bool       `json:"is_damaged,omitempty" doc:"The project's record is damaged: only its id and its threads are known"`
}

func viewProject(tx *store.Tx, p projectAccess) (*ProjectView, error) {
	template := p.TemplateID
	if p.IsDamaged() {
		template = ""
	}
	tags, err := tagsOf(tx, p.ID)
	return &ProjectView{
		p.ID, p.UserID, p.Name, p.Description, p.Color, p.Instructions, p.Model, tags, template,
		p.IsArchived, p.ThreadCount, p.LastChatAt, p.CreatedAt, p.UpdatedAt, p.Role, p.IsDamaged(),
	}, err
}

// ProjectList is a page of the caller's projects, by name.
type ProjectList struct {
	Projects []*ProjectView `json:"projects"`
	Total    int            `json:"total"`
	HasMore  bool           `json:"has_more"`
}

// ListProjects returns the projects that the caller is a member of, by name.
func (a *API) ListProjects(ctx context.Context, who Actor, in PageInput) (out *ProjectList, err error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	byName := func(tx *store.Tx) ([]projectAccess, error) {
		list, err := who.projects(tx)
		slices.SortFunc(list, func(a, b projectAccess) int {
			return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), a.ID.Compare(b.ID))
		})
		return list, err
	}
	out = &ProjectList{}
	out.Projects, out.Total, out.HasMore, err = listed(ctx, a, in, whole(byName, func(p projectAccess) store.ID { return p.ID }), viewProject)
	return out, err
}

// GetProject returns one project.
func (a *API) GetProject(ctx context.Context, who Actor, in IDInput) (*ProjectView, error) {
	var v *ProjectView
	err := a.store.View(ctx, func(tx *store.Tx) error {
		p, err := who.project(tx, in.ID, toRead)
		if err == nil {
			v, err = viewProject(tx, p)
		}
		return err
	})
	return v, err
}

// ProjectColors are the names of the colours that a project may have; the page
// knows how they look in light and dark.
var ProjectColors = []string{"slate", "rose", "amber", "green", "teal", "blue", "violet"}

// CreateProjectInput makes a project. What the template says holds where nothing
// else is given.
type CreateProjectInput struct {
	Name         string   `json:"name" minLength:"1" maxLength:"100"`
	Description  string   `json:"description,omitempty" maxLength:"2000"`
	Color        string   `json:"color,omitempty" enum:"slate,rose,amber,green,teal,blue,violet"`
	Instructions string   `json:"instructions,omitempty" maxLength:"8000" doc:"Sent to the model before each question"`
	Model        string   `json:"model,omitempty" maxLength:"200"`
	TemplateID   string   `json:"template_id,omitempty" maxLength:"50"`
	Tags         []string `json:"tags,omitempty" maxItems:"20" doc:"Words, 1 to 50 characters each; those that there are not yet are made"`
	ClientID     store.ID `json:"client_id,omitempty" doc:"A UUID of the client's making: repeated, the first result is answered"`
}

// CreateProject makes a project whose owner is the caller.
func (a *API) CreateProject(ctx context.Context, who Actor, in CreateProjectInput) (*ProjectView, error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	p := store.Project{Description: in.Description, Color: in.Color, Instructions: in.Instructions, Model: in.Model, TemplateID: in.TemplateID, Tags: []string{}}
	if in.TemplateID != "" {
		t := templateByID(in.TemplateID)
		if t == nil {
			return nil, store.Invalid("body.template_id", "is none of the templates")
		}
		orDefault(&p.Description, t.Description)
		orDefault(&p.Color, t.Color)
		orDefault(&p.Instructions, t.Instructions)
	}
	orDefault(&p.Color, "slate")
	var err error
	if p.Name, err = title("body.name", in.Name, 100); err != nil {
		return nil, err
	}
	tags, err := cleanTags(in.Tags)
	if err != nil {
		return nil, err
	}
	var v *ProjectView
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		if first, err := tx.Request(who.UserID, in.ClientID); err != nil || first != nil {
			if err == nil {
				v, err = who.viewProject(tx, first.ResultID)
			}
			return err
		}
		made := p
		if err := who.createProject(tx, &made); err != nil {
			return err
		}
		if err := who.setTags(tx, made.ID, tags); err != nil {
			return err
		}
		if v, err = viewProject(tx, projectAccess{&made, store.ProjectOwner}); err != nil {
			return err
		}
		if err := who.recordAbout(tx, &store.Activity{ProjectID: made.ID, Kind: "project_created", Title: made.Name}); err != nil {
			return err
		}
		return who.remember(tx, in.ClientID, made.ID)
	})
	return v, err
}

func (who Actor) createProject(tx *store.Tx, p *store.Project) (err error) {
	if p.ID, err = tx.NewID(); err != nil {
		return err
	}
	p.UserID, p.CreatedAt, p.UpdatedAt = who.UserID, tx.Now, tx.Now
	if err := tx.PutProject(p); err != nil {
		return err
	}
	return tx.PutMember(&store.Member{ProjectID: p.ID, UserID: who.UserID, Role: store.ProjectOwner, CreatedAt: tx.Now})
}

func (who Actor) viewProject(tx *store.Tx, id store.ID) (*ProjectView, error) {
	p, err := who.project(tx, id, toRead)
	if err != nil {
		return nil, err
	}
	return viewProject(tx, p)
}

// remember makes a create that carried a client_id idempotent.
func (who Actor) remember(tx *store.Tx, client, result store.ID) error {
	if client.IsZero() {
		return nil
	}
	return tx.PutRequest(&store.Request{UserID: who.UserID, ClientID: client, ResultID: result, CreatedAt: tx.Now})
}

// UpdateProjectInput changes what is given.
type UpdateProjectInput struct {
	ID           store.ID `path:"id" json:"-"`
	Name         *string  `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Description  *string  `json:"description,omitempty" maxLength:"2000"`
	Color        *string  `json:"color,omitempty" enum:"slate,rose,amber,green,teal,blue,violet"`
	Instructions *string  `json:"instructions,omitempty" maxLength:"8000"`
	Model        *string  `json:"model,omitempty" maxLength:"200"`
	Tags         []string `json:"tags,omitempty" maxItems:"20" doc:"All that it is to carry"`
	IsArchived   *bool    `json:"is_archived,omitempty"`
}

// UpdateProject changes a project; its owners may.
func (a *API) UpdateProject(ctx context.Context, who Actor, in UpdateProjectInput) (*ProjectView, error) {
	tags, err := cleanTags(in.Tags)
	if err != nil {
		return nil, err
	}
	var v *ProjectView
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		p, err := who.project(tx, in.ID, toOwn)
		if err != nil {
			return err
		}
		wasArchived := p.IsArchived
		if in.Name != nil {
			if p.Name, err = title("body.name", *in.Name, 100); err != nil {
				return err
			}
		}
		assign(&p.Description, in.Description)
		assign(&p.Color, in.Color)
		assign(&p.Instructions, in.Instructions)
		assign(&p.Model, in.Model)
		assign(&p.IsArchived, in.IsArchived)
		p.UpdatedAt = tx.Now
		if err := tx.PutProject(p.Project); err != nil {
			return err
		}
		if in.Tags != nil {
			if err := who.setTags(tx, p.ID, tags); err != nil {
				return err
			}
		}
		if v, err = viewProject(tx, p); err != nil {
			return err
		}
		if err := who.recordAbout(tx, &store.Activity{ProjectID: p.ID, Kind: projectChange(wasArchived, p.IsArchived), Title: p.Name}); err != nil {
			return err
		}
		// role is the receiver's own, so the frame only says what to fetch again
		return a.emitToMembers(tx, p.ID, "project_updated", fields{"project_id": p.ID})
	})
	return v, err
}

// projectChange is the word of the feed for a change of a project.
func projectChange(wasArchived, isArchived bool) string {
	switch {
	case isArchived && !wasArchived:
		return "project_archived"
	case wasArchived && !isArchived:
		return "project_unarchived"
	default:
		return "project_updated"
	}
}

func assign[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// DeleteProject removes a project and all that hangs from it for good.
func (a *API) DeleteProject(ctx context.Context, who Actor, in IDInput) (*Nothing, error) {
	err := a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		p, err := who.project(tx, in.ID, toOwn)
		if err != nil {
			return err
		}
		return a.dropProject(tx, p.Project)
	})
	return &Nothing{}, err
}

// dropProject deletes a project and tells its members.
func (a *API) dropProject(tx *store.Tx, p *store.Project) error {
	if err := a.emitToMembers(tx, p.ID, "project_updated", fields{"project_id": p.ID, "is_deleted": true}); err != nil {
		return err
	}
	if err := tx.AfterCommit(func() { a.turns.stopWhere(func(t *turn) bool { return t.projectID == p.ID }) }); err != nil {
		return err
	}
	return tx.DeleteProject(p)
}

// projects returns all projects that the caller is a member of.
func (who Actor) projects(tx *store.Tx) ([]projectAccess, error) {
	list, err := tx.MembershipsOf(who.UserID)
	if err != nil {
		return nil, err
	}
	var out []projectAccess
	for _, m := range list {
		p, err := tx.Project(m.ProjectID)
		if store.CodeOf(err) == store.CodeNotFound {
			continue // deleted a moment ago
		}
		if store.IsDamaged(err) {
			p, err = store.DamagedProject(m.ProjectID), nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, projectAccess{p, m.Role})
	}
	return out, nil
}

// title cleans a name that a person gave: one line, no spaces around it.
func title(location, s string, most int) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if n := len([]rune(s)); n == 0 || n > most {
		return "", store.Invalid(location, "must have 1 to "+itoa(most)+" characters")
	}
	return s, nil
}
