package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv/bolt"
)

// A dataFolder is where one instance keeps all it has.
type dataFolder string

func (d dataFolder) database() string { return filepath.Join(string(d), "parley.db") }
func (d dataFolder) socket() string   { return filepath.Join(string(d), "parley.sock") }

// make creates the folder if it is not there, for its owner alone.
func (d dataFolder) make() error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return fmt.Errorf("the data folder cannot be made: %w", err)
	}
	return nil
}

// An openStore is a store and the engine below it.
type openStore struct {
	*store.Store
	engine *bolt.Engine
}

// open opens the store in the folder, and makes both if they are not there. A
// store that its last owner did not close is checked first.
func (d dataFolder) open(ctx context.Context, log *slog.Logger) (*openStore, error) {
	if err := d.make(); err != nil {
		return nil, err
	}
	engine, err := bolt.Open(d.database(), bolt.Options{AppendOrdered: store.AppendOrdered()})
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, engine, store.Options{Log: log})
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	if engine.Unclean() {
		log.Warn("the store was not closed by its last owner: checking it")
		if err := checked(ctx, s, log); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return &openStore{s, engine}, nil
}

// checked logs what a check of s finds. A finding does not keep the server
// from starting: what is whole is better served than withheld.
func checked(ctx context.Context, s *store.Store, log *slog.Logger) error {
	findings, err := s.Check(ctx)
	if err != nil {
		return fmt.Errorf("the store cannot be checked: %w", err)
	}
	for _, f := range findings {
		log.Error("the store has a fault", "finding", f)
	}
	log.Info("the store was checked", "findings", len(findings))
	return nil
}
