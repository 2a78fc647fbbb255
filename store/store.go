package store

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/parley-app/parley/store/kv"
)

// Options are what Open may be told; the zero value is good.
type Options struct {
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	// Log receives what migrations did; nil means slog.Default().
	Log *slog.Logger
	// BeforeUpgrade, if set, is called before the first pending migration of data
	// that is there, once for each upgrade however often that is cut off: it puts
	// a copy of the data aside. Its error ends Open.
	BeforeUpgrade func(ctx context.Context, a Age) error
	// Migrated, if set, hears of each migration when it is done.
	Migrated func(version int, what string)
	// Instance is the id for data of an earlier release, which has none; zero makes one.
	Instance ID
	// Reserve keeps a part of the disk free; the zero value does not.
	Reserve Reserve
}

// A Store keeps Parley's records on an engine. It is safe for concurrent use.
type Store struct {
	engine kv.Engine
	now    func() time.Time
	log    *slog.Logger
	ids    *idSource
	walks  walks

	updates atomic.Int64  // begun
	people  atomic.Uint64 // see People
	members atomic.Uint64 // see Tx.Members
	authors authorCache

	migrated func(version int, what string)
	instance ID    // see Options
	room     *room // nil: there is always room
	damage   damageLog
	onLoss   atomic.Pointer[func(Loss)]
}

// Open brings the data of engine up to this program's version and returns the
// store. Data of a newer version is refused and left as it is. The store owns
// engine from then on; on an error the caller keeps it.
func Open(ctx context.Context, engine kv.Engine, o Options) (*Store, error) {
	s := &Store{engine: engine, now: o.Now, log: o.Log, migrated: o.Migrated, instance: o.Instance, room: o.Reserve.guard()}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.ids = &idSource{now: s.now}
	if err := s.prepareUpgrade(ctx, o.BeforeUpgrade); err != nil {
		return nil, err
	}
	if err := s.migrate(InReserve(ctx), migrations); err != nil {
		return nil, err
	}
	return s, s.ids.load(ctx, s)
}

// Close waits for running transactions and closes the engine.
func (s *Store) Close() error { return s.engine.Close() }

// View runs fn on a snapshot; see kv.Engine.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	people := s.people.Load() // before the snapshot is taken: see authorCache
	return s.public(s.engine.View(ctx, func(t kv.Tx) error {
		tx := s.tx(t)
		tx.people = people
		return fn(tx)
	}))
}

// Update runs fn in a read-write transaction; see kv.Engine. fn may run more
// than once: outside its Tx it may only overwrite results. When the disk is down
// to its reserve it is refused with CodeDiskFull; see InReserve.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	s.updates.Add(1)
	if s.room == nil {
		return s.public(s.engine.Update(ctx, func(t kv.Tx) error { return s.change(t, fn) }))
	}
	if err := s.Room(ctx); err != nil {
		return err
	}
	var m measured
	err := s.engine.Update(ctx, func(t kv.Tx) error {
		m = measured{Tx: t}
		return s.change(&m, fn)
	})
	s.room.written(m.bytes)
	return s.public(err)
}

func (s *Store) tx(t kv.Tx) *Tx { return &Tx{kv: t, store: s, Now: TimeOf(s.now())} }

// public gives the engine's own failures a code and words for people, and notes the
// damage that a transaction ended with.
func (s *Store) public(err error) error {
	s.met(err)
	var known *Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, kv.ErrFull):
		return diskFull(err)
	case errors.Is(err, kv.ErrDamaged):
		return &Error{Code: CodeInternal, Err: err, Message: pageDamaged}
	case errors.Is(err, kv.ErrBroken), errors.Is(err, kv.ErrClosed):
		return &Error{Code: CodeUnavailable, Message: "the store cannot be written to right now", Err: err}
	case errors.Is(err, kv.ErrLimit):
		return &Error{Code: CodeInvalid, Message: "this is larger than the store keeps in one piece", Err: err}
	default:
		return err
	}
}

// A Tx is one transaction over the records. It is valid only inside the
// function it was given to. Its methods are grouped by noun: see user.go,
// project.go, thread.go, message.go and so on.
type Tx struct {
	// Now is the one time of this transaction: every record it writes carries it.
	Now Time

	kv     kv.Tx
	store  *Store
	marked int64     // the high-water mark of ids that it sets; 0 is none
	proven *proof    // nil in a View
	value  []byte    // see encode
	key    [1][]byte // of get1, which is asked more than all else
	moved  bool      // somebody came to a project, or left one
	people uint64    // Store.People before this View began
}

// AfterCommit has fn run once this transaction is durable, in the order of
// commits. fn must be quick and must not open a transaction.
func (tx *Tx) AfterCommit(fn func()) error { return tx.kv.AfterCommit(fn) }

// IsUpdate reports whether tx may write.
func (tx *Tx) IsUpdate() bool { return tx.proven != nil }

// NewID makes an id that sorts after every id made before, also by an earlier
// run of the program and also when the clock was set back.
func (tx *Tx) NewID() (ID, error) { return tx.store.ids.next(tx) }

// get1 returns the value of one key, nil when it is not there.
func (tx *Tx) get1(space kv.Space, key []byte) ([]byte, error) {
	tx.key[0] = key
	vals, err := tx.kv.Get(space, tx.key[:]...)
	if err != nil {
		return nil, err
	}
	return vals[0], nil
}

func notFound(what string) error { return Errorf(CodeNotFound, "%s not found", what) }
