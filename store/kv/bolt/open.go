package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/parley-app/parley/store/disk"
	"github.com/parley-app/parley/store/kv"
)

// Options say how a store is kept. The zero value is right for a server.
type Options struct {
	// LockTimeout is how long Open waits for another process to give the file
	// back before it returns ErrInUse; 0 means 3 s.
	LockTimeout time.Duration

	// MapSize is the address space, in bytes, that is set aside for the file;
	// 0 means 64 GiB, or 1 GiB on 32-bit machines, or twice what the file has if
	// that is more. Space is not memory: it costs nothing. A file that outgrows it
	// is mapped anew, for which the writer has to wait until no reader is left, and
	// does without a log from then on.
	MapSize int

	// AppendOrdered names the spaces whose new keys are mostly larger than
	// those around them, such as ones that end in a UUIDv7. Their pages are
	// filled to the brim, which makes the file about half as large; in other
	// spaces that would make every write split a page.
	AppendOrdered []kv.Space

	// NoLog makes the engine do without a write-ahead log: bbolt flushes each
	// commit itself, twice. A log that an earlier process left is replayed and
	// removed all the same.
	NoLog bool

	// Strict checks the whole file after each commit and breaks the engine if
	// something is wrong. It is for tests.
	Strict bool

	// openFile replaces os.OpenFile in tests.
	openFile func(string, int, os.FileMode) (*os.File, error)
}

// ErrInUse says that another process, or another Engine, has the file open.
var ErrInUse = errors.New("another instance is running")

// packedFill is the part of a page that is filled before it is split in an
// append-ordered space.
const packedFill = 1.0

const (
	lockTimeout = 3 * time.Second
	mapSize     = 64 << 30
)

// Open opens the store in the file at path, or makes a new one there (mode
// 0600, in a directory that exists). The caller must Close it. Beside the file,
// in path+".pid", lies the id of the process that has it open.
//
// After an unclean end Open reads the whole file once, to find the free pages.
func Open(path string, o Options) (*Engine, error) {
	if _, err := settle(context.Background(), path, o); err != nil {
		return nil, fmt.Errorf("kv/bolt: open %s: %w", path, explain(path, err))
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("kv/bolt: create %s: %w", path, err)
	}
	unclean, err := inspect(path, o.bbolt())
	if err != nil {
		return nil, fmt.Errorf("kv/bolt: open %s: %w", path, explain(path, err))
	}
	if info, err := os.Stat(path); err == nil && o.MapSize == 0 && info.Size() > mapSize/2 {
		o.MapSize = int(min(2*info.Size(), math.MaxInt/2+1))
	}
	e := newEngine(path, o)
	e.unclean = unclean
	if err := e.open(o.bbolt(), o.NoLog); err != nil {
		return nil, fmt.Errorf("kv/bolt: open %s: %w", path, explain(path, err))
	}
	e.db.StrictMode = o.Strict
	if err := writePID(path); err != nil {
		return nil, errors.Join(fmt.Errorf("kv/bolt: %w", err), e.db.Close())
	}
	g := newGroup(e.packed)
	g.damages = &e.damages
	go e.write(g)
	return e, nil
}

func newEngine(path string, o Options) *Engine {
	e := &Engine{
		path:    path,
		packed:  setOf(o.AppendOrdered),
		line:    newLine(),
		ran:     make(chan struct{}, 1),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
		broken:  make(chan struct{}),
		failed:  make(chan error, 1),
	}
	e.readers.now, e.flushes.now = time.Now, time.Now
	e.close = sync.OnceValue(e.shutdown)
	return e
}

// open has bbolt open the file for writing.
func (e *Engine) open(o *bbolt.Options, noLog bool) error {
	openFile := o.OpenFile
	o.Logger = witness{e}
	o.OpenFile = func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
		e.file, err = openFile(name, flag, mode)
		return e.file, err
	}
	_, err := guard(func() (err error) {
		e.db, err = bbolt.Open(e.path, 0o600, o)
		return err
	})
	if err != nil {
		return err
	}
	info, err := e.file.Stat()
	if err != nil {
		return errors.Join(err, e.db.Close())
	}
	e.logbook = newLogbook(max(int64(o.InitialMmapSize), info.Size()))
	if noLog {
		e.without = math.MaxInt
	}
	return e.db.View(func(tx *bbolt.Tx) error {
		e.readers.dismiss(tx.ID())
		return nil
	})
}

func (o Options) bbolt() *bbolt.Options {
	b := &bbolt.Options{
		Timeout:         o.LockTimeout,
		InitialMmapSize: o.MapSize,
		FreelistType:    bbolt.FreelistMapType,
		NoFreelistSync:  true,
		OpenFile:        o.openFile,
	}
	if b.OpenFile == nil {
		b.OpenFile = disk.OpenFile
	}
	if b.Timeout == 0 {
		b.Timeout = lockTimeout
	}
	if b.InitialMmapSize == 0 {
		b.InitialMmapSize = int(min(mapSize, math.MaxInt/2+1))
	}
	return b
}

// explain says in our words what bbolt or the file system says about path.
func explain(path string, err error) error {
	var p *fs.PathError
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return inUse(path)
	case errors.As(err, &p):
		return pathless{p}
	default:
		return err
	}
}

// A pathless error does not repeat a path that its reader was told.
type pathless struct{ *fs.PathError }

func (p pathless) Error() string { return p.Err.Error() }

// Unwrap returns the error with the path.
func (p pathless) Unwrap() error { return p.PathError }
