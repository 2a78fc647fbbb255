package rest

import (
	"net/http"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

func (s *Server) attachmentRoutes(a *api.API) []route {
	return []route{
		{
			method: post, path: "/threads/{id}/attachments", id: "uploadAttachment", tag: "attachments",
			summary: "Bring a file into a thread, to be sent with a message; nobody may read it before it was scanned",
			do:      &uploadEndpoint{s: s}, access: threadWriter, limit: uploadClass, status: http.StatusCreated, streams: true, maxBody: s.uploadBody(), timeout: uploadTimeout,
			errors: []store.Code{
				store.CodeThreadArchived, store.CodeFileTooLarge, store.CodeQuotaExceeded, store.CodeMediaType, store.CodeUnsafeFile,
				store.CodeScannerDown, store.CodeDiskFull,
			},
		},
		{
			method: get, path: "/attachments/{id}", id: "getAttachment", tag: "attachments", summary: "What is known of an attachment",
			do: handle(a.GetAttachment), access: threadReader, limit: readClass,
		},
		{
			method: remove, path: "/attachments/{id}", id: "deleteAttachment", tag: "attachments", summary: "Delete an attachment for good",
			do: handle(a.DeleteAttachment), access: authorOrOwner, limit: writeClass, status: http.StatusNoContent,
			errors: []store.Code{store.CodeThreadArchived},
		},
		{
			method: get, path: "/attachments/{id}/content", id: "getAttachmentContent", tag: "attachments", summary: "The bytes of an attachment",
			do: &contentEndpoint{s: s}, access: threadReader, limit: readClass,
			errors: []store.Code{store.CodeScanPending, store.CodeScanFailed, store.CodeQuarantined},
		},
	}
}
