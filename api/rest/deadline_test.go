package rest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func hasEnded(c context.Context) bool {
	select {
	case <-c.Done():
		return true
	default:
		return false
	}
}

// All of a time-out end when theirs has come and not before, whether somebody waits
// for it or asks afterwards.
func TestDeadlinesEndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		life, leave := context.WithCancel(context.Background())
		defer leave()
		d := newDeadlines(life, time.Minute)
		var began []*deadline
		for i := range 5 {
			c := d.begin("x", time.Now())
			defer c.end()
			if began = append(began, c); i%2 == 0 {
				c.Done() // somebody waits
			}
			time.Sleep(10 * time.Second)
		}
		child, cancel := context.WithCancel(began[2])
		defer cancel()
		for i, c := range began {
			until, ok := c.Deadline()
			if !ok || until != began[0].until.Add(time.Duration(i)*10*time.Second) {
				t.Errorf("%d is to end at %v", i, until)
			}
			time.Sleep(time.Until(until) - time.Nanosecond)
			if c.Err() != nil || hasEnded(c) {
				t.Errorf("%d ended too early: %v", i, c.Err())
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			if !errors.Is(c.Err(), context.DeadlineExceeded) || !hasEnded(c) {
				t.Errorf("%d has not ended in time: %v", i, c.Err())
			}
			if hasEnded(child) != (i >= 2) {
				t.Errorf("after the end of %d, what belongs to 2 has ended: %v", i, hasEnded(child))
			}
		}
		again := d.begin("x", time.Now()) // after a time when there were none
		defer again.end()
		time.Sleep(time.Minute)
		synctest.Wait()
		if !errors.Is(again.Err(), context.DeadlineExceeded) {
			t.Errorf("the next ended with %v", again.Err())
		}
	})
}

// Whatever the order in which requests are answered, the others go on and end in time.
func TestDeadlinesOfAnsweredRequests(t *testing.T) {
	for name, order := range map[string][]int{"first first": {0, 1, 2}, "last first": {2, 1, 0}, "from the middle": {1, 0, 2}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				life, leave := context.WithCancel(context.Background())
				defer leave()
				d := newDeadlines(life, time.Minute)
				c := []*deadline{d.begin("x", time.Now()), d.begin("x", time.Now()), d.begin("x", time.Now())}
				waited := c[order[0]].Done()
				for _, i := range order[:2] {
					c[i].end()
					c[i].end() // harmless
				}
				<-waited
				last := c[order[2]]
				if last.Err() != nil || hasEnded(last) {
					t.Errorf("one that runs ended with %v", last.Err())
				}
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				if !errors.Is(last.Err(), context.DeadlineExceeded) {
					t.Errorf("one that was late ended with %v", last.Err())
				}
				last.end()
				for _, i := range order[:2] {
					if !errors.Is(c[i].Err(), context.Canceled) || !hasEnded(c[i]) {
						t.Errorf("one that was answered ended with %v", c[i].Err())
					}
				}
				if !errors.Is(last.Err(), context.DeadlineExceeded) {
					t.Errorf("one that was late is now %v", last.Err())
				}
			})
		})
	}
}

// The end of the server's life ends all, and those that begin after it.
func TestDeadlinesEndWithTheServer(t *testing.T) {
	life, leave := context.WithCancel(context.Background())
	d := newDeadlines(life, time.Hour)
	one, two := d.begin("x", time.Now()), d.begin("y", time.Now())
	defer one.end()
	defer two.end()
	leave()
	<-one.Done()
	<-two.Done()
	late := d.begin("z", time.Now())
	defer late.end()
	<-late.Done()
	for _, c := range []*deadline{one, two, late} {
		if !errors.Is(c.Err(), context.Canceled) {
			t.Errorf("%s ended with %v", c.id, c.Err())
		}
	}
	if RequestID(two) != "y" || RequestID(context.WithoutCancel(late)) != "z" || two.Value("y") != nil {
		t.Error("the id of a request is lost")
	}
}

// Requests begin, wait and end at the same time as others are late.
func TestDeadlinesAtOnce(t *testing.T) {
	d := newDeadlines(t.Context(), time.Millisecond)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 300 {
				c := d.begin("x", time.Now())
				switch i % 3 {
				case 0:
					<-c.Done()
				case 1:
					_ = c.Err()
				}
				c.end()
				<-c.Done()
			}
		})
	}
	all.Wait()
	if d.first != nil || d.last != nil {
		t.Error("some that ended are kept")
	}
}
