package rest

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

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
			method: post, path: "/auth/register", id: "register", tag: "account", summary: "Make an account for oneself, as auth.registration allows, and sign in",
			do: handle(a.Register).then(s.setSignIn), access: public, limit: signInClass, status: http.StatusCreated, errors: conflict,
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
			do: handle(a.EndSession), access: inPerson, limit: writeClass, status: http.StatusNoContent,
		},
		{
			method: get, path: "/users/me", id: "getMe", tag: "account", summary: "The caller",
			do: handle(a.Me), access: signedIn, limit: readClass,
		},
		{
			method: patch, path: "/users/me", id: "updateMe", tag: "account", summary: "Change the caller's account",
			do: handle(a.UpdateMe), access: inPerson, limit: writeClass, errors: conflict,
		},
		{
			method: post, path: "/users/me/password", id: "changePassword", tag: "account", summary: "Change the caller's password; ends all other sessions",
			do: handle(a.ChangePassword), access: inPerson, limit: signInClass, status: http.StatusNoContent, errors: conflict,
		},
	}
}
