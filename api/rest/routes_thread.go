package rest

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

func (s *Server) threadRoutes(a *api.API) []route {
	at := func(t *api.ThreadView) store.ID { return t.ID }
	archived := []store.Code{store.CodeThreadArchived}
	return []route{
		{
			method: get, path: "/threads", id: "listThreads", tag: "threads", summary: "The threads that the caller may see",
			do: handle(a.ListThreads), access: signedIn, limit: readClass, errors: append(paging, store.CodeNotFound),
		},
		{
			method: post, path: "/threads", id: "createThread", tag: "threads", summary: "Make a thread, and ask its first question if one is given",
			do: handle(a.CreateThread).with(s.countQuestion).at(base+"/threads/", at), access: projectWriter, limit: writeClass,
			status: http.StatusCreated, errors: []store.Code{store.CodeNotFound, store.CodeMessageTooLong},
		},
		{
			method: get, path: "/threads/{id}", id: "getThread", tag: "threads", summary: "One thread",
			do: handle(a.GetThread), access: threadReader, limit: readClass,
		},
		{
			method: get, path: "/threads/{id}/context", id: "threadContext", tag: "threads", summary: "What the model is sent of a thread, part by part, and what is left out",
			do: handle(a.ThreadContext), access: threadReader, limit: readClass,
		},
		{
			method: patch, path: "/threads/{id}", id: "updateThread", tag: "threads", summary: "Rename, archive or un-archive a thread",
			do: handle(a.UpdateThread), access: threadWriter, limit: writeClass, errors: archived,
		},
		{
			method: remove, path: "/threads/{id}", id: "deleteThread", tag: "threads", summary: "Delete a thread and all that is in it, for good",
			do: handle(a.DeleteThread), access: threadRemover, limit: writeClass, status: http.StatusNoContent,
		},
		{
			method: post, path: "/threads/{id}/archive", id: "archiveThread", tag: "threads", summary: "Make a thread read-only and take it out of the lists",
			do: handle(a.ArchiveThread), access: threadWriter, limit: writeClass,
		},
		{
			method: post, path: "/threads/{id}/unarchive", id: "unarchiveThread", tag: "threads", summary: "Undo archiving",
			do: handle(a.UnarchiveThread), access: threadWriter, limit: writeClass,
		},
		{
			method: post, path: "/threads/{id}/stop", id: "stopGeneration", tag: "threads", summary: "Stop the answer that is being written, keeping what it has",
			do: handle(a.StopGeneration), access: threadWriter, limit: writeClass,
		},
	}
}

// countQuestion counts a thread that begins with a question as a message too,
// as it makes a model answer.
func (s *Server) countQuestion(c *fiber.Ctx, who api.Actor, in *api.CreateThreadInput) error {
	if in.InitialMessage == nil {
		return nil
	}
	return s.count(c, messageClass, callerOf(who))
}
