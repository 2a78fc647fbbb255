package bench

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/parley-app/parley/api/search"
	"github.com/parley-app/parley/store"
)

// sender sends to a thread for each caller.
func (s *scene) sender() side {
	return side{"parley", func(caller int) error {
		th, user := s.Threads[caller*7%len(s.Threads)], s.Users[caller%teamSize]
		return s.store.Update(context.Background(), func(tx *store.Tx) error { return Send(tx, th, user) })
	}}
}

// BenchmarkLoneSend compares one durable send with what it cannot do without: two
// writes and two fdatasyncs. Target: x-p50 at most 1.6.
func BenchmarkLoneSend(b *testing.B) {
	s := open(b)
	f, err := os.Create(filepath.Join(b.TempDir(), "pair"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	const size = 16 << 20 // written before, as the pages of a store mostly are
	if _, err := f.Write(make([]byte, size)); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	data, at := make([]byte, 16<<10), int64(0)
	pair := side{"two fdatasyncs", func(int) error {
		for _, n := range []int{len(data), 4096} {
			if _, err := f.WriteAt(data[:n], at%(size-int64(n))&^4095); err != nil {
				return err
			}
			at += int64(n)
			if err := syscall.Fdatasync(int(f.Fd())); err != nil {
				return err
			}
		}
		return nil
	}}
	compare(b, 1, s.sender(), pair)
}

// BenchmarkLoneSendBare compares one durable send with bare bbolt that commits the
// same bytes under the same keys, in a file with the same pages.
func BenchmarkLoneSendBare(b *testing.B) {
	s := open(b)
	compare(b, 1, s.sender(), s.replayer(b))
}

// Benchmark64Senders compares 64 who send at once with a bare group commit of the
// same bytes under the same keys, in a file with the same pages. Target: x-rate at
// least 0.5.
func Benchmark64Senders(b *testing.B) {
	s := open(b)
	compare(b, 64, s.sender(), s.replayer(b))
}

// replayer commits to the bare file, in groups, what the sender has written to the
// store before: it takes turns with it.
func (s *scene) replayer(b *testing.B) side {
	b.Helper()
	s.notes.wrote = make(chan []write, 1<<20)
	line := make(chan bareCall, 1000)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for first := range line {
			bareCommit(s.bare, first, line)
		}
	}()
	b.Cleanup(func() { close(line); <-ended; s.notes.wrote = nil })
	return side{"bare group commit", func(int) error {
		c := bareCall{writes: <-s.notes.wrote, done: make(chan error, 1)}
		line <- c
		return <-c.done
	}}
}

type bareCall struct {
	writes []write
	done   chan error
}

// bareCommit commits first and all who wait behind it.
func bareCommit(db *bbolt.DB, first bareCall, line <-chan bareCall) {
	group := []bareCall{first}
	err := db.Update(func(tx *bbolt.Tx) error {
		for i := 0; i < len(group); i++ {
			if err := replay(tx, group[i].writes); err != nil {
				return err
			}
			select {
			case c, ok := <-line:
				if ok {
					group = append(group, c)
				}
			default:
			}
		}
		return nil
	})
	for _, c := range group {
		c.done <- err
	}
}

func replay(tx *bbolt.Tx, writes []write) error {
	for _, w := range writes {
		bucket, err := tx.CreateBucketIfNotExists([]byte(w.space))
		if err != nil {
			return err
		}
		if w.val == nil {
			err = bucket.Delete(w.key)
		} else {
			err = bucket.Put(w.key, w.val)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkIndexedSend compares a send, after which all texts that wait are put into
// the search index, with one that leaves its text waiting. As the sides take turns
// that is two texts for each send: what finding costs is half of what x-cpu is above
// one.
func BenchmarkIndexedSend(b *testing.B) {
	s := open(b)
	ctx := context.Background()
	if err := search.Drain(ctx, s.store); err != nil {
		b.Fatal(err)
	}
	send := s.sender()
	compare(b, 1, side{"send and index", func(caller int) error {
		if err := send.do(caller); err != nil {
			return err
		}
		return search.Drain(ctx, s.store) // also what the other side has left
	}}, send)
}
