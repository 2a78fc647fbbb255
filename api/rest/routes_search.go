package rest

import (
	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

func (s *Server) searchRoutes(a *api.API) []route {
	return []route{
		{
			method: get, path: "/search", id: "search", tag: "search", summary: "Threads, messages, summaries and attachments that have all the words, the best first",
			do: handle(a.Search), access: signedIn, limit: readClass, errors: []store.Code{store.CodeNotFound},
		},
	}
}
