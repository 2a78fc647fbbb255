package rest

import (
	"context"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// socketRoute is how a request for a socket is admitted; see admit.
var socketRoute = &route{method: http.MethodGet, path: "/ws", access: signedIn, limit: readClass}

// addSockets registers the addresses of the socket, if there is a hub.
func (s *Server) addSockets() {
	if s.o.Hub == nil {
		return
	}
	s.sockets = newSockets(s.life, s.api, s.o.Hub, s.limiter, s.metrics, s.log, s.o.Heartbeat)
	s.app.Add(http.MethodGet, "/ws", s.openSocket)
	s.app.Add(http.MethodGet, "/ws/chat/:thread_id", s.openSocket)
}

// openSocket serves GET /ws and GET /ws/chat/:thread_id.
func (s *Server) openSocket(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(withRequestID(s.life, requestID(c)), defaultTimeout)
	defer cancel()
	// A browser sends cookies with sockets of every page, and asks nobody first.
	if origin := c.Get(fiber.HeaderOrigin); origin != "" && !s.ownOrigin(c, origin, true) {
		if err := s.count(c, socketRoute.limit, callerAt(addressOf(c, s.o.TrustedProxies))); err != nil {
			return err
		}
		return store.Errorf(store.CodeForbidden, "a page of another site may not open a socket")
	}
	who, err := s.admit(ctx, c, socketRoute)
	if err != nil {
		return err
	}
	v, err := s.visitor(c)
	if err != nil {
		return err
	}
	o := &opening{who: who, credential: api.Credential{Token: v.token, Cookie: !v.bearer, Address: who.Address, Agent: who.Agent}}
	if id := c.Params("thread_id"); id != "" {
		if o.thread, err = store.ParseID(id); err != nil {
			return store.Errorf(store.CodeNotFound, "there is nothing here")
		}
		if err := s.api.CheckThreadRead(ctx, who, o.thread); err != nil {
			return err
		}
	}
	return s.sockets.open(c, o)
}
