package rest

import (
	"sync"

	"github.com/parley-app/parley/store"
)

// A socketCount counts the open sockets of each user. It is safe for concurrent use.
type socketCount struct {
	mu   sync.Mutex
	most int // 0 or less: any number
	open map[store.ID]int
}

// set changes how many one user may have; those that are open stay.
func (n *socketCount) set(most int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.most = most
}

// isFull reports whether user has as many as they may.
func (n *socketCount) isFull(user store.ID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.most > 0 && n.open[user] >= n.most
}

// enter counts a socket, and reports whether it is one that user may have. Each enter
// takes one leave.
func (n *socketCount) enter(user store.ID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.open == nil {
		n.open = map[store.ID]int{}
	}
	n.open[user]++
	return n.most <= 0 || n.open[user] <= n.most
}

func (n *socketCount) leave(user store.ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.open[user]--; n.open[user] <= 0 {
		delete(n.open, user)
	}
}
