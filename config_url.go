package main

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// baseURL is empty, or the http or https URL of an API below which further paths
// are asked for. A slash at its end is dropped.
func baseURL(p *string, example string) value {
	return value{show: func() string { return *p }, set: func(s string) error {
		if s != "" {
			if _, err := parseWebURL(s); err != nil {
				return fmt.Errorf("is %q; it must be an http or https URL, such as %s (%w)", withoutSecrets(s), example, err)
			}
			if strings.ContainsAny(s, "?#") {
				return fmt.Errorf("is %q; it must not have a query or a fragment (? or #), such as %s", withoutSecrets(s), example)
			}
		}
		*p = strings.TrimRight(s, "/")
		return nil
	}}
}

// publicURL is empty, or a scheme and a host: the page works at the root of its
// address alone. A slash at its end is dropped.
func publicURL(p *string) value {
	const example = "https://parley.example.org"
	return value{show: func() string { return *p }, set: func(s string) error {
		if s == "" {
			*p = ""
			return nil
		}
		u, err := parseWebURL(s)
		switch {
		case err != nil:
			return fmt.Errorf("is %q; it must be an http or https URL, such as %s (%w)", withoutSecrets(s), example, err)
		case strings.ContainsAny(s, "?#"):
			return fmt.Errorf("is %q; it must not have a query or a fragment (? or #), such as %s", withoutSecrets(s), example)
		case strings.Trim(u.EscapedPath(), "/") != "":
			return fmt.Errorf("is %q; it must not have a path: Parley's page works at the root of a host name only, such as %s", withoutSecrets(s), example)
		}
		*p = u.Scheme + "://" + u.Host
		return nil
	}}
}

// parseWebURL parses an http or https URL. Its error says which part is wrong and
// quotes nothing of it.
func parseWebURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Opaque != "" {
		scheme, _, found := strings.Cut(s, "://")
		if !found {
			return nil, errors.New("the scheme is missing: http:// or https://")
		}
		if scheme == "http" || scheme == "https" {
			return nil, errors.New("the host or the path is malformed")
		}
	}
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the scheme is neither http nor https")
	case u.User != nil:
		return nil, errors.New("it contains a user name or password")
	case u.Hostname() == "":
		return nil, errors.New("the host is missing")
	case strings.HasSuffix(u.Host, ":"):
		return nil, errors.New("the port after the colon is missing")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, errors.New("the port is not a number from 1 to 65535")
		}
	}
	return u, nil
}
