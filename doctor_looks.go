package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/disk"
)

func one(name, status, detail, advice string) []look { return []look{{name, status, detail, advice}} }

// lookAtRunning says whose settings are looked at, and whether a restart of the
// server would bring others.
func lookAtRunning(r *runningReport) []look {
	out := one("settings", lookOK, "those of the running server: "+r.describe(), "")
	if len(r.Mistakes) > 0 {
		out = append(out, look{"settings", lookBad, "a restart would fail: " + strings.Join(r.Mistakes, "; "), "correct this before the server is restarted"})
	}
	if len(r.Pending) > 0 {
		out = append(out, look{
			"settings", lookWarn, "changed since the server read them, and not in force: " + strings.Join(r.Pending, ", "),
			"parley config check, then reload or restart the server",
		})
	}
	return out
}

// lookAtVariables warns of variables that have no effect.
func lookAtVariables(_ context.Context, l *Loaded) []look {
	if len(l.Ignored) > 0 {
		return one("settings", lookWarn, "without effect in this release: "+strings.Join(l.Ignored, ", "), "")
	}
	return nil
}

func lookAtServer(ctx context.Context, l *Loaded) []look {
	var h healthReport
	switch err := ask(ctx, dataFolder(l.Data), http.MethodGet, "health", &h, nil); {
	case errors.Is(err, errNoServer):
		return one("server", lookOK, "not running on the data folder "+dataFolder(l.Data).absolute(), "")
	case err != nil:
		return one("server", lookBad, err.Error(), "")
	case h.Version != version:
		return one("server", lookWarn, fmt.Sprintf("runs as version %s, and this is %s", h.Version, version), "restart it to run the new version")
	default:
		status := map[string]string{api.HealthOK: lookOK, api.HealthDegraded: lookWarn, api.HealthFailing: lookBad}[h.Status]
		return one("server", status, h.Status+", at "+h.Address, "parley health shows details")
	}
}

// lookAtFolder: the data folder is private and can be written.
func lookAtFolder(_ context.Context, l *Loaded) []look {
	d := dataFolder(l.Data)
	info, err := os.Stat(string(d))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return one("data folder", lookOK, fmt.Sprintf("%s does not exist yet: serve creates it", d), "")
	case err != nil:
		return one("data folder", lookBad, err.Error(), "run this as the user that the server runs as")
	case !info.IsDir():
		return one("data folder", lookBad, fmt.Sprintf("%s is not a folder", d), "")
	}
	for _, e := range l.exposed() {
		if l.isData(e.path) {
			return one("data folder", lookBad, e.path+" "+e.problem, e.advice)
		}
	}
	f, err := disk.CreateTemp(string(d), ".doctor-*")
	if err != nil {
		return one("data folder", lookBad, "nothing can be written: "+err.Error(), "run this as the user that the server runs as")
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return one("data folder", lookBad, err.Error(), "")
	}
	return one("data folder", lookOK, fmt.Sprintf("%s is private to its owner (0700)", d), "")
}

// isData reports whether path is the data folder or in it.
func (l *Loaded) isData(path string) bool {
	return path == l.Data || strings.HasPrefix(path, filepath.Clean(l.Data)+string(filepath.Separator))
}

// lookAtSecrets: files that hold secrets are not open to others.
func lookAtSecrets(_ context.Context, l *Loaded) (out []look) {
	for _, e := range l.exposed() {
		if !l.isData(e.path) {
			out = append(out, look{"secrets", lookBad, e.path + " " + e.problem, e.advice})
		}
	}
	return out
}

func lookAtDisk(_ context.Context, l *Loaded) []look {
	folders := []string{l.Data}
	if l.Backup.Every > 0 {
		folders = append(folders, l.backupFolder())
	}
	var out []look
	for i, folder := range folders {
		name := []string{"disk", "disk of backups"}[i]
		free, err := disk.Free(folder)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			out = append(out, look{name, lookBad, err.Error(), ""})
		case l.Disk.Reserve == 0 && folder == l.Data:
			out = append(out, look{name, lookWarn, backup.Bytes(free) + " free, and disk.reserve is 0: none of it is kept", "set disk.reserve, such as 256MiB"})
		case free < l.Disk.Reserve:
			out = append(out, look{name, lookBad, fmt.Sprintf("%s free, less than disk.reserve (%s): new data is refused", backup.Bytes(free), backup.Bytes(l.Disk.Reserve)), "free space in " + folder})
		case free < 4*l.Disk.Reserve:
			out = append(out, look{name, lookWarn, backup.Bytes(free) + " free", "free space in " + folder})
		default:
			out = append(out, look{name, lookOK, backup.Bytes(free) + " free", ""})
		}
	}
	return out
}

// lookAtClock: tokens and backups go by it.
func lookAtClock(_ context.Context, l *Loaded) []look {
	now := time.Now()
	if info, err := os.Stat(dataFolder(l.Data).database()); err == nil && info.ModTime().After(now.Add(time.Minute)) {
		return one("clock", lookBad, fmt.Sprintf("it is %s, and the store was written at %s: the clock was set back", now.UTC().Format(time.DateTime), info.ModTime().UTC().Format(time.DateTime)), "set the clock, best by NTP")
	}
	if synced, known := clockIsSynced(); known && !synced {
		return one("clock", lookWarn, "not synchronised: no time service is running", "run one, such as chrony or systemd-timesyncd")
	}
	return one("clock", lookOK, now.UTC().Format(time.DateTime+" UTC"), "")
}

