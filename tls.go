package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/parley-app/parley/api/cert"
)

// speaksTLS says whether the server itself speaks HTTPS.
func (c *Config) speaksTLS() bool { return c.TLS.CertFile != "" || c.TLS.SelfSigned }

// certificate opens the certificate that is set, or makes one of our own; nil
// without TLS.
func (c *Config) certificate(log *slog.Logger) (*cert.Keeper, error) {
	if !c.speaksTLS() {
		return nil, nil
	}
	certFile, keyFile, own := c.TLS.CertFile, c.TLS.KeyFile, false
	if certFile == "" {
		var err error
		if certFile, keyFile, err = cert.SelfSigned(dataFolder(c.Data).path("tls"), c.ownNames(), time.Now()); err != nil {
			return nil, fmt.Errorf("tls.self_signed: %w", err)
		}
		own = true
	}
	k, err := cert.Open(certFile, keyFile, log, time.Now)
	if err != nil {
		return nil, fmt.Errorf("tls.cert_file: %w", err)
	}
	if own {
		log.Info("the certificate is our own: compare its fingerprint when the browser asks", "sha256", cert.Fingerprint(k.Leaf()))
	}
	return k, nil
}

// ownNames are those that a browser may reach this machine by.
func (c *Config) ownNames() []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Hostname() != "" {
		names = append(names, u.Hostname())
	}
	if name, err := os.Hostname(); err == nil && cert.IsName(name) {
		names = append(names, name)
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if ip := net.ParseIP(host); err == nil && ip != nil && !ip.IsUnspecified() {
		names = append(names, ip.String())
	} else if err == nil && host != "" && ip == nil {
		names = append(names, host)
	} else {
		names = append(names, interfaceAddresses()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// interfaceAddresses are those that others reach this machine by.
func interfaceAddresses() (list []string) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			list = append(list, n.IP.String())
		}
	}
	return list
}
