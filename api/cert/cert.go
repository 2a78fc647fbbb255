// Package cert keeps the server's certificate: read from files, read again when
// they change, or made by ourselves where somebody just wants to begin.
package cert

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

// lookEvery is how often the files are looked at, at most, when somebody connects.
const lookEvery = 5 * time.Second

// A Keeper has the certificate of two files. It is safe for concurrent use.
type Keeper struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	mu     sync.Mutex
	cert   *tls.Certificate
	looked time.Time
	stamp  string // of the files that cert was read from
	failed string // of the files that could not be read, so that it is logged once
}

// Open reads a certificate with its chain, and its key, both in PEM. The error
// says which file is wrong, and shows nothing of the key.
func Open(certFile, keyFile string, log *slog.Logger, now func() time.Time) (*Keeper, error) {
	k := &Keeper{certFile: certFile, keyFile: keyFile, log: log, now: now}
	stamp := k.stampOf()
	cert, err := k.read()
	if err != nil {
		return nil, err
	}
	k.cert, k.stamp, k.looked = cert, stamp, now()
	return k, nil
}

func (k *Keeper) read() (*tls.Certificate, error) {
	for _, f := range []string{k.certFile, k.keyFile} {
		if _, err := os.ReadFile(f); err != nil {
			return nil, err
		}
	}
	cert, err := tls.LoadX509KeyPair(k.certFile, k.keyFile)
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", k.certFile, k.keyFile, err)
	}
	if k.now().After(cert.Leaf.NotAfter) {
		return nil, fmt.Errorf("%s: the certificate has expired on %s", k.certFile, cert.Leaf.NotAfter.Format(time.DateOnly))
	}
	return &cert, nil
}

// stampOf tells two versions of the files apart.
func (k *Keeper) stampOf() string {
	var b strings.Builder
	for _, f := range []string{k.certFile, k.keyFile} {
		if info, err := os.Stat(f); err == nil {
			fmt.Fprintf(&b, "%d %d;", info.ModTime().UnixNano(), info.Size())
		}
	}
	return b.String()
}

// Get returns the certificate for a connection, read again if the files have
// changed. Files that are not right, such as a certificate whose key is not there
// yet, are logged once, and the certificate before stays.
func (k *Keeper) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); now.Sub(k.looked) >= lookEvery || now.Before(k.looked) {
		k.looked = now
		k.look()
	}
	return k.cert, nil
}

func (k *Keeper) look() {
	stamp := k.stampOf()
	if stamp == k.stamp || stamp == k.failed {
		return
	}
	cert, err := k.read()
	if err != nil {
		k.failed = stamp
		k.log.Error("the new certificate cannot be used; the one before stays", "err", err)
		return
	}
	k.cert, k.stamp, k.failed = cert, stamp, ""
	k.log.Info("the certificate was read again", "file", k.certFile, "until", cert.Leaf.NotAfter.UTC().Format(time.DateOnly))
}

// Leaf returns the certificate that is in use.
func (k *Keeper) Leaf() *x509.Certificate {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.cert.Leaf
}

// Fingerprint is the SHA-256 of a certificate as browsers show it.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return strings.ToUpper(strings.Join(pairs(hex.EncodeToString(sum[:])), ":"))
}

func pairs(s string) (out []string) {
	for ; s != ""; s = s[2:] {
		out = append(out, s[:2])
	}
	return out
}

// Config is how we speak TLS: 1.2 with forward secrecy and authenticated
// encryption, or 1.3, and HTTP/1.1 inside.
func (k *Keeper) Config() *tls.Config {
	return &tls.Config{
		GetCertificate: k.Get,
		MinVersion:     tls.VersionTLS12,
		CipherSuites: []uint16{ // of 1.2; those of 1.3 are all good
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		NextProtos: []string{"http/1.1"},
	}
}

// errMixed says that half of a pair is there.
var errMixed = errors.New("the certificate is there and its key is not, or the reverse: remove what there is, and both are made anew")
