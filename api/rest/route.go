package rest

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// An access is the rule that access.go of package api applies to a route, in a
// word: the routes are tested and documented by it, but api alone enforces it.
type access string

// The rules, from wire.md section 3.
const (
	public        access = "public"         // nobody is asked who they are
	anyone        access = "anyone"         // a credential is used if it is good
	signedIn      access = "signed_in"      // about the caller alone
	inPerson      access = "in_person"      // the same, but not with an API key
	adminOnly     access = "admin"          // administrators; each use is in the audit
	memberReader  access = "member_reader"  // members of the project, and administrators
	memberWriter  access = "member_writer"  // its owners, and administrators
	memberLeaver  access = "member_leaver"  // the same, and who it is about
	tagRemover    access = "tag_remover"    // owners of all projects of theirs that carry it
	projectReader access = "project_reader" // members of the project
	projectWriter access = "project_writer" // its owners and editors
	projectOwner  access = "project_owner"
	threadReader  access = "thread_reader"  // members of its project; of a private one who made it
	threadWriter  access = "thread_writer"  // who made it, owners and editors
	threadRemover access = "thread_remover" // who made it, and owners
	author        access = "author"         // who wrote the message
	authorOrOwner access = "author_or_owner"
)

const (
	defaultBody    = 1 << 20 // bytes
	defaultTimeout = 30 * time.Second
	base           = "/api/v1"
)

// A route is one line of the table. What is zero takes the default.
type route struct {
	method string
	path   string // as in OpenAPI, below /api/v1
	root   bool   // the path stands by itself
	do     endpoint

	id, tag, summary string

	access access // no default
	limit  class  // no default
	audit  string // what the audit calls it; of an administrator's route, no default

	status  int           // 200, or 204 where there is nothing to say
	maxBody int           // bytes, defaultBody
	streams bool          // the endpoint reads the body itself, with openBody
	timeout time.Duration // defaultTimeout
	errors  []store.Code  // beside those that follow from the rest, see codes
}

// complete fills in the defaults and panics where the line says too little, so
// that no build passes its tests with a route that nobody guards.
func (r *route) complete() {
	switch {
	case r.access == "":
		panic(fmt.Sprintf("rest: %s %s has no access rule", r.method, r.path))
	case r.limit == unclassed:
		panic(fmt.Sprintf("rest: %s %s has no limit", r.method, r.path))
	case (r.access == adminOnly) != (r.audit != ""):
		panic(fmt.Sprintf("rest: %s %s is an administrator's and not in the audit, or the other way round", r.method, r.path))
	case r.id == "" || r.summary == "" || r.tag == "":
		panic(fmt.Sprintf("rest: %s %s is not documented", r.method, r.path))
	}
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.maxBody == 0 {
		r.maxBody = defaultBody
	}
	if r.timeout == 0 {
		r.timeout = defaultTimeout
	}
}

// changes says whether the route changes anything, by its method.
func (r *route) changes() bool { return r.method != http.MethodGet }

// scope is what an API key needs for the route.
func (r *route) scope() api.Scope {
	switch {
	case r.access == adminOnly:
		return api.ScopeAdmin
	case r.changes():
		return api.ScopeWrite
	default:
		return api.ScopeRead
	}
}

// full is the whole path, as OpenAPI writes it.
func (r *route) full() string {
	if r.root {
		return r.path
	}
	return base + r.path
}

// pattern is the path as Fiber writes it.
func (r *route) pattern() string { return strings.NewReplacer("{", ":", "}", "").Replace(r.full()) }

// codes are the error codes that a caller of the route must expect.
func (r *route) codes(in *input) []store.Code {
	codes := []store.Code{store.CodeInternal, store.CodeUnavailable}
	if r.limit != unlimited {
		codes = append(codes, store.CodeRateLimited)
	}
	if r.access != public && r.access != anyone {
		codes = append(codes, store.CodeUnauthorized)
	}
	if r.changes() || r.access == adminOnly || r.access == author || r.access == authorOrOwner {
		codes = append(codes, store.CodeForbidden)
	}
	if in != nil {
		codes = append(codes, store.CodeInvalid) // an unknown parameter, at least
	}
	if in != nil && len(in.path) > 0 {
		codes = append(codes, store.CodeNotFound)
	}
	return append(codes, r.errors...)
}
