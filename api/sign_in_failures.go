package api

import (
	"sync"
	"time"

	"github.com/parley-app/parley/store"
)

// failedSignIns counts the wrong passwords for each account that are not yet in a
// notice of its person: a flood of guesses costs few writes. It is safe for
// concurrent use.
type failedSignIns struct {
	mu    sync.Mutex
	users map[store.ID]*failedCount
}

type failedCount struct {
	n       int    // not yet in the notice
	address string // of the last one
	written time.Time
}

const (
	// noticeEvery is the least time between two writes of one person's notice.
	noticeEvery = 5 * time.Second
	// noticeSpan is how long after the last event further ones join the same notice.
	noticeSpan = 24 * time.Hour
	// maxFailedCounts bounds the memory of failedSignIns.
	maxFailedCounts = 4096
)

// add counts a wrong password and returns how many the notice lacks, 0 if it need
// not be written yet.
func (f *failedSignIns) add(user store.ID, address string, now time.Time) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.users == nil {
		f.users = map[store.ID]*failedCount{}
	}
	c := f.users[user]
	if c == nil {
		store.MakeRoom(f.users, maxFailedCounts)
		c = &failedCount{}
		f.users[user] = c
	}
	c.n++
	c.address = address
	if now.Sub(c.written) < noticeEvery {
		return 0
	}
	return c.take(now)
}

// rest returns how many the notice of user lacks, and the address of the last one.
func (f *failedSignIns) rest(user store.ID, now time.Time) (n int, address string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.users[user]; c != nil && c.n > 0 {
		return c.take(now), c.address
	}
	return 0, ""
}

func (c *failedCount) take(now time.Time) int {
	n := c.n
	c.n, c.written = 0, now
	return n
}

// notifyFailures adds n failed sign-ins to the newest notice of them, or begins one.
func (a *API) notifyFailures(tx *store.Tx, user store.ID, n int, address string) error {
	if n == 0 {
		return nil
	}
	list, err := tx.NoticesOf(user)
	if err != nil {
		return err
	}
	for _, known := range list {
		if known.Kind != store.NoticeSignInsFailed || known.IsRead || tx.Now.Sub(known.UpdatedAt.Time) > noticeSpan {
			continue
		}
		known.Count += n
		known.Address, known.UpdatedAt = address, tx.Now
		v, err := viewNotice(tx, known)
		if err != nil {
			return err
		}
		if err := tx.PutNotice(known); err != nil {
			return err
		}
		return a.emitNotice(tx, known, v)
	}
	return a.notify(tx, &store.Notice{UserID: user, Kind: store.NoticeSignInsFailed, Count: n, Address: address})
}
