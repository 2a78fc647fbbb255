package rest

import (
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// What an answer may do in a browser: nothing at all. The page relaxes the first.
const (
	answerPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

	// What the page may do: everything of its own, nothing of anybody else's. Its
	// formulas are laid out by style attributes, hence 'unsafe-inline' for those
	// alone; scripts, style sheets and fonts are files, always.
	pagePolicy = "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; " +
		"img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; object-src 'none'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

	permissions = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=(), " +
		"accelerometer=(), gyroscope=(), magnetometer=(), display-capture=(), screen-wake-lock=(), xr-spatial-tracking=(), browsing-topics=()"

	// A year, for this host alone: what else its domain serves is not ours to say.
	transportSecurity = "max-age=31536000"
)

// safetyHeaders are what every answer begins with. They are copied in one go, which
// costs a fraction of setting each.
var safetyHeaders = func() *fasthttp.ResponseHeader {
	h := &fasthttp.ResponseHeader{}
	h.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	h.Set(fiber.HeaderXFrameOptions, "DENY")
	h.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	h.Set(fiber.HeaderContentSecurityPolicy, answerPolicy)
	h.Set(fiber.HeaderPermissionsPolicy, permissions)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	return h
}()

// beginHeaders says the most restrictive thing on every answer, whatever it is: a
// file, an error, a refusal by the server itself. The page relaxes it. It drops all
// headers that were set before.
func (s *Server) beginHeaders(c *fiber.Ctx) {
	h := &c.Response().Header
	safetyHeaders.CopyTo(h)
	if s.secure(c) {
		h.Set(fiber.HeaderStrictTransportSecurity, transportSecurity)
	}
}
