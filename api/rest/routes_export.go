package rest

import "github.com/parley-app/parley/api"

func (s *Server) exportRoutes(a *api.API) []route {
	return []route{
		{
			method: get, path: "/threads/{id}/export", id: "exportThread", tag: "threads", summary: "A thread as a file: summaries, messages with their earlier versions, what was attached",
			do:     file(s, a.ExportThread, "text/markdown", "application/json", "text/html", "text/plain"),
			access: threadReader, limit: expensive,
		},
	}
}
