package rest

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// probes answer under any host: whatever watches the server need not know its name.
var probes = []string{"/health", "/livez", "/readyz", "/metrics"}

// checkHost refuses requests for a host that is not this server's, if public_url says
// which one is: a name that somebody else points here makes their page the same
// origin as ours (DNS rebinding).
func (s *Server) checkHost(c *fiber.Ctx) error {
	if s.public == nil || slices.Contains(probes, c.Path()) || s.ownHost(c) {
		return c.Next()
	}
	linger(c)
	return &transportError{http.StatusMisdirectedRequest, "this server is at " + s.public.Scheme + "://" + s.public.Host + " and answers under no other name"}
}

// ownHost reports whether the request is for a host of this server.
func (s *Server) ownHost(c *fiber.Ctx) bool {
	host := string(c.Request().Host())
	at, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	at = at.Unmap()
	proxied := among(s.o.TrustedProxies, at)
	if forwarded := c.Get(fiber.HeaderXForwardedHost); proxied && forwarded != "" {
		first, _, _ := strings.Cut(forwarded, ",")
		return s.isOwnHost(strings.TrimSpace(first))
	}
	return s.isOwnHost(host) || (at.IsLoopback() || proxied) && isThisMachine(host)
}

// isOwnHost reports whether host is that of public_url or of a listed origin, whatever
// its case; the default port may be left out.
func (s *Server) isOwnHost(host string) bool {
	return slices.ContainsFunc(s.origins, func(origin string) bool {
		u, err := url.Parse(origin)
		return err == nil && strings.EqualFold(withPort(u.Host, u.Scheme), withPort(host, u.Scheme))
	})
}

func withPort(host, scheme string) string {
	host = strings.TrimSuffix(host, ".")
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	if scheme == "https" {
		return host + ":443"
	}
	return host + ":80"
}

// isThisMachine reports whether host names the loopback interface or an address: a
// proxy beside the server may ask for it so, and no name leads to it.
func isThisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// isDirectlyLocal reports whether the request comes from a program on this machine,
// and not through a proxy on it.
func isDirectlyLocal(c *fiber.Ctx) bool {
	at, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	return at.Unmap().IsLoopback() && c.Get(fiber.HeaderXForwardedFor) == "" && c.Get("Forwarded") == ""
}

// Who sees the details of /health.
const (
	HealthForEveryone = "everyone"
	HealthForLocal    = "local" // programs on the server's machine
	HealthForToken    = "token" // who shows the token of the metrics
)

// hasToken reports whether a request shows the token of the metrics. Without a token
// nobody does.
func (s *Server) hasToken(authorization string) bool {
	want := s.o.MetricsToken
	scheme, token, _ := strings.Cut(authorization, " ")
	return want != "" && strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare([]byte(strings.TrimSpace(token)), []byte(want)) == 1
}

// seesHealth reports whether a request may see more of /health than the status.
func (s *Server) seesHealth(c *fiber.Ctx) bool {
	switch s.o.HealthDetails {
	case HealthForLocal:
		return isDirectlyLocal(c) || s.hasToken(c.Get(fiber.HeaderAuthorization))
	case HealthForToken:
		return s.hasToken(c.Get(fiber.HeaderAuthorization))
	default:
		return true
	}
}
