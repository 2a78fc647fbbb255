package bench

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// loaded is how many messages are there before anything is measured:
// PARLEY_BENCH_MESSAGES, 100,000 unless it says else. The figures in the manual
// are taken with 1,000,000.
func loaded(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("PARLEY_BENCH_MESSAGES"))
	if err != nil {
		return 100_000
	}
	return n
}

// A scene is a store with one project of many threads, on a bolt engine that
// notes what it is told to write.
type scene struct {
	b       *testing.B
	store   *store.Store
	engine  *noted
	user    store.ID
	threads []store.ID
}

// perThread is how long the threads are, but for the first, which has half of
// all messages.
const perThread = 100

var content = strings.Repeat("Prune the roses in March, before they bud. ", 8) // about 350 bytes

func newScene(b *testing.B) *scene {
	b.Helper()
	e, err := bolt.Open(filepath.Join(b.TempDir(), "parley.db"), bolt.Options{AppendOrdered: store.AppendOrdered()})
	if err != nil {
		b.Fatal(err)
	}
	s := &scene{b: b, engine: &noted{Engine: e}}
	if s.store, err = store.Open(b.Context(), s.engine, store.Options{Log: slog.New(slog.DiscardHandler)}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			b.Error(err)
		}
	})
	s.fill(loaded(b))
	return s
}

func (s *scene) update(fn func(tx *store.Tx) error) {
	s.b.Helper()
	if err := s.store.Update(context.Background(), fn); err != nil {
		s.b.Fatal(err)
	}
}

