package rest

import (
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// answerTimeout is how long a request may wait for a model's answer.
const answerTimeout = 10 * time.Minute

const (
	get    = http.MethodGet
	post   = http.MethodPost
	patch  = http.MethodPatch
	remove = http.MethodDelete
)

// routes is the whole of HTTP but the socket and the page's files. It is also
// called without an API, for the document.
func (s *Server) routes(a *api.API) []route {
	list := s.accountRoutes(a)
	list = append(list, s.projectRoutes(a)...)
	list = append(list, s.threadRoutes(a)...)
	list = append(list, s.messageRoutes(a)...)
	list = append(list, s.attachmentRoutes(a)...)
	return append(list, s.instanceRoutes(a)...)
}

func (s *Server) accountRoutes(a *api.API) []route {
	conflict := []store.Code{store.CodeConflict}
	return []route{
		{
			method: get, path: "/setup", id: "getSetup", tag: "account", summary: "Whether the first administrator is still to be made",
			do: handle(a.SetupRequired), access: public, limit: readClass,
		},
		{
			method: post, path: "/setup", id: "setUp", tag: "account", summary: "Make the first administrator and sign in",
			do: handle(a.Setup).then(s.setSignIn), access: public, limit: signInClass, status: http.StatusCreated, errors: conflict,
		},
		{
			method: post, path: "/auth/login", id: "login", tag: "account", summary: "Sign in",
			do: handle(a.Login).then(s.setSignIn), access: public, limit: signInClass, errors: []store.Code{store.CodeUnauthorized},
		},
		{
			method: post, path: "/auth/refresh", id: "refresh", tag: "account", summary: "Exchange the refresh token for a new pair of tokens",
			do: handle(a.Refresh).with(func(c *fiber.Ctx, _ api.Actor, in *api.RefreshInput) error {
				return refreshFromCookie(c, &in.RefreshToken)
			}).then(s.setSignIn),
			access: anyone, limit: writeClass, errors: []store.Code{store.CodeUnauthorized},
		},
		{
			method: post, path: "/auth/logout", id: "logout", tag: "account", summary: "End the session",
			do: handle(a.Logout).with(func(c *fiber.Ctx, _ api.Actor, in *api.LogoutInput) error {
				return refreshFromCookie(c, &in.RefreshToken)
			}).
				then(func(c *fiber.Ctx, _ *api.Nothing) { s.dropSignIn(c) }),
			access: anyone, limit: writeClass, status: http.StatusNoContent,
		},
		{
			method: get, path: "/auth/session", id: "getSession", tag: "account", summary: "Whether the caller is signed in, or can be without a password",
			do: handle(a.Session).with(func(c *fiber.Ctx, _ api.Actor, in *api.SessionInput) error {
				return refreshFromCookie(c, &in.RefreshToken)
			}),
			access: anyone, limit: readClass,
		},
		{
			method: get, path: "/auth/sessions", id: "listSessions", tag: "account", summary: "The caller's sessions, the newest first",
			do: handle(a.ListSessions), access: signedIn, limit: readClass, errors: paging,
		},
		{
			method: remove, path: "/auth/sessions/{id}", id: "endSession", tag: "account", summary: "End one of the caller's sessions",
			do: handle(a.EndSession), access: signedIn, limit: writeClass, status: http.StatusNoContent,
		},
		{
			method: get, path: "/users/me", id: "getMe", tag: "account", summary: "The caller",
			do: handle(a.Me), access: signedIn, limit: readClass,
		},
		{
			method: patch, path: "/users/me", id: "updateMe", tag: "account", summary: "Change the caller's account",
			do: handle(a.UpdateMe), access: signedIn, limit: writeClass, errors: conflict,
		},
		{
			method: post, path: "/users/me/password", id: "changePassword", tag: "account", summary: "Change the caller's password; ends all other sessions",
			do: handle(a.ChangePassword), access: signedIn, limit: signInClass, status: http.StatusNoContent, errors: conflict,
		},
	}
}

func (s *Server) projectRoutes(a *api.API) []route {
	at := func(p *api.ProjectView) store.ID { return p.ID }
	return []route{
		{
			method: get, path: "/projects", id: "listProjects", tag: "projects", summary: "The caller's projects, by name",
			do: handle(a.ListProjects), access: signedIn, limit: readClass, errors: paging,
		},
		{
			method: post, path: "/projects", id: "createProject", tag: "projects", summary: "Make a project",
			do: handle(a.CreateProject).at(base+"/projects/", at), access: signedIn, limit: writeClass, status: http.StatusCreated,
		},
		{
			method: get, path: "/projects/{id}", id: "getProject", tag: "projects", summary: "One project",
			do: handle(a.GetProject), access: projectReader, limit: readClass,
		},
		{
			method: patch, path: "/projects/{id}", id: "updateProject", tag: "projects", summary: "Change a project",
			do: handle(a.UpdateProject), access: projectOwner, limit: writeClass,
		},
		{
			method: remove, path: "/projects/{id}", id: "deleteProject", tag: "projects", summary: "Delete a project and all that is in it, for good",
			do: handle(a.DeleteProject), access: projectOwner, limit: writeClass, status: http.StatusNoContent,
		},
		{
			method: get, path: "/project-templates", id: "listProjectTemplates", tag: "projects", summary: "What a project may start from",
			do: handle(a.ListProjectTemplates), access: signedIn, limit: readClass,
		},
	}
}

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

func (s *Server) messageRoutes(a *api.API) []route {
	at := func(m *store.Message) store.ID { return m.ID }
	asking := []store.Code{store.CodeThreadArchived, store.CodeGenerating, store.CodeMessageTooLong, store.CodeConflict}
	sending := append(asking, store.CodeScanPending, store.CodeScanFailed, store.CodeQuarantined)
	return []route{
		{
			method: get, path: "/threads/{id}/messages", id: "listMessages", tag: "messages", summary: "A page of a thread's messages, the oldest first",
			do: handle(a.ListMessages), access: threadReader, limit: readClass, errors: paging,
		},
		{
			method: post, path: "/threads/{id}/messages", id: "sendMessage", tag: "messages", summary: "Ask a question; its answer comes over the socket, or here with ?wait=true",
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
			method: remove, path: "/messages/{id}", id: "deleteMessage", tag: "messages", summary: "Empty a message for good; its row stays",
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

func (s *Server) instanceRoutes(a *api.API) []route {
	return []route{
		{
			method: get, path: "/models", id: "listModels", tag: "instance", summary: "The models that may be asked, the default first",
			do: handle(a.ListModels), access: signedIn, limit: readClass,
		},
		{
			method: get, path: "/config", id: "getConfig", tag: "instance", summary: "Limits, thresholds and features that a client needs",
			do: handle(a.Config), access: signedIn, limit: readClass,
		},
		{
			method: get, path: "/health", root: true, id: "getHealth", tag: "instance", summary: "How the instance does; 503 when it fails",
			do: plain(s.health, HealthView{}), access: public, limit: unlimited,
		},
		{
			method: get, path: "/livez", root: true, id: "getLive", tag: "instance", summary: "Whether the process runs",
			do: plain(s.live, StatusView{}), access: public, limit: unlimited,
		},
		{
			method: get, path: "/readyz", root: true, id: "getReady", tag: "instance", summary: "Whether it takes requests; 503 when it does not",
			do: plain(s.ready, StatusView{}), access: public, limit: unlimited,
		},
		{
			method: get, path: "/metrics", root: true, id: "getMetrics", tag: "instance", summary: "Figures in Prometheus' text format",
			do: plain(s.showMetrics, nil), access: public, limit: unlimited,
		},
		{
			method: get, path: "/openapi.json", root: true, id: "getDocument", tag: "instance", summary: "This description",
			do: plain(s.showDocument, map[string]any{}), access: public, limit: readClass,
		},
		{
			method: get, path: "/.well-known/jwks.json", root: true, id: "getKeys", tag: "instance", summary: "The public keys that access tokens verify with (RFC 7517)",
			do: plain(s.showKeys, KeySet{}), access: public, limit: readClass,
		},
	}
}

// paging are the errors of lists.
var paging = []store.Code{store.CodeConflictingPages, store.CodeUnknownCursor}

// countQuestion counts a thread that begins with a question as a message too,
// as it makes a model answer.
func (s *Server) countQuestion(c *fiber.Ctx, who api.Actor, in *api.CreateThreadInput) error {
	if in.InitialMessage == nil {
		return nil
	}
	return s.count(c, messageClass, callerUser(who.UserID))
}
