package rest

import (
	"net/http"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

func (s *Server) keyRoutes(a *api.API) []route {
	conflict := []store.Code{store.CodeConflict}
	return []route{
		{
			method: get, path: "/users/me/api-keys", id: "listAPIKeys", tag: "account", summary: "The caller's API keys, the newest first",
			do: handle(a.ListAPIKeys), access: signedIn, limit: readClass, errors: paging,
		},
		{
			method: post, path: "/users/me/api-keys", id: "createAPIKey", tag: "account", summary: "Make an API key; the key is shown this once",
			do: handle(a.CreateAPIKey), access: signedIn, limit: writeClass, status: http.StatusCreated, errors: conflict,
		},
		{
			method: remove, path: "/users/me/api-keys/{id}", id: "deleteAPIKey", tag: "account", summary: "Make an API key void, and those that were made with it",
			do: handle(a.DeleteAPIKey), access: signedIn, limit: writeClass, status: http.StatusNoContent,
		},
		{
			method: get, path: "/users/me/notices", id: "listNotices", tag: "account", summary: "What administrators and strangers did to the caller's account and projects, the newest first",
			do: handle(a.ListNotices), access: signedIn, limit: readClass, errors: paging,
		},
		{
			method: post, path: "/users/me/notices/{id}/read", id: "readNotice", tag: "account", summary: "Mark a notice as read; it stays in the list",
			do: handle(a.ReadNotice), access: inPerson, limit: writeClass,
		},
	}
}

func (s *Server) peopleRoutes(a *api.API) []route {
	at := func(u *api.AccountView) store.ID { return u.ID }
	conflict := []store.Code{store.CodeConflict}
	return []route{
		{
			method: get, path: "/users", id: "listUsers", tag: "people", summary: "The instance's users, by user name",
			do: handle(a.ListUsers), access: adminOnly, audit: "users_listed", limit: readClass, errors: paging,
		},
		{
			method: post, path: "/users", id: "createUser", tag: "people", summary: "Make an account for somebody",
			do: handle(a.CreateUser).at(base+"/users/", at), access: adminOnly, audit: "user_created", limit: writeClass, status: http.StatusCreated, errors: conflict,
		},
		{
			method: get, path: "/users/find", id: "findUser", tag: "people", summary: "The user with exactly this user name or email address",
			do: handle(a.FindUser), access: signedIn, limit: readClass, errors: []store.Code{store.CodeNotFound},
		},
		{
			method: get, path: "/users/{id}", id: "getUser", tag: "people", summary: "One user, and the projects that they are a member of",
			do: handle(a.GetUser), access: adminOnly, audit: "user_read", limit: readClass,
		},
		{
			method: patch, path: "/users/{id}", id: "updateUser", tag: "people", summary: "Change an account: its names, its role, its password, whether it is disabled",
			do: handle(a.UpdateUser), access: adminOnly, audit: "user_updated", limit: writeClass, errors: conflict,
		},
		{
			method: remove, path: "/users/{id}", id: "deleteUser", tag: "people", summary: "Delete an account; what its user wrote for others stays, with their name",
			do: handle(a.DeleteUser), access: adminOnly, audit: "user_deleted", limit: writeClass, status: http.StatusNoContent, errors: conflict,
		},
		{
			method: get, path: "/admin/users/{id}/api-keys", id: "listUserAPIKeys", tag: "people", summary: "One user's API keys, the newest first",
			do: handle(a.ListUserAPIKeys), access: adminOnly, audit: "user_api_keys_listed", limit: readClass, errors: paging,
		},
		{
			method: remove, path: "/admin/users/{id}/api-keys", id: "endUserAPIKeys", tag: "people", summary: "End all API keys of a user, who gets a notice",
			do: handle(a.EndUserAPIKeys), access: adminOnly, audit: "user_api_keys_ended", limit: writeClass,
		},
		{
			method: remove, path: "/admin/users/{id}/api-keys/{key_id}", id: "endUserAPIKey", tag: "people", summary: "End one API key of a user, who gets a notice, and those that were made with it",
			do: handle(a.EndUserAPIKey), access: adminOnly, audit: "user_api_keys_ended", limit: writeClass,
		},
		{
			method: get, path: "/invites", id: "listInvites", tag: "people", summary: "The invites, the newest first, used and expired ones too",
			do: handle(a.ListInvites), access: adminOnly, audit: "invites_listed", limit: readClass, errors: paging,
		},
		{
			method: post, path: "/invites", id: "createInvite", tag: "people", summary: "Make an invite; its code is shown this once",
			do: handle(a.CreateInvite), access: adminOnly, audit: "invite_created", limit: writeClass, status: http.StatusCreated, errors: conflict,
		},
		{
			method: remove, path: "/invites/{id}", id: "deleteInvite", tag: "people", summary: "Withdraw an invite",
			do: handle(a.DeleteInvite), access: adminOnly, audit: "invite_deleted", limit: writeClass, status: http.StatusNoContent,
		},
	}
}
