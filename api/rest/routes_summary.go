package rest

import (
	"net/http"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

func (s *Server) summaryRoutes(a *api.API) []route {
	at := func(s *api.SummaryView) store.ID { return s.ID }
	archived := []store.Code{store.CodeThreadArchived}
	return []route{
		{
			method: get, path: "/threads/{id}/summaries", id: "listSummaries", tag: "summaries", summary: "The summaries of a thread, the newest first",
			do: handle(a.ListSummaries), access: threadReader, limit: readClass, errors: paging,
		},
		{
			method: post, path: "/threads/{id}/summaries", id: "createSummary", tag: "summaries", summary: "Write a summary by hand",
			do: handle(a.CreateSummary).at(base+"/summaries/", at), access: threadWriter, limit: writeClass,
			status: http.StatusCreated, errors: append(archived, store.CodeConflict),
		},
		{
			method: post, path: "/threads/{id}/summarize", id: "summarize", tag: "summaries", summary: "Have a summary made; it comes over the socket",
			do: handle(a.Summarize), access: threadWriter, limit: expensive,
			status: http.StatusAccepted, errors: append(archived, store.CodeConflict),
		},
		{
			method: get, path: "/summaries/{id}", id: "getSummary", tag: "summaries", summary: "One summary",
			do: handle(a.GetSummary), access: threadReader, limit: readClass,
		},
		{
			method: patch, path: "/summaries/{id}", id: "updateSummary", tag: "summaries", summary: "Edit a summary",
			do: handle(a.UpdateSummary), access: threadWriter, limit: writeClass, errors: archived,
		},
		{
			method: remove, path: "/summaries/{id}", id: "deleteSummary", tag: "summaries", summary: "Delete a summary; its messages are unsummarised again",
			do: handle(a.DeleteSummary), access: threadWriter, limit: writeClass, status: http.StatusNoContent, errors: archived,
		},
	}
}
