package main

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
)

// addressURL is where a browser on this machine finds a server at address.
func (c *Config) addressURL(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http://"
	if c.speaksTLS() {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port)
}

// baseURL is where people find the page: as set, else at address; "" when that
// has no port yet.
func (c *Config) baseURL(address string) string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	if _, port, err := net.SplitHostPort(address); err != nil || port == strconv.Itoa(0) {
		return ""
	}
	return c.addressURL(address)
}

// setupLink is the page that makes the first administrator.
func setupLink(base, token string) string {
	if base == "" {
		return ""
	}
	return base + "/setup?token=" + url.QueryEscape(token)
}
