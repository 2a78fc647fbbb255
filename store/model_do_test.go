package store_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-app/parley/store"
)

// An operation is one thing that a verb does to the store. It is drawn before it
// is known what there will be, so it names what it works on by a number.
type operation struct {
	name    string
	a, b, c int
	yes     bool
	text    string
}

var (
	texts = rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "A", "ab", "b", "Übung", "übung", "a\x00b", "**bold** `code`", strings.Repeat("𝔘", 200), strings.Repeat("word ", 50)}),
		rapid.StringN(0, 20, -1),
	)
	// Each run does but some of what can be done, and that often: what goes wrong
	// between two operations is rarely seen where they are two of forty.
	choices = rapid.SliceOfNDistinct(rapid.SampledFrom(slices.Sorted(maps.Keys(deeds))), 1, 15, rapid.ID)
)

// operations are some of those in names.
func operations(names []string) *rapid.Generator[all] {
	one := rapid.Custom(func(t *rapid.T) operation {
		number := rapid.IntRange(0, 9)
		return operation{
			name: rapid.SampledFrom(names).Draw(t, "do"),
			a:    number.Draw(t, "a"), b: number.Draw(t, "b"), c: number.Draw(t, "c"),
			yes: rapid.Bool().Draw(t, "yes"), text: texts.Draw(t, "text"),
		}
	})
	return rapid.Custom(func(t *rapid.T) all { return rapid.SliceOfN(one, 1, 6).Draw(t, "operations") })
}

// beginning is a world in which something can happen.
var beginning = []operation{
	{name: "add user", a: 1, text: "ann"},
	{name: "add user", a: 2, text: "bob"},
	{name: "found project", a: 0, text: "Garden"},
	{name: "found project", a: 1, text: "Kitchen"},
	{name: "join", a: 0, b: 1},
	{name: "open thread", a: 0, b: 0, text: "Roses"},
	{name: "open thread", a: 0, b: 1, text: "Bob's secret", yes: true},
	{name: "open thread", a: 1, b: 1, text: "Stove"},
	{name: "ask", a: 0, text: "How?", c: 1},
	{name: "ask", a: 1, text: "Who?"},
}

// all are operations of one transaction.
type all []operation

func (ops all) do(tx *store.Tx, m *model) error {
	for _, op := range ops {
		if err := op.do(tx, m); err != nil {
			return err
		}
	}
	return nil
}

// do does the operation in the store and in the model. Where there is nothing to
// do it to, it does nothing.
func (op operation) do(tx *store.Tx, m *model) error {
	if err := deeds[op.name](op, tx, m); err != nil {
		return fmt.Errorf("%s: %w", op.name, err)
	}
	return nil
}

var deeds = map[string]func(operation, *store.Tx, *model) error{
	"add user": addUser, "rename user": renameUser, "delete user": deleteUser,
	"add session": addSession, "end session": endSession, "add key": addKey, "delete key": deleteKey,
	"add invite": addInvite, "use invite": useInvite, "delete invite": deleteInvite,
	"add prompt": addPrompt, "delete prompt": deletePrompt, "repeat": repeat, "use": use,
	"found project": foundProject, "change project": changeProject, "delete project": deleteProject, "join": join,
	"add tag": addTag, "delete tag": deleteTag, "tag project": tagProject, "act": act,
	"open thread": openThread, "rename thread": renameThread, "archive thread": archiveThread, "delete thread": deleteThread,
	"ask": ask, "draft": draft, "answer": answer, "edit": edit, "remove": remove,
	"summarise": summarise, "delete summary": deleteSummary, "rewrite": rewrite, "want summary": wantSummary, "drop task": dropTask, "due tasks": dueTasks, "attach": attach, "send attachment": sendAttachment, "detach": detach, "scan attachment": scanAttachment,
	"take lease": takeLease, "give lease": giveLease, "audit": audit, "set up": setUp,
}

// errRefused ends a transaction that the store has refused as it should.
var errRefused = errors.New("refused as it should be")

// refused is for a call that has to fail with the code want.
func refused(err error, want store.Code) error {
	switch {
	case errors.Is(err, errFault):
		return err
	case store.CodeOf(err) == want:
		return errRefused
	default:
		return fmt.Errorf("want it refused as %s: %w", want, err)
	}
}