func lookAtTLS(_ context.Context, l *Loaded) []look {
	host, _, _ := net.SplitHostPort(l.Listen)
	ip, err := netip.ParseAddr(host)
	local := host == "localhost" || err == nil && ip.IsLoopback()
	switch {
	case l.TLS.CertFile != "":
		return lookAtCertificate(l)
	case l.TLS.SelfSigned:
		return one("TLS", lookWarn, "the certificate is self-signed: browsers warn about it", "configure one that they trust: tls.cert_file and tls.key_file")
	case strings.HasPrefix(l.PublicURL, "https://") && len(l.Proxies) == 0:
		return one("TLS", lookWarn, "a proxy terminates it (public_url), but trusted_proxies is empty: every client seems to come from the proxy", "set trusted_proxies to the proxy's address")
	case strings.HasPrefix(l.PublicURL, "https://"):
		return one("TLS", lookOK, "a proxy terminates it (public_url)", "")
	case local:
		return one("TLS", lookOK, "not needed: only this machine can connect ("+l.Listen+")", "")
	default:
		return one("TLS", lookWarn, "clients connect to "+l.Listen+" unencrypted; anyone on the path can read the traffic", "set tls.cert_file and tls.key_file, or tls.self_signed, or put a proxy in front and set public_url")
	}
}

func lookAtCertificate(l *Loaded) []look {
	pair, err := tls.LoadX509KeyPair(l.TLS.CertFile, l.TLS.KeyFile)
	if err != nil {
		return one("TLS", lookBad, err.Error(), "")
	}
	left := time.Until(pair.Leaf.NotAfter)
	until := "the certificate is valid until " + pair.Leaf.NotAfter.UTC().Format(time.DateOnly)
	switch {
	case left < 0:
		return one("TLS", lookBad, "the certificate expired on "+pair.Leaf.NotAfter.UTC().Format(time.DateOnly), "put a new one into "+l.TLS.CertFile)
	case left < 14*24*time.Hour:
		return one("TLS", lookWarn, until, "put a new one into "+l.TLS.CertFile)
	}
	return one("TLS", lookOK, until, "")
}

// lookAtEgress: every host that a setting names can be looked up and dialled.
func lookAtEgress(ctx context.Context, l *Loaded) []look {
	door, err := l.egress()
	if err != nil {
		return one("egress", lookBad, err.Error(), "")
	}
	var out []look
	for _, t := range door.Targets() {
		if found := lookUp(ctx, door, t); found.Problem != "" {
			out = append(out, look{"egress", lookBad, t.Address() + ": " + found.Problem, "see " + t.Setting})
		}
	}
	return out
}

func lookAtModels(ctx context.Context, l *Loaded) (out []look) {
	door, err := l.egress()
	if err != nil {
		return nil // lookAtEgress has said it
	}
	providers, err := l.providers(door)
	if err != nil {
		return one("model server", lookBad, err.Error(), "")
	}
	for _, p := range providers {
		remote, ok := p.(*llm.OpenAI)
		if !ok {
			continue
		}
		models, err := p.Models(ctx)
		switch {
		case err != nil:
			out = append(out, look{"model server", lookBad, err.Error(), "is it running, and is model.openai.base_url right?"})
		case len(models) == 0:
			out = append(out, look{"model server", lookWarn, remote.BaseURL() + " offers no model", ""})
		default:
			out = append(out, lookAtAnswer(ctx, remote, models, l.Model.OpenAI.Model))
		}
		out = append(out, lookAtContexts(models)...)
		remote.Close()
	}
	if len(providers) == 1 {
		out = append(out, look{"model server", lookOK, "none configured: the built-in answerer is used", ""})
	}
	return out
}

// lookAtContexts warns of models whose server does not tell how much they read.
func lookAtContexts(models []llm.Model) []look {
	var unknown []string
	for _, m := range models {
		if m.ContextTokens == 0 {
			unknown = append(unknown, m.ID)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	const shown = 5
	names := strings.Join(unknown[:min(len(unknown), shown)], ", ")
	if len(unknown) > shown {
		names += fmt.Sprintf(" and %d more", len(unknown)-shown)
	}
	return one("model context", lookWarn, fmt.Sprintf("the server does not tell the context length of %s; %d tokens are assumed", names, api.DefaultContextTokens),
		"set model.openai.context_tokens to what the server was started with")
}

// lookAtScanner has the virus scanner tell its version, which it does only where it
// works.
func lookAtScanner(ctx context.Context, l *Loaded) []look {
	door, err := l.egress()
	if err != nil {
		return nil // lookAtEgress has said it
	}
	scanner, err := l.scanner(door)
	switch {
	case err != nil:
		return one("virus scanner", lookBad, err.Error(), "")
	case scanner == nil:
		return one("virus scanner", lookOK, "none configured (scanner.url): attachments are not scanned", "")
	}
	engine, err := scanner.Version(ctx)
	if err != nil {
		return one("virus scanner", lookBad, l.Scanner.URL+": "+err.Error(), "is clamd running, may this user reach it, and is scanner.url right?")
	}
	return one("virus scanner", lookOK, l.Scanner.URL+" is "+engine, "")
}
