package rest

import (
	"context"
	"crypto/tls"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// The cookies of a browser that is signed in. Scripts see neither.
const (
	accessCookie  = "parley_access"
	refreshCookie = "parley_refresh"
	refreshPath   = base + "/auth" // the refresh token travels nowhere else
)

// A visitor is what a request shows of its sender.
type visitor struct {
	address netip.Addr
	token   string // of the header or the cookie; "" if neither
	bearer  bool   // the token came in the header
	cookies bool   // there is one of our cookies
}

// visitor reads the credential of a request. An Authorization header counts
// before any cookie, and must be a Bearer.
func (s *Server) visitor(c *fiber.Ctx) (visitor, error) {
	v := visitor{address: addressOf(c, s.o.TrustedProxies)}
	v.token = c.Cookies(accessCookie)
	v.cookies = v.token != "" || c.Cookies(refreshCookie) != ""
	header := c.Get(fiber.HeaderAuthorization)
	if header == "" {
		return v, nil
	}
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return v, store.Errorf(store.CodeUnauthorized, "the Authorization header must be Bearer and a token")
	}
	v.token, v.bearer = token, true
	return v, nil
}

// authenticate asks api who the visitor is, of whom no more than the address and the
// agent is known; without a credential it is nobody.
func (s *Server) authenticate(ctx context.Context, v visitor, who api.Actor) (api.Actor, error) {
	return s.api.Authenticate(ctx, api.Credential{Token: v.token, Cookie: !v.bearer, Address: who.Address, Agent: who.Agent})
}

// admit finds out who asks, counts it, and says whether it may go on to r.
func (s *Server) admit(ctx context.Context, c *fiber.Ctx, r *route) (api.Actor, error) {
	v, err := s.visitor(c)
	who := api.Actor{Address: v.address.String(), Agent: c.Get(fiber.HeaderUserAgent)}
	from := callerAt(v.address)
	if err == nil && r.access != public && v.token != "" {
		var known api.Actor
		if known, err = s.authenticate(ctx, v, who); err == nil {
			who, from = known, callerOf(known)
			notes(c).user = known.UserID
		}
	}
	if err := s.count(c, r.limit, from); err != nil {
		return who, err
	}
	switch {
	case r.access == public, r.access == anyone && store.CodeOf(err) == store.CodeUnauthorized:
	case err != nil:
		return who, err
	case r.access != anyone && who.IsNobody():
		return who, store.Errorf(store.CodeUnauthorized, "sign in first")
	}
	if err := who.MayUse(r.scope()); err != nil {
		return who, err
	}
	if r.changes() && !v.bearer {
		return who, s.sameOrigin(c, v.cookies && r.access != public)
	}
	return who, nil
}

// count counts the request and says in the answer's headers what is left.
func (s *Server) count(c *fiber.Ctx, of class, from caller) error {
	v := s.limiter.take(of, from)
	if v.counted {
		c.Set("RateLimit-Limit", strconv.Itoa(v.limit))
		c.Set("RateLimit-Remaining", strconv.Itoa(v.remaining))
		c.Set("RateLimit-Reset", strconv.Itoa(seconds(v.reset)))
	}
	if v.ok {
		return nil
	}
	s.metrics.limited.WithLabelValues(of.String()).Inc()
	wait := max(seconds(v.retry), 1)
	return &store.Error{
		Code: store.CodeRateLimited, RetryAfter: v.retry,
		Message: "too many requests: try again in " + strconv.Itoa(wait) + " s",
	}
}

// sameOrigin refuses what a browser sent for another site. Browsers that say
// nothing about it are refused too where a cookie is the credential (proof).
func (s *Server) sameOrigin(c *fiber.Ctx, proof bool) error {
	site, origin := c.Get("Sec-Fetch-Site"), c.Get(fiber.HeaderOrigin)
	switch {
	case s.isUnsafe(c, origin):
	case site == "same-origin", site == "none", s.ownOrigin(c, origin, site == ""):
		return nil
	case site == "" && origin == "" && !proof:
		return nil
	}
	return store.Errorf(store.CodeForbidden,
		"this came from another site: with a cookie, changes are taken only from the page itself")
}

// ownOrigin says whether an Origin is the page's own, or one that the operator
// lists. byHost lets an origin pass that names the host that was asked for.
func (s *Server) ownOrigin(c *fiber.Ctx, origin string, byHost bool) bool {
	if origin == "" || origin == "null" || s.isUnsafe(c, origin) {
		return false
	}
	for _, o := range s.origins {
		if strings.EqualFold(o, origin) {
			return true
		}
	}
	u, err := url.Parse(origin)
	return byHost && err == nil && u.Host != "" && strings.EqualFold(u.Host, string(c.Request().Host()))
}

// isUnsafe reports whether an origin is one that anybody on the way can speak for,
// while browsers reach this server through TLS.
func (s *Server) isUnsafe(c *fiber.Ctx, origin string) bool {
	return len(origin) >= 5 && strings.EqualFold(origin[:5], "http:") && s.secure(c)
}

// secure says whether the browser reaches us through TLS.
func (s *Server) secure(c *fiber.Ctx) bool {
	if overTLS(c) || s.public != nil && s.public.Scheme == "https" {
		return true
	}
	at, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	return among(s.o.TrustedProxies, at.Unmap()) && strings.EqualFold(c.Get(fiber.HeaderXForwardedProto), "https")
}

// overTLS says whether the connection itself is encrypted by us. fasthttp does
// not see it through the lingering connection.
func overTLS(c *fiber.Ctx) bool {
	_, ok := unwrapped(c.Context().Conn()).(*tls.Conn)
	return ok
}

// setSignIn gives a browser its cookies.
func (s *Server) setSignIn(c *fiber.Ctx, in *api.SignIn) {
	s.setCookie(c, accessCookie, in.AccessToken, "/", in.ExpiresIn)
	s.setCookie(c, refreshCookie, in.RefreshToken, refreshPath, in.RefreshTTL)
}

// dropSignIn takes them back.
func (s *Server) dropSignIn(c *fiber.Ctx) {
	s.setCookie(c, accessCookie, "", "/", 0)
	s.setCookie(c, refreshCookie, "", refreshPath, 0)
}

// setCookie sets a cookie for maxAge seconds, or deletes it.
func (s *Server) setCookie(c *fiber.Ctx, name, value, path string, maxAge int) {
	k := fasthttp.AcquireCookie()
	defer fasthttp.ReleaseCookie(k)
	k.SetKey(name)
	k.SetValue(value)
	k.SetPath(path)
	k.SetHTTPOnly(true)
	k.SetSecure(s.secure(c))
	k.SetSameSite(fasthttp.CookieSameSiteStrictMode)
	if k.SetMaxAge(maxAge); maxAge <= 0 {
		k.SetExpire(fasthttp.CookieExpireDelete)
	}
	c.Response().Header.SetCookie(k)
}

// refreshFromCookie fills in a refresh token that the body does not have.
func refreshFromCookie(c *fiber.Ctx, token *string) error {
	if *token == "" {
		*token = c.Cookies(refreshCookie)
	}
	return nil
}

// originsOf lists the origins that count as the page's own beside the host that
// a request names.
func originsOf(public *url.URL, listed []string) []string {
	var out []string
	if public != nil {
		out = append(out, public.Scheme+"://"+public.Host)
	}
	for _, o := range listed {
		out = append(out, strings.TrimSuffix(o, "/"))
	}
	return out
}
