package rest

import (
	"net/http"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

func (s *Server) messageRoutes(a *api.API) []route {
	at := func(m *store.Message) store.ID { return m.ID }
	asking := []store.Code{store.CodeThreadArchived, store.CodeGenerating, store.CodeMessageTooLong, store.CodeConflict}
	sending := append(asking, store.CodeScanPending, store.CodeScanFailed, store.CodeQuarantined)
	return []route{
		{
			method: get, path: "/threads/{id}/messages", id: "listMessages", tag: "messages", summary: "A page of a thread's messages, the oldest first",
			do: splice[*api.MessageList](a.ListMessages), access: threadReader, limit: readClass, errors: paging,
		},
		{
			method: post, path: "/threads/{id}/messages", id: "sendMessage", tag: "messages", summary: "Ask a question; its answer comes over the socket, or here with ?wait=true. While another is being answered it waits in the thread's queue (status queued)",
			do:     handle(a.SendMessage).at(base+"/messages/", func(m *api.SentMessage) store.ID { return m.Message.ID }),
			access: threadWriter, limit: messageClass, status: http.StatusCreated, timeout: answerTimeout, errors: sending,
		},
		{
			method: get, path: "/messages/{id}", id: "getMessage", tag: "messages", summary: "One message",
			do: handle(a.GetMessage), access: threadReader, limit: readClass,
		},
		{
			method: patch, path: "/messages/{id}", id: "updateMessage", tag: "messages", summary: "Edit a message of one's own, keeping its earlier versions",
			do: handle(a.UpdateMessage), access: author, limit: messageClass, errors: asking,
		},
		{
			method: remove, path: "/messages/{id}", id: "deleteMessage", tag: "messages", summary: "Empty a message for good; its row stays. A question that waits leaves the queue",
			do: handle(a.DeleteMessage), access: authorOrOwner, limit: writeClass, status: http.StatusNoContent, errors: asking[:2],
		},
		{
			method: get, path: "/messages/{id}/history", id: "getMessageHistory", tag: "messages", summary: "What a message said before, the newest first",
			do: handle(a.MessageHistory), access: threadReader, limit: readClass,
		},
		{
			method: post, path: "/messages/{id}/regenerate", id: "regenerate", tag: "messages", summary: "Have a question answered once more, beside the answers there are",
			do: handle(a.Regenerate).at(base+"/messages/", at), access: authorOrOwner, limit: messageClass, status: http.StatusCreated, errors: asking,
		},
	}
}
