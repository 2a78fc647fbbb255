package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/blob"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// inFolder opens the store of a script's data folder, which no server may have.
func inFolder(ts *testscript.TestScript, folder string, fn func(s *openStore) error) {
	d := dataFolder(ts.MkAbs(folder))
	s, err := d.open(context.Background(), slog.New(slog.DiscardHandler), opening{})
	ts.Check(err)
	ts.Check(errors.Join(fn(s), s.Close()))
}

// cmdFill makes a user with a project, a thread, a message and an attachment:
// fill FOLDER NAME.
func cmdFill(ts *testscript.TestScript, _ bool, args []string) {
	inFolder(ts, args[0], func(s *openStore) error { return fill(s, args[1]) })
}

func fill(s *openStore, name string) error {
	sum, size, err := s.blobs.Put(context.Background(), strings.NewReader("the file of "+name), 1<<20)
	if err != nil {
		return err
	}
	return s.Update(context.Background(), func(tx *store.Tx) error {
		u := &store.User{Username: name, Email: name + "@example.org", Role: store.RoleMember, PasswordHash: "!"}
		p := &store.Project{Name: name + "'s", Color: "slate", Tags: []string{}}
		th := &store.Thread{Title: "t"}
		m := &store.Message{IsUser: true, Content: "hello", Status: store.StatusComplete, CreatedAt: tx.Now}
		a := &store.Attachment{Name: "f.txt", MediaType: "text/plain", Size: size, SHA256: sum, Scan: store.Scan{Status: store.ScanSkipped}, CreatedAt: tx.Now}
		for _, id := range []*store.ID{&u.ID, &p.ID, &th.ID, &m.ID, &a.ID} {
			var err error
			if *id, err = tx.NewID(); err != nil {
				return err
			}
		}
		p.UserID, th.UserID, m.UserID, a.UserID = u.ID, u.ID, u.ID, u.ID
		th.ProjectID, m.ThreadID, a.ThreadID = p.ID, th.ID, th.ID
		for _, put := range []func() error{
			func() error { return tx.PutUser(u) },
			func() error { return tx.PutProject(p) },
			func() error { return tx.CreateThread(th) },
			func() error { return tx.SaveMessage(th, m) },
			func() error { return tx.PutAttachment(a) },
		} {
			if err := put(); err != nil {
				return err
			}
		}
		return nil
	})
}

// cmdHolds looks whether a data folder has a user: holds FOLDER NAME.
func cmdHolds(ts *testscript.TestScript, neg bool, args []string) {
	inFolder(ts, args[0], func(s *openStore) error {
		has, err := holds(s, args[1])
		if err == nil && has == neg {
			err = fmt.Errorf("%s has a user %s: %v", args[0], args[1], has)
		}
		return err
	})
}

func holds(s *openStore, name string) (has bool, err error) {
	err = s.View(context.Background(), func(tx *store.Tx) error {
		u, err := tx.UserByLogin(name)
		has = u != nil
		return err
	})
	return has, err
}

// cmdGolden makes a store of an older version: golden FOLDER VERSION.
func cmdGolden(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(golden(dataFolder(ts.MkAbs(args[0])), args[1]))
}

func golden(d dataFolder, version string) error {
	f, err := os.Open(filepath.Join(home, "store", "testdata", "version"+version+".golden.gz"))
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	e, err := d.openEngine(context.Background(), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	err = e.Update(context.Background(), func(tx kv.Tx) error {
		lines := bufio.NewScanner(z)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			part := strings.Fields(lines.Text())
			key, err1 := base64.StdEncoding.DecodeString(part[1])
			val, err2 := base64.StdEncoding.DecodeString(strings.TrimPrefix(part[2], "="))
			if err := errors.Join(err1, err2, tx.Put(kv.Space(part[0]), key, val)); err != nil {
				return err
			}
		}
		return lines.Err()
	})
	return errors.Join(err, e.Close())
}

// home is where the tests run: the module's root.
var home, _ = os.Getwd()

// cmdHarm does harm to a data folder: harm FOLDER record|index|page|blob|version.
func cmdHarm(ts *testscript.TestScript, _ bool, args []string) {
	d := dataFolder(ts.MkAbs(args[0]))
	below := func(fn func(tx kv.Tx) error) { ts.Check(d.below(fn)) }
	switch args[1] {
	case "record":
		below(func(tx kv.Tx) error {
			page, err := tx.Scan("messages", kv.Range{Limit: 1})
			if err != nil {
				return err
			}
			page[0].Value[9] ^= 1
			return tx.Put("messages", page[0].Key, page[0].Value)
		})
	case "index":
		below(loseAnEntry)
	case "version":
		below(func(tx kv.Tx) error { return tx.Put("meta", []byte("version"), []byte("99")) })
	case "page": // each one but the first two
		b, err := os.ReadFile(d.database())
		ts.Check(err)
		for at := 2 * os.Getpagesize(); at < len(b); at += os.Getpagesize() {
			b[at+8] ^= 0x40
		}
		ts.Check(os.WriteFile(d.database(), b, 0o600))
	case "blob":
		b := blob.New(d.path("blobs"))
		ts.Check(b.Walk(context.Background(), func(sum string, _ int64) error {
			return os.WriteFile(filepath.Join(b.Folder(), filepath.FromSlash(blob.Path(sum))), []byte("harmed"), 0o600)
		}))
	default:
		ts.Fatalf("no such harm")
	}
}

// below changes the store of the folder below its records.
func (d dataFolder) below(fn func(tx kv.Tx) error) error {
	e, err := bolt.Open(d.database(), bolt.Options{})
	if err != nil {
		return err
	}
	return errors.Join(e.Update(context.Background(), fn), e.Close())
}

// loseAnEntry removes an entry of an index.
func loseAnEntry(tx kv.Tx) error {
	page, err := tx.Scan("messages.id", kv.Range{Limit: 1})
	if err != nil {
		return err
	}
	return tx.Delete("messages.id", page[0].Key)
}

// cmdFlip flips one bit of a file: flip FILE OFFSET, from the end if negative.
func cmdFlip(ts *testscript.TestScript, _ bool, args []string) {
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

// cmdCount counts what a pattern matches, waiting until it does: count N PATTERN.
func cmdCount(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	waitFor(ts, func() (bool, string) {
		got, err := filepath.Glob(ts.MkAbs(args[1]))
		ts.Check(err)
		return len(got) == want, fmt.Sprintf("%s is %q", args[1], got)
	})
}
