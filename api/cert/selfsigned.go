package cert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/parley-app/parley/store/disk"
)

// lasts is how long a certificate of our own is good: browsers take no longer ones.
const lasts = 397 * 24 * time.Hour

// SelfSigned makes a certificate and its key in a folder, if they are not there
// or will soon have expired, and returns where they are. It is for the first day:
// browsers ask whether to trust it. names are host names and addresses.
func SelfSigned(folder string, names []string, now time.Time) (certFile, keyFile string, err error) {
	certFile, keyFile = filepath.Join(folder, "self-signed.crt"), filepath.Join(folder, "self-signed.key")
	good, err := stillGood(certFile, keyFile, names, now)
	if err != nil || good {
		return certFile, keyFile, err
	}
	certPEM, keyPEM, err := sign(names, now)
	if err != nil {
		return "", "", err
	}
	if err := disk.MkdirAll(folder, 0o700); err != nil {
		return "", "", err
	}
	for path, content := range map[string][]byte{keyFile: keyPEM, certFile: certPEM} {
		temp := path + ".new"
		if err := disk.WriteFile(temp, content, 0o600); err != nil {
			return "", "", err
		}
		if err := disk.Rename(temp, path); err != nil {
			return "", "", err
		}
	}
	return certFile, keyFile, nil
}

// stillGood says whether the certificate that is there can be kept: for a month
// more, and for all the names.
func stillGood(certFile, keyFile string, names []string, now time.Time) (bool, error) {
	b, err := os.ReadFile(certFile)
	_, keyErr := os.Stat(keyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist) && errors.Is(keyErr, fs.ErrNotExist):
		return false, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(keyErr, fs.ErrNotExist):
		return false, fmt.Errorf("%s: %w", certFile, errMixed)
	case err != nil || keyErr != nil:
		return false, errors.Join(err, keyErr)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return false, fmt.Errorf("%s is no certificate in PEM: remove it and its key, and both are made anew", certFile)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return false, fmt.Errorf("%s: %w", certFile, err)
	}
	for _, name := range names {
		if c.VerifyHostname(name) != nil {
			return false, nil //nolint:nilerr // one more name is no error: a new one is made
		}
	}
	return now.After(c.NotBefore) && now.Add(lasts/13).Before(c.NotAfter), nil
}

var hostNames = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// IsName says whether a certificate can be for this host name.
func IsName(host string) bool { return len(host) <= 253 && hostNames.MatchString(host) }

func sign(names []string, now time.Time) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Parley, self-signed"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(lasts - time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip, err := netip.ParseAddr(name); err == nil {
			c.IPAddresses = append(c.IPAddresses, net.IP(ip.AsSlice()))
		} else {
			c.DNSNames = append(c.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), nil
}
