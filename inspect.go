package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/cert"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/backup"
	"github.com/parley-app/parley/store/kv/bolt"
)

// An inspection is what came of opening what a start would open.
type inspection struct {
	mistakes []error  // a start would fail, or would not do what is configured
	warnings []string // it would work, and should not stay so
	notes    []string // what could not be looked at
	user     string   // with whose rights it was looked
}

// inspect opens what a start with these settings would open, and changes nothing.
// It works while a server runs. As root it looks with the rights of the user that
// the data folder belongs to, whom the server runs as. The settings themselves must
// be valid.
func (l *Loaded) inspect(ctx context.Context, running *runningReport) inspection {
	me := os.Geteuid()
	in := inspection{user: userName(me)}
	look := func(uid int) {
		in.mistakes = append(in.mistakes, l.openSettings()...)
		in.mistakes = append(in.mistakes, l.openFolders(uid)...)
	}
	uid, ok := ownerOfPath(l.Data)
	if !ok || me != 0 || uid == 0 {
		look(me)
	} else if err := asUser(uid, func() { look(uid) }); err != nil {
		in.notes = append(in.notes, fmt.Sprintf("looked as root, not as %s: %v", userName(uid), err))
		look(me)
	} else {
		in.user = userName(uid)
	}
	in.mistakes = append(in.mistakes, l.openAddresses(ctx)...)
	in.masterKey(ctx, l, running)
	for _, e := range l.exposed() {
		in.warnings = append(in.warnings, e.String())
	}
	return in
}

// openSettings opens what settings name other than folders: the hosts to connect
// to, the certificate, the files of secrets.
func (l *Loaded) openSettings() (mistakes []error) {
	if door, err := l.egress(); err != nil {
		mistakes = append(mistakes, err)
	} else {
		if _, err := l.providers(door); err != nil {
			mistakes = append(mistakes, err)
		}
		if _, err := l.scanner(door); err != nil {
			mistakes = append(mistakes, err)
		}
	}
	if l.TLS.CertFile != "" {
		if _, err := cert.Open(l.TLS.CertFile, l.TLS.KeyFile, slog.New(slog.DiscardHandler), time.Now); err != nil {
			mistakes = append(mistakes, fmt.Errorf("tls.cert_file: %w", err))
		}
	}
	for _, path := range append(slices.Clone(l.SecretFiles), l.ConfigFile) {
		if path == "" {
			continue
		}
		if err := mayAccess(path, unix.R_OK); err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s cannot be read: %w", path, err))
		}
	}
	return mistakes
}

// openAddresses looks whether this machine has the addresses that settings listen on. Any
// port does: the right one may be the running server's, or need rights that a unit gives.
func (l *Loaded) openAddresses(ctx context.Context) (mistakes []error) {
	for _, at := range [][2]string{{"listen", l.Listen}, {"metrics.listen", l.Metrics.Listen}} {
		host, _, err := net.SplitHostPort(at[1])
		if err != nil {
			continue // it is empty
		}
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
		if opErr, ok := errors.AsType[*net.OpError](err); ok {
			err = opErr.Err // without the port that is not the setting's
		}
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: cannot listen on %s: %w", at[0], at[1], err))
			continue
		}
		_ = listener.Close() // nobody has connected
	}
	return mistakes
}

// openFolders looks whether the data and the backups can be written by the user,
// whom the calling thread stands for.
func (l *Loaded) openFolders(uid int) (mistakes []error) {
	d := dataFolder(l.Data)
	if err := mayFill(l.Data); err != nil {
		mistakes = append(mistakes, fmt.Errorf("data: the folder %s cannot be used%s: %w", d.absolute(), by(uid, string(d)), err))
	} else {
		for _, path := range []string{d.database(), d.database() + ".wal", d.path(backup.Blobs)} {
			if err := mayAccess(path, unix.R_OK|unix.W_OK); err != nil && !errors.Is(err, fs.ErrNotExist) {
				mistakes = append(mistakes, fmt.Errorf("data: %s cannot be used%s: %w", path, by(uid, path), err))
			}
		}
	}
	if l.Backup.Every > 0 && l.Backup.Folder != "" {
		if err := mayFill(l.Backup.Folder); err != nil {
			mistakes = append(mistakes, fmt.Errorf("backup.folder: backups cannot be written to %s%s: %w", absolute(l.Backup.Folder), by(uid, l.Backup.Folder), err))
		}
	}
	return mistakes
}

// by names the user that is refused and whose the path is, if it is another's.
func by(uid int, path string) string {
	if owner, known := ownerOfPath(path); known && owner != uid {
		return fmt.Sprintf(" by %s (it belongs to %s)", userName(uid), userName(owner))
	}
	return ""
}

// mayFill returns nil if files can be made in the folder, or it can be made.
func mayFill(folder string) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return mayMake(filepath.Dir(absolute(folder)))
	case err != nil:
		return reason(err)
	case !info.IsDir():
		return errors.New("it is not a folder")
	}
	return mayAccess(folder, unix.R_OK|unix.W_OK|unix.X_OK)
}

// mayMake returns nil if a folder can be made in parent, which may be missing, too.
func mayMake(parent string) error {
	for {
		info, err := os.Stat(parent)
		switch {
		case err == nil && !info.IsDir():
			return fmt.Errorf("%s is not a folder", parent)
		case err == nil:
			if err := mayAccess(parent, unix.W_OK|unix.X_OK); err != nil {
				return fmt.Errorf("it does not exist, and cannot be made in %s: %w", parent, err)
			}
			return nil
		case !errors.Is(err, fs.ErrNotExist):
			return reason(err)
		}
		parent = filepath.Dir(parent)
	}
}

// reason returns what went wrong without the path and the system call.
func reason(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// masterKey compares auth.master_key with those that wrap the signing keys.
func (in *inspection) masterKey(ctx context.Context, l *Loaded, running *runningReport) {
	wrapping, err := masterKeysOf(ctx, dataFolder(l.Data))
	if err != nil {
		in.notes = append(in.notes, "auth.master_key was not compared with the store: "+reason(err).Error())
		return
	}
	ours, err := api.MasterKeyName(l.Auth.MasterKey)
	if err != nil {
		in.mistakes = append(in.mistakes, fmt.Errorf("auth.master_key: %w", err))
		return
	}
	i := slices.IndexFunc(wrapping, func(name string) bool { return name != "" && name != ours })
	if i < 0 {
		return
	}
	if running != nil && ours == "" {
		if s := running.setting("auth.master_key"); s.Value != "" {
			in.notes = append(in.notes, fmt.Sprintf("auth.master_key was not compared: the running server has it from %s, which this command does not see", s.Origin))
			return
		}
	}
	in.mistakes = append(in.mistakes, fmt.Errorf("auth.master_key: %w", &api.MasterKeyError{Want: wrapping[i], Got: ours}))
}

// masterKeysOf returns the names of the master keys that wrap the signing keys of
// the data folder, as the running server or else the store has them.
func masterKeysOf(ctx context.Context, d dataFolder) (names []string, err error) {
	var ring api.KeyList
	err = ask(ctx, d, http.MethodPost, "keys-list", &ring, nil)
	if err == nil {
		for _, k := range ring.Keys {
			names = append(names, k.MasterKey)
		}
		return names, nil
	}
	if !errors.Is(err, errNoServer) {
		return nil, err
	}
	if _, err := os.Stat(d.database()); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	err = bolt.Look(ctx, d.database(), func(s *bolt.Snapshot) error {
		names, err = store.MasterKeyNames(s)
		return err
	})
	return names, err
}
