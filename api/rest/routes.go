package rest

import (
	"net/http"
	"slices"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// answerTimeout is how long a request may wait for a model's answer.
const answerTimeout = 10 * time.Minute

const (
	get    = http.MethodGet
	post   = http.MethodPost
	patch  = http.MethodPatch
	put    = http.MethodPut
	remove = http.MethodDelete
)

// routes is the whole of HTTP but the socket and the page's files. It is also
// called without an API, for the document.
func (s *Server) routes(a *api.API) []route {
	return slices.Concat(
		s.accountRoutes(a),
		s.keyRoutes(a),
		s.peopleRoutes(a),
		s.projectRoutes(a),
		s.memberRoutes(a),
		s.threadRoutes(a),
		s.messageRoutes(a),
		s.attachmentRoutes(a),
		s.summaryRoutes(a),
		s.searchRoutes(a),
		s.exportRoutes(a),
		s.instanceRoutes(a),
		docsRoutes(),
		s.adminRoutes(a),
	)
}

// paging are the errors of lists.
var paging = []store.Code{store.CodeConflictingPages, store.CodeUnknownCursor}
