package main

import (
	"fmt"
	"mime"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-app/parley/api"

	"github.com/parley-app/parley/api/scan"
)

// A value reads and writes one setting as text, the same way whether it comes
// from a file, a variable or a flag.
type value struct {
	set  func(text string) error // the error says what would be right
	show func() string
	list bool // takes a sequence in YAML; as text, its parts are joined by commas
}

// text is any text; a non-empty want says what it is for, and that it is needed.
func text(p *string, want string) value {
	return value{show: func() string { return *p }, set: func(s string) error {
		if s == "" && want != "" {
			return fmt.Errorf("is empty; it must be %s", want)
		}
		*p = s
		return nil
	}}
}

// masterKey is a secret that keys are wrapped by; "" is none.
func masterKey(p *string) value {
	return value{show: func() string { return *p }, set: func(s string) error {
		if s = strings.TrimSpace(s); s != "" && len(s) < api.LeastMasterKey {
			return fmt.Errorf("has %d characters; it must have at least %d, all of them random, such as \"head -c 32 /dev/urandom | base64\" prints", len(s), api.LeastMasterKey)
		}
		*p = s
		return nil
	}}
}

func oneOf(p *string, words ...string) value {
	return value{show: func() string { return *p }, set: func(s string) error {
		if !slices.Contains(words, s) {
			return fmt.Errorf("is %q; it must be one of %s", withoutSecrets(s), strings.Join(words, ", "))
		}
		*p = s
		return nil
	}}
}

func boolean(p *bool) value {
	return value{show: func() string { return strconv.FormatBool(*p) }, set: func(s string) error {
		b, err := strconv.ParseBool(s)
		if err != nil {
			return fmt.Errorf("is %q; it must be true or false", withoutSecrets(s))
		}
		*p = b
		return nil
	}}
}

func whole(p *int, least, most int) value {
	return value{show: func() string { return strconv.Itoa(*p) }, set: func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return fmt.Errorf("is %q; it must be a whole number from %d to %d", withoutSecrets(s), least, most)
		}
		*p = n
		return nil
	}}
}

func span(p *time.Duration, least, most time.Duration) value {
	return value{show: func() string { return short(*p) }, set: func(s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d < least || d > most {
			return fmt.Errorf("is %q; it must be a duration from %s to %s, such as 30s or 15m", withoutSecrets(s), short(least), short(most))
		}
		*p = d
		return nil
	}}
}

// byteUnits are those that a size may have, the largest first.
var byteUnits = []struct {
	name  string
	bytes int64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}

// byteSize is a number of bytes with a unit, such as 256MiB.
func byteSize(p *int64) value {
	return value{show: func() string {
		for _, u := range byteUnits {
			if *p%u.bytes == 0 && (*p > 0 || u.bytes == 1) {
				return strconv.FormatInt(*p/u.bytes, 10) + u.name
			}
		}
		return ""
	}, set: func(s string) error {
		for _, u := range byteUnits {
			digits, ok := strings.CutSuffix(s, u.name)
			if !ok {
				continue
			}
			n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
			if err != nil || n < 0 || n > (1<<60)/u.bytes {
				break
			}
			*p = n * u.bytes
			return nil
		}
		return fmt.Errorf("is %q; it must be a number of bytes such as 256MiB, 2GiB or 0", withoutSecrets(s))
	}}
}

// byteSizeOf is byteSize within bounds.
func byteSizeOf(p *int64, least, most int64) value {
	v := byteSize(p)
	set := v.set
	v.set = func(s string) error {
		was := *p
		if err := set(s); err != nil {
			return err
		}
		if n := *p; n < least || n > most {
			*p = was
			return fmt.Errorf("is %q; it must be from %s to %s", s, byteSize(&least).show(), byteSize(&most).show())
		}
		return nil
	}
	return v
}

// mediaTypes is a list of media types without parameters.
func mediaTypes(p *[]string) value {
	return value{list: true, show: func() string { return strings.Join(*p, ",") }, set: func(s string) error {
		list := []string{}
		for part := range strings.SplitSeq(s, ",") {
			if part = strings.ToLower(strings.TrimSpace(part)); part == "" {
				continue
			}
			kind, params, err := mime.ParseMediaType(part)
			if err != nil || kind != part || len(params) > 0 || strings.Count(part, "/") != 1 || strings.Contains(part, "*") {
				return fmt.Errorf("contains %q; a media type looks like application/pdf", withoutSecrets(part))
			}
			list = append(list, part)
		}
		*p = list
		return nil
	}}
}

// scannerURL is empty, or where a clamd listens.
func scannerURL(p *string) value {
	return value{show: func() string { return *p }, set: func(s string) error {
		if s != "" {
			if _, _, err := scan.AddressOf(s); err != nil {
				return fmt.Errorf("is %q; it %w", withoutSecrets(s), err)
			}
		}
		*p = s
		return nil
	}}
}

// short writes d as a person would: 15m, not 15m0s.
func short(d time.Duration) string {
	s := d.String()
	if rest, ok := strings.CutSuffix(s, "m0s"); ok {
		s = rest + "m"
	}
	if rest, ok := strings.CutSuffix(s, "h0m"); ok {
		s = rest + "h"
	}
	return s
}

func address(p *string) value {
	return value{show: func() string { return *p }, set: func(s string) error {
		_, port, err := net.SplitHostPort(s)
		if err == nil {
			_, err = strconv.ParseUint(port, 10, 16)
		}
		if err != nil {
			return fmt.Errorf("is %q; it must be an address and a port, such as 127.0.0.1:8080 or :8080", withoutSecrets(s))
		}
		*p = s
		return nil
	}}
}

// optionalAddress is address, or empty.
func optionalAddress(p *string) value {
	v := address(p)
	set := v.set
	v.set = func(s string) error {
		if s == "" {
			*p = ""
			return nil
		}
		return set(s)
	}
	return v
}

func origins(p *[]string) value {
	return value{list: true, show: func() string { return strings.Join(*p, ",") }, set: func(s string) error {
		var list []string
		for part := range strings.SplitSeq(s, ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			u, err := parseWebURL(part)
			if err != nil || part != u.Scheme+"://"+u.Host {
				return fmt.Errorf("contains %q; an origin is a scheme and a host, such as https://intranet.example.org", withoutSecrets(part))
			}
			list = append(list, part)
		}
		*p = list
		return nil
	}}
}

func networks(p *[]netip.Prefix) value {
	show := func() string {
		list := make([]string, len(*p))
		for i, n := range *p {
			list[i] = n.String()
		}
		return strings.Join(list, ",")
	}
	return value{list: true, show: show, set: func(s string) error {
		var list []netip.Prefix
		for part := range strings.SplitSeq(s, ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			n, err := netip.ParsePrefix(part)
			if a, single := netip.ParseAddr(part); single == nil {
				n, err = netip.PrefixFrom(a, a.BitLen()), nil
			}
			if err != nil || n.Masked() != n || n.Bits() == 0 || n.Addr().Zone() != "" {
				return fmt.Errorf("contains %q; a network looks like 10.0.0.0/8, or is a single address", withoutSecrets(part))
			}
			list = append(list, n)
		}
		*p = list
		return nil
	}}
}
