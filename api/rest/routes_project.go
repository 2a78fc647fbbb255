package rest

import (
	"net/http"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

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
			do: handle(a.ListProjectTemplates), access: signedIn, limit: readClass, errors: paging,
		},
	}
}