func (s *scene) fill(n int) {
	s.b.Helper()
	var project *store.Project
	s.update(func(tx *store.Tx) (err error) {
		if s.user, err = tx.NewID(); err != nil {
			return err
		}
		id, err := tx.NewID()
		if err != nil {
			return err
		}
		project = &store.Project{ID: id, UserID: s.user, Name: "Garden", Tags: []string{}, CreatedAt: tx.Now}
		if err := tx.PutUser(&store.User{ID: s.user, Username: "ann", Email: "ann@example.org"}); err != nil {
			return err
		}
		return tx.PutProject(project)
	})
	for len(s.threads) < n/2/perThread+2 {
		s.update(func(tx *store.Tx) error {
			id, err := tx.NewID()
			if err != nil {
				return err
			}
			s.threads = append(s.threads, id)
			return tx.CreateThread(&store.Thread{ID: id, ProjectID: project.ID, UserID: s.user, Title: fmt.Sprint("thread ", len(s.threads)), CreatedAt: tx.Now, LastActivityAt: tx.Now})
		})
	}
	const batch = 80 // within the writes of one transaction
	for done := 0; done < n; done += batch {
		th := s.threads[0]
		if done >= n/2 {
			th = s.threads[1+(done/perThread)%(len(s.threads)-1)]
		}
		s.update(func(tx *store.Tx) error {
			for range batch {
				if err := s.send(tx, th); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// send is what the store does for one message of a person.
func (s *scene) send(tx *store.Tx, thread store.ID) error {
	t, err := tx.Thread(thread)
	if err != nil {
		return err
	}
	id, err := tx.NewID()
	if err != nil {
		return err
	}
	return tx.SaveMessage(t, &store.Message{
		ID: id, ThreadID: thread, UserID: s.user, IsUser: true, Content: content, ContentHTML: "<p>" + content + "</p>\n",
		Status: store.StatusComplete, Alternatives: []store.ID{}, Attachments: []store.ID{}, TokenCount: 80, CreatedAt: tx.Now,
	})
}

func (s *scene) sender() side {
	return side{"parley", func(caller int) error {
		th := s.threads[1+caller%(len(s.threads)-1)]
		return s.store.Update(context.Background(), func(tx *store.Tx) error { return s.send(tx, th) })
	}}
}

// noted keeps what the last transaction wrote.
type noted struct {
	kv.Engine
	mu   sync.Mutex
	note bool
	last []write
}

type write struct {
	space    kv.Space
	key, val []byte // val nil: a delete
}

func (e *noted) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if !e.note {
		return e.Engine.Update(ctx, fn)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.Engine.Update(ctx, func(tx kv.Tx) error {
		e.last = nil
		return fn(&notedTx{tx, e})
	})
}

type notedTx struct {
	kv.Tx
	e *noted
}

func (t *notedTx) Put(space kv.Space, key, val []byte) error {
	t.e.last = append(t.e.last, write{space, append([]byte{}, key...), append([]byte{}, val...)})
	return t.Tx.Put(space, key, val)
}

func (t *notedTx) Delete(space kv.Space, key []byte) error {
	t.e.last = append(t.e.last, write{space, append([]byte{}, key...), nil})
	return t.Tx.Delete(space, key)
}

// writesOfASend returns what one send writes.
func (s *scene) writesOfASend() []write {
	s.engine.note = true
	defer func() { s.engine.note = false }()
	if err := s.sender().do(0); err != nil {
		s.b.Fatal(err)
	}
	return s.engine.last
}

// BenchmarkLoneSend compares one durable send with what it cannot do without: two
// writes of a page and two fdatasyncs. Target: x-p50 at most 1.6.
func BenchmarkLoneSend(b *testing.B) {
	s := newScene(b)
	f, err := os.Create(filepath.Join(b.TempDir(), "pair"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(64 << 20); err != nil {
		b.Fatal(err)
	}
	page := make([]byte, 16<<10)
	at := int64(0)
	pair := side{"two fdatasyncs", func(int) error {
		for _, size := range []int{len(page), 4096} {
			if _, err := f.WriteAt(page[:size], at%(63<<20)); err != nil {
				return err
			}
			at += int64(size)
			if err := syscall.Fdatasync(int(f.Fd())); err != nil {
				return err
			}
		}
		return nil
	}}
	compare(b, 1, s.sender(), pair)
}

// Benchmark64Senders compares 64 who send at once with a bare group commit of the
// same writes. Target: x-rate at least 0.5.
func Benchmark64Senders(b *testing.B) {
	s := newScene(b)
	compare(b, 64, s.sender(), bareGroup(b, s.writesOfASend()))
}

// bareGroup is a bbolt file of its own to which callers commit writes like these
// in groups, with keys that count up like ids do.
func bareGroup(b *testing.B, like []write) side {
	b.Helper()
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, InitialMmapSize: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	type call struct {
		fn   func(*bbolt.Tx) error
		done chan error
	}
	line := make(chan call, 1000)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for first := range line {
			group := []call{first}
			for more := true; more && len(group) < 1000; {
				select {
				case c, ok := <-line:
					if more = ok; ok {
						group = append(group, c)
					}
				default:
					more = false
				}
			}
			err := db.Update(func(tx *bbolt.Tx) error {
				for _, c := range group {
					if err := c.fn(tx); err != nil {
						return err
					}
				}
				return nil
			})
			for _, c := range group {
				c.done <- err
			}
		}
	}()
	b.Cleanup(func() {
		close(line)
		<-ended
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	var mu sync.Mutex
	count := uint64(0)
	return side{"bare group commit", func(int) error {
		mu.Lock()
		count++
		n := count
		mu.Unlock()
		c := call{done: make(chan error, 1), fn: func(tx *bbolt.Tx) error {
			for i, w := range like {
				bucket, err := tx.CreateBucketIfNotExists([]byte(w.space))
				if err != nil {
					return err
				}
				key := append(kv.Key(n, uint32(i)), w.key...)[:max(len(w.key), 12)]
				if w.val == nil {
					err = bucket.Delete(key)
				} else {
					err = bucket.Put(key, w.val)
				}
				if err != nil {
					return err
				}
			}
			return nil
		}}
		line <- c
		return <-c.done
	}}
}
