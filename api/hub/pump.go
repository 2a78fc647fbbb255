package hub

import (
	"runtime"
	"sync"
)

// A pump calls the functions of connections for which something waits. It has a
// goroutine only while there are such, few for many connections: to wake one for
// each would cost as much as half of what it writes. The busy ones take turns.
type pump struct {
	limit int // goroutines

	mu      sync.Mutex
	due     []*Conn
	at      int // the next of them
	running int
}

// share is how many connections a goroutine takes at once, and how many more have
// to wait before it gets a helper.
const share = 128

func newPump() *pump { return &pump{limit: runtime.GOMAXPROCS(0)} }

// add has the functions of list called soon. It keeps nothing of list itself.
func (p *pump) add(list ...*Conn) {
	if len(list) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due = append(p.due, list...)
	p.hire()
}

// hire starts the goroutines that what is due is worth. p.mu is held.
func (p *pump) hire() {
	for want := (len(p.due) - p.at + share - 1) / share; p.running < min(want, p.limit); p.running++ {
		go p.work()
	}
}

func (p *pump) work() {
	var some [share]*Conn
	for n := p.next(some[:0], some[:]); n > 0; n = p.next(again(some[:n]), some[:]) {
		for i, c := range some[:n] {
			if !c.onReady() {
				some[i] = nil
			}
		}
	}
}

// again are those of list that are not done.
func again(list []*Conn) []*Conn {
	left := list[:0]
	for _, c := range list {
		if c != nil {
			left = append(left, c)
		}
	}
	return left
}

// next puts those that are not done behind the others, and takes the first into
// some. When it takes none, the goroutine that called it has to end.
func (p *pump) next(left, some []*Conn) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due = append(p.due, left...)
	n = copy(some, p.due[p.at:])
	clear(p.due[p.at : p.at+n])
	p.at += n
	switch {
	case n == 0:
		p.running--
		p.due, p.at = p.due[:0], 0
	case p.at == len(p.due):
		p.due, p.at = p.due[:0], 0
	case p.at > len(p.due)/2 && p.at > 1024: // what is never empty must not grow
		rest := copy(p.due, p.due[p.at:])
		clear(p.due[rest:])
		p.due, p.at = p.due[:rest], 0
	}
	return n
}
