package rest

import (
	"github.com/gofiber/fiber/v2"
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

// safetyHeaders are those of every answer, with their names as they go out.
var safetyHeaders = [...]struct{ name, value []byte }{
	{[]byte(fiber.HeaderXContentTypeOptions), []byte("nosniff")},
	{[]byte(fiber.HeaderXFrameOptions), []byte("DENY")},
	{[]byte(fiber.HeaderReferrerPolicy), []byte("no-referrer")},
	{[]byte(fiber.HeaderContentSecurityPolicy), []byte(answerPolicy)},
	{[]byte(fiber.HeaderPermissionsPolicy), []byte(permissions)},
	{[]byte("Cross-Origin-Opener-Policy"), []byte("same-origin")},
	{[]byte("Cross-Origin-Resource-Policy"), []byte("same-origin")},
}

// setSafetyHeaders says the most restrictive thing on every answer, whatever it
// is: a file, an error, a refusal by the server itself. The page relaxes it.
func (s *Server) setSafetyHeaders(c *fiber.Ctx) {
	h := &c.Response().Header
	for i := range safetyHeaders {
		h.SetCanonical(safetyHeaders[i].name, safetyHeaders[i].value)
	}
	if s.secure(c) {
		h.Set(fiber.HeaderStrictTransportSecurity, transportSecurity)
	}
}
