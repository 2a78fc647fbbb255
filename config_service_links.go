package main

import (
	"regexp"
	"strings"
)

// serviceLink matches the variables that Kubernetes and Docker links set for a
// service called parley or parley-<something>: the service's name, and the rest.
var serviceLink = regexp.MustCompile(
	`^(PARLEY(?:_[A-Z0-9_]+?)??)_(SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$`)

// isServiceLink reports whether the variable name was set by Kubernetes for a
// service, rather than by a person for Parley. PARLEY_PORT=8080, which a person
// might try, is no link: those have values such as tcp://10.0.0.1:80.
func isServiceLink(name string, env map[string]string) bool {
	m := serviceLink.FindStringSubmatch(name)
	if m == nil {
		return false
	}
	service, rest := m[1], m[2]
	if rest == "PORT" && !strings.Contains(env[name], "://") {
		return false
	}
	_, announced := env[service+"_SERVICE_HOST"]
	return announced || service == "PARLEY"
}
