package egress

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// metadata are the addresses where clouds tell a machine its secrets, besides
// the link-local ones.
var metadata = []netip.Addr{
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("192.0.0.192"),     // Oracle
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("fd20:ce::254"),    // Google
}

// embedding are the networks whose addresses hold one of version 4.
var embedding = []struct {
	net netip.Prefix
	at  int // where in the 16 bytes
}{
	{netip.MustParsePrefix("::/96"), 12},           // IPv4-compatible
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12}, // IPv4-translated
	{netip.MustParsePrefix("64:ff9b::/96"), 12},    // NAT64
	{netip.MustParsePrefix("64:ff9b:1::/48"), 12},  // NAT64, local use
	{netip.MustParsePrefix("2002::/16"), 2},        // 6to4
}

// plain is the address of version 4 that a holds, or a itself: there is one way
// to look at each.
func plain(a netip.Addr) netip.Addr {
	a = a.WithZone("").Unmap()
	if a.Is4() || a.IsLoopback() || a.IsUnspecified() {
		return a
	}
	b := a.As16()
	for _, e := range embedding {
		if e.net.Contains(a) {
			return netip.AddrFrom4([4]byte(b[e.at : e.at+4]))
		}
	}
	if netip.MustParsePrefix("2001::/32").Contains(a) { // Teredo: the client's, inverted
		var v4 [4]byte
		binary.BigEndian.PutUint32(v4[:], ^binary.BigEndian.Uint32(b[12:]))
		return netip.AddrFrom4(v4)
	}
	return a
}

// special says why an address that no setting spells out is not dialled, or "".
func special(a netip.Addr) string {
	a = plain(a)
	switch {
	case a.IsUnspecified():
		return "it stands for no host in particular"
	case a.IsLinkLocalUnicast():
		return "it is link-local: metadata services of clouds answer there"
	case a.IsMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "it stands for many hosts"
	case a.Is4() && a.As4()[0] == 0:
		return "it stands for no host in particular"
	case a.Is4() && a.As4()[0] >= 240:
		return "it is reserved"
	}
	if slices.Contains(metadata, a) {
		return "a metadata service of a cloud answers there"
	}
	return ""
}
