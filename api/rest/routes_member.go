package rest

import (
	"net/http"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

func (s *Server) memberRoutes(a *api.API) []route {
	conflict := []store.Code{store.CodeConflict}
	return []route{
		{
			method: get, path: "/projects/{id}/members", id: "listMembers", tag: "projects", summary: "A project's members, by user name",
			do: handle(a.ListMembers), access: memberReader, limit: readClass, errors: paging,
		},
		{
			method: get, path: "/projects/{id}/members/{user_id}", id: "getMember", tag: "projects", summary: "One member of a project",
			do: handle(a.GetMember), access: memberReader, limit: readClass,
		},
		{
			method: put, path: "/projects/{id}/members/{user_id}", id: "putMember", tag: "projects", summary: "Make a user a member, or change their role",
			do: handle(a.PutMember), access: memberWriter, limit: writeClass, errors: conflict,
		},
		{
			method: remove, path: "/projects/{id}/members/{user_id}", id: "deleteMember", tag: "projects", summary: "Take a user out of a project, or leave it",
			do: handle(a.DeleteMember), access: memberLeaver, limit: writeClass, status: http.StatusNoContent, errors: conflict,
		},
		{
			method: get, path: "/activities", id: "listActivities", tag: "projects", summary: "What happened in the caller's projects, the newest first",
			do: handle(a.ListActivities), access: signedIn, limit: readClass, errors: append(paging, store.CodeNotFound),
		},
		{
			method: get, path: "/tags", id: "listTags", tag: "projects", summary: "The words that the caller's projects carry, and those of the caller's that none does, by name",
			do: handle(a.ListTags), access: signedIn, limit: readClass, errors: paging,
		},
		{
			method: post, path: "/tags", id: "createTag", tag: "projects", summary: "Make a tag",
			do: handle(a.CreateTag), access: signedIn, limit: writeClass, status: http.StatusCreated, errors: conflict,
		},
		{
			method: remove, path: "/tags/{id}", id: "deleteTag", tag: "projects", summary: "Take a tag off every project of the caller that carries it",
			do: handle(a.DeleteTag), access: tagRemover, limit: writeClass, status: http.StatusNoContent,
		},
	}
}