// newID makes an id, which must be larger than all before it.
func (m *model) newID(tx *store.Tx) (store.ID, error) {
	id, err := tx.NewID()
	if err == nil && id.Compare(m.newest) <= 0 {
		err = fmt.Errorf("the id %s does not follow %s", id, m.newest)
	}
	m.newest = id
	return id, err
}

// pick returns one of the records, always the same for the same number, or false
// if there is none.
func pick[T any](records map[store.ID]T, n int) (r T, ok bool) {
	keys := slices.SortedFunc(maps.Keys(records), store.ID.Compare)
	if len(keys) == 0 {
		return r, false
	}
	return records[keys[n%len(keys)]], true
}

func addUser(op operation, tx *store.Tx, m *model) error {
	id, err := m.newID(tx)
	if err != nil {
		return err
	}
	u := store.User{ID: id, Username: op.text, Email: fmt.Sprint(op.a, "@example.org"), Role: store.RoleMember, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	return m.putUser(tx, u)
}

func (m *model) putUser(tx *store.Tx, u store.User) error {
	err := tx.PutUser(&u)
	for _, other := range m.users {
		if other.ID != u.ID && (sameName(other.Username, u.Username) || other.Email == u.Email) {
			return refused(err, store.CodeConflict)
		}
	}
	m.users[u.ID] = u
	return err
}

// sameName is not strings.EqualFold, which folds more than case.
func sameName(a, b string) bool { return strings.ToLower(a) == strings.ToLower(b) } //nolint:staticcheck // as the store does

func renameUser(op operation, tx *store.Tx, m *model) error {
	u, ok := pick(m.users, op.a)
	if !ok {
		return nil
	}
	u.Username, u.Email, u.UpdatedAt = op.text, fmt.Sprint(op.b, "@example.org"), tx.Now
	return m.putUser(tx, u)
}

func deleteUser(op operation, tx *store.Tx, m *model) error {
	u, ok := pick(m.users, op.a)
	if !ok || op.b > 3 { // or there would be few
		return nil
	}
	m.deleteUser(u.ID)
	m.doomed = true
	return tx.DeleteUser(&u)
}

func addSession(op operation, tx *store.Tx, m *model) error {
	id, err := m.newID(tx)
	if err != nil {
		return err
	}
	u, ok := pick(m.users, op.a)
	s := store.Session{ID: id, UserID: u.ID, UserAgent: op.text, CreatedAt: tx.Now}
	if !ok { // of nobody, or of somebody who never was
		s.UserID = id
		return refused(tx.PutSession(&s), store.CodeNotFound)
	}
	m.sessions[id] = s
	return tx.PutSession(&s)
}

func endSession(op operation, tx *store.Tx, m *model) error {
	s, ok := pick(m.sessions, op.a)
	if !ok {
		return nil
	}
	delete(m.sessions, s.ID)
	return tx.DeleteSession(&s)
}

func addKey(op operation, tx *store.Tx, m *model) error {
	u, ok := pick(m.users, op.a)
	id, err := m.newID(tx)
	if err != nil || !ok {
		return err
	}
	k := store.APIKey{ID: id, UserID: u.ID, Name: op.text, Hash: []byte{byte(op.b)}, Scopes: []string{store.ScopeRead}, CreatedAt: tx.Now}
	err = tx.PutAPIKey(&k)
	for _, other := range m.apiKeys {
		if other.Hash[0] == k.Hash[0] {
			return refused(err, store.CodeConflict)
		}
	}
	m.apiKeys[id] = k
	if m.doomed && store.CodeOf(err) == store.CodeConflict {
		return errRefused // by a key of a user who was deleted, which is still there
	}
	return err
}

func deleteKey(op operation, tx *store.Tx, m *model) error {
	k, ok := pick(m.apiKeys, op.a)
	if !ok {
		return nil
	}
	delete(m.apiKeys, k.ID)
	return tx.DeleteAPIKey(&k)
}

func addInvite(op operation, tx *store.Tx, m *model) error {
	u, _ := pick(m.users, op.a)
	id, err := m.newID(tx)
	if err != nil {
		return err
	}
	i := store.Invite{ID: id, Role: store.RoleMember, Hash: id[:], CreatedBy: u.ID, CreatedAt: tx.Now}
	m.invites[id] = i
	return tx.PutInvite(&i)
}

func useInvite(op operation, tx *store.Tx, m *model) error {
	i, ok := pick(m.invites, op.a)
	u, _ := pick(m.users, op.b)
	if !ok {
		return nil
	}
	i.UsedBy = u.ID
	m.invites[i.ID] = i
	return tx.PutInvite(&i)
}

func deleteInvite(op operation, tx *store.Tx, m *model) error {
	i, ok := pick(m.invites, op.a)
	if !ok {
		return nil
	}
	delete(m.invites, i.ID)
	return tx.DeleteInvite(&i)
}

func addPrompt(op operation, tx *store.Tx, m *model) error {
	u, ok := pick(m.users, op.a)
	id, err := m.newID(tx)
	if err != nil || !ok {
		return err
	}
	p := store.Prompt{ID: id, UserID: u.ID, Title: op.text, IsShared: op.yes, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	m.prompts[id] = p
	return tx.PutPrompt(&p)
}

func deletePrompt(op operation, tx *store.Tx, m *model) error {
	p, ok := pick(m.prompts, op.a)
	if !ok {
		return nil
	}
	delete(m.prompts, p.ID)
	return tx.DeletePrompt(&p)
}

// repeat is a create with a client_id, of which there are few.
func repeat(op operation, tx *store.Tx, m *model) error {
	u, ok := pick(m.users, op.a)
	if !ok {
		return nil
	}
	client := store.ID{byte(op.b) + 1}
	first, err := tx.Request(u.ID, client)
	if err != nil {
		return err
	}
	if want, ok := m.requests[pair{u.ID, client}]; ok {
		return differ("the first result", want, *first)
	}
	if first != nil {
		return fmt.Errorf("a request that never was: %+v", first)
	}
	r := store.Request{UserID: u.ID, ClientID: client, ResultID: u.ID, CreatedAt: tx.Now}
	m.requests[pair{u.ID, client}] = r
	return tx.PutRequest(&r)
}

func use(op operation, tx *store.Tx, m *model) error {
	u, ok := pick(m.users, op.a)
	if !ok {
		return nil
	}
	had := store.Usage{Day: fmt.Sprint("2026-11-0", op.b), UserID: u.ID, Model: fmt.Sprint("model ", op.c%2), Answers: 1, PromptTokens: op.a, CompletionTokens: op.b}
	key := usageKey{u.ID, had.Day, had.Model}
	sum, ok := m.usage[key]
	if !ok {
		sum = store.Usage{Day: had.Day, UserID: u.ID, Model: had.Model}
	}
	sum.Answers, sum.PromptTokens, sum.CompletionTokens = sum.Answers+1, sum.PromptTokens+op.a, sum.CompletionTokens+op.b
	m.usage[key] = sum
	return tx.AddUsage(&had)
}

func foundProject(op operation, tx *store.Tx, m *model) error {
	u, ok := pick(m.users, op.a)
	id, err := m.newID(tx)
	if err != nil || !ok {
		return err
	}
	p := store.Project{ID: id, UserID: u.ID, Name: op.text, Tags: []string{}, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	m.projects[id] = p
	if err := tx.PutProject(&p); err != nil {
		return err
	}
	return m.putMember(tx, store.Member{ProjectID: id, UserID: u.ID, Role: store.ProjectOwner, CreatedAt: tx.Now})
}

func changeProject(op operation, tx *store.Tx, m *model) error {
	p, ok := pick(m.projects, op.a)
	if !ok {
		return nil
	}
	p.Name, p.IsArchived, p.Tags, p.UpdatedAt = op.text, op.yes, []string{op.text}, tx.Now
	m.projects[p.ID] = p
	return change(tx.Project, p.ID, tx.PutProject, func(s *store.Project) {
		s.Name, s.IsArchived, s.Tags, s.UpdatedAt = p.Name, p.IsArchived, p.Tags, p.UpdatedAt
	})
}

// change reads a record, changes it and writes it back, as verbs do.
func change[T any](get func(store.ID) (*T, error), id store.ID, put func(*T) error, fn func(*T)) error {
	r, err := get(id)
	if err != nil {
		return err
	}
	fn(r)
	return put(r)
}

func deleteProject(op operation, tx *store.Tx, m *model) error {
	p, ok := pick(m.projects, op.a)
	if !ok || op.b > 3 {
		return nil
	}
	m.deleteProject(p.ID)
	m.doomed = true
	s, err := tx.Project(p.ID)
	if err != nil {
		return err
	}
	return tx.DeleteProject(s)
}

func join(op operation, tx *store.Tx, m *model) error {
	p, ok := pick(m.projects, op.a)
	u, there := pick(m.users, op.b)
	if !ok || !there {
		return nil
	}
	return m.putMember(tx, store.Member{ProjectID: p.ID, UserID: u.ID, Role: []string{store.ProjectOwner, store.ProjectEditor, store.ProjectViewer}[op.c%3], CreatedAt: tx.Now})
}

func (m *model) putMember(tx *store.Tx, x store.Member) error {
	m.members[pair{x.ProjectID, x.UserID}] = x
	return tx.PutMember(&x)
}

func addTag(op operation, tx *store.Tx, m *model) error {
	id, err := m.newID(tx)
	if err != nil {
		return err
	}
	x := store.Tag{ID: id, Name: op.text, CreatedAt: tx.Now}
	m.tags[id] = x
	return tx.PutTag(&x)
}

func deleteTag(op operation, tx *store.Tx, m *model) error {
	x, ok := pick(m.tags, op.a)
	if !ok {
		return nil
	}
	m.deleteTag(x.ID)
	m.doomed = true
	return tx.DeleteTag(&x)
}

func tagProject(op operation, tx *store.Tx, m *model) error {
	p, ok := pick(m.projects, op.a)
	if !ok {
		return nil
	}
	maps.DeleteFunc(m.projectTags, func(k pair, _ bool) bool { return k[0] == p.ID })
	var ids []store.ID
	for _, n := range []int{op.b, op.c} {
		if x, ok := pick(m.tags, n); ok {
			ids = append(ids, x.ID)
			m.projectTags[pair{p.ID, x.ID}] = true
		}
	}
	return tx.SetProjectTags(p.ID, ids)
}

func act(op operation, tx *store.Tx, m *model) error {
	p, ok := pick(m.projects, op.a)
	u, _ := pick(m.users, op.b)
	id, err := m.newID(tx)
	if err != nil || !ok {
		return err
	}
	a := store.Activity{ID: id, ProjectID: p.ID, UserID: u.ID, Kind: "thread_created", Title: op.text, CreatedAt: tx.Now}
	m.activities[id] = a
	return tx.AddActivity(&a)
}

func takeLease(op operation, tx *store.Tx, m *model) error {
	job, holder := fmt.Sprint("job ", op.a%2), fmt.Sprint("node ", op.b%2)
	want, there := m.leases[job]
	free := !there || want.Holder == holder || !tx.Now.Before(want.Until.Time)
	got, err := tx.TakeLease(job, holder, time.Duration(op.c)*time.Second)
	if err != nil {
		return err
	}
	if free != (got != nil) {
		return fmt.Errorf("the lease %+v was free for %s: %t, but got %+v", want, holder, free, got)
	}
	if !free {
		return nil
	}
	if want.Holder != holder {
		want.Token++
	}
	want.Job, want.Holder, want.Until = job, holder, store.TimeOf(tx.Now.Add(time.Duration(op.c)*time.Second))
	m.leases[job] = want
	return differ("lease", want, *got)
}

func giveLease(op operation, tx *store.Tx, m *model) error {
	job, holder := fmt.Sprint("job ", op.a%2), fmt.Sprint("node ", op.b%2)
	if l := m.leases[job]; l.Holder == holder {
		l.Until = tx.Now
		m.leases[job] = l
	}
	return tx.GiveLease(job, holder)
}

func audit(op operation, tx *store.Tx, m *model) error {
	e := store.AuditEntry{Username: op.text, Action: "user_disabled", Details: map[string]string{"why": op.text}}
	if err := tx.AddAudit(&e); err != nil {
		return err
	}
	if e.Number != uint64(len(m.audit)+1) {
		return fmt.Errorf("audit entry %d has number %d", len(m.audit)+1, e.Number)
	}
	m.audit = slices.Insert(slices.Clone(m.audit), 0, e)
	return nil
}

func setUp(op operation, tx *store.Tx, m *model) error {
	m.setup = op.text
	return tx.SetSetupToken(op.text)
}
