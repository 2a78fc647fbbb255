package store

import "github.com/parley-app/parley/store/kv"

// A Project gathers threads, the people who see them, and what the model is
// told before each of them.
type Project struct {
	ID           ID       `json:"id"`
	UserID       ID       `json:"user_id"` // who made it
	Name         string   `json:"name"`
	Description  string   `json:"description"`
	Color        string   `json:"color"`
	Instructions string   `json:"instructions"` // sent to the model as system prompt
	Model        string   `json:"model,omitempty"`
	Tags         []string `json:"tags"`
	TemplateID   string   `json:"template_id,omitempty"`
	IsArchived   bool     `json:"is_archived"`
	ThreadCount  int      `json:"thread_count"` // kept by PutThread and DeleteThread
	LastChatAt   Time     `json:"last_chat_at"` // of the newest message, kept by PutMessage
	CreatedAt    Time     `json:"created_at"`
	UpdatedAt    Time     `json:"updated_at"`
}

var projects = &table[Project]{
	decoded: &cache[Project]{},
	space:   "projects", noun: "project",
	key:     func(p *Project) []byte { return kv.IDs(p.ID) },
	loss:    projectLoss,
	id:      func(p *Project) ID { return p.ID },
	indexes: []index[Project]{{name: "user", key: func(p *Project) []byte { return kv.IDs(p.UserID) }}},
	refs: []reference[Project]{
		// A user who leaves takes their memberships along, not the team's work.
		{name: "user_id", to: "users", id: func(p *Project) ID { return p.UserID }, then: setNull, clear: func(p *Project) { p.UserID = ID{} }, index: "user"},
	},
}

// Project returns the project with id, or not_found.
func (tx *Tx) Project(id ID) (*Project, error) { return projects.get(tx, kv.IDs(id)) }

// PutProject writes p.
func (tx *Tx) PutProject(p *Project) error { return projects.put(tx, p) }

// DeleteProject removes p and hides all that hangs from it at once; ReapSome
// then takes that down.
func (tx *Tx) DeleteProject(p *Project) error { return projects.destroy(tx, p) }

// CountProjects says how many projects there are, and how many threads in them. It
// looks at every project.
func (tx *Tx) CountProjects() (n, inThem int, err error) {
	err = kv.Walk(tx.kv, projects.space, kv.Range{}, func(e kv.Entry) error {
		p, err := projects.listed(tx, e.Key, e.Value, projects.decode)
		if n++; p != nil {
			inThem += p.ThreadCount
		}
		return err
	})
	return n, inThem, err
}

// Roles in a project, from the most to the least.
const (
	ProjectOwner  = "owner"
	ProjectEditor = "editor"
	ProjectViewer = "viewer"
)

// A Member is one user's part in one project.
type Member struct {
	ProjectID ID     `json:"project_id"`
	UserID    ID     `json:"user_id"`
	Role      string `json:"role"`
	CreatedAt Time   `json:"created_at"`

	// SetBy is the administrator who gave the role without being an owner, zero if
	// an owner did, or at the command line. The account may be gone.
	SetBy      ID   `json:"set_by"`
	SetByAdmin bool `json:"set_by_admin,omitempty"`
}

var members = &table[Member]{
	decoded: &cache[Member]{},
	space:   "members", noun: "member",
	key:     func(m *Member) []byte { return kv.Key(m.ProjectID, m.UserID) },
	loss:    memberLoss,
	indexes: []index[Member]{{name: "user", key: func(m *Member) []byte { return kv.Key(m.UserID) }}},
	refs: []reference[Member]{
		{name: "project_id", to: "projects", id: func(m *Member) ID { return m.ProjectID }, then: cascade},
		{name: "user_id", to: "users", id: func(m *Member) ID { return m.UserID }, then: cascade, index: "user"},
	},
}

// Member returns the part that user has in project, or nil.
func (tx *Tx) Member(project, user ID) (*Member, error) {
	return members.find(tx, kv.IDs(project, user))
}

// PutMember writes m.
func (tx *Tx) PutMember(m *Member) error { return members.put(tx, m) }

// DeleteMember takes a user out of a project.
func (tx *Tx) DeleteMember(m *Member) error { return members.destroy(tx, m) }

// MembersOf returns the members of a project, at most kv.MaxPage.
func (tx *Tx) MembersOf(project ID) ([]*Member, error) {
	return members.scan(tx, kv.Prefix(kv.Key(project)))
}

// MemberIDs returns the ids of the members of a project, at most kv.MaxPage, as the
// keys tell them.
func (tx *Tx) MemberIDs(project ID) ([]ID, error) {
	page, err := tx.kv.Scan(members.space, kv.Prefix(kv.IDs(project)))
	list := make([]ID, len(page))
	for i, e := range page {
		if len(e.Key) != 2*len(ID{}) {
			return nil, corrupt(members.space, e.Key, "names no member")
		}
		list[i] = ID(e.Key[len(ID{}):])
	}
	return list, err
}

// MembershipsOf returns the memberships of a user, at most kv.MaxPage. A project
// that was just deleted may still be among them.
func (tx *Tx) MembershipsOf(user ID) ([]*Member, error) {
	return members.list(tx, "user", kv.Key(user), false)
}
