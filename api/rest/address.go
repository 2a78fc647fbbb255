package rest

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// addressOf says where a request came from. What proxies add is believed only
// from the right and only as far as each next hop is one that the operator
// trusts: anything further left is the client's own word.
func addressOf(c *fiber.Ctx, trusted []netip.Prefix) netip.Addr {
	at, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	at = at.Unmap()
	if !among(trusted, at) {
		return at
	}
	for _, text := range slices.Backward(strings.Split(c.Get(fiber.HeaderXForwardedFor), ",")) {
		hop, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			break
		}
		if at = hop.Unmap(); !among(trusted, at) {
			break
		}
	}
	return at
}

func among(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
