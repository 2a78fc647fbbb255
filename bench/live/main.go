// Command live compares how Parley hands the tokens of one answer to many sockets
// with one bare write(2) for each of them, with NATS and with Socket.IO; see
// ../README.md. The receivers are a process of their own, the same for all sides.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/parley-app/parley/bench/proc"
)

var (
	o       = proc.Flags(3, 4)
	counts  = flag.String("sockets", "100,1000,5000", "how many sockets, one run for each")
	perSec  = flag.Int("rate", 50, "tokens a second")
	nats    = flag.String("nats", "", "the program of ../peers/nats; empty: without it")
	sio     = flag.String("socketio", "", "the folder ../peers/socketio, installed; empty: without it")
	oneCore = flag.Bool("one-core", false, "have each server on the first core alone; the bench itself is best started with taskset -c 1")
	idle    = flag.Int("idle", 2000, "sockets to measure idle memory with; 0: do not")

	answers = flag.Int("answers", 0, "answers at the same time, each in a thread with one socket, to measure the delay that Parley adds; 0: do not")
	settle  = flag.Duration("settle", 180*time.Second, "before idle memory is looked at: the collector runs every two minutes by itself, and then gives back what it freed")

	receive = flag.String("receive", "", "be the receivers: kind,address,token,thread,sockets")
	bare    = flag.Bool("bare", false, "be the bare writer")
)

func main() {
	flag.Parse()
	switch {
	case *receive != "":
		proc.Fail(receivers(strings.Split(*receive, ",")))
		return
	case *bare:
		proc.Fail(serveBare())
		return
	}
	dir, err := os.MkdirTemp("", "parley-live-")
	proc.Fail(err)
	err = run(dir)
	_ = os.RemoveAll(dir)
	proc.Fail(err)
}

func run(dir string) error {
	if *idle > 0 {
		if err := idleMemory(filepath.Join(dir, "idle"), *idle); err != nil {
			return err
		}
	}
	if *answers > 0 {
		if err := delay(filepath.Join(dir, "delay"), *answers); err != nil {
			return err
		}
	}
	if *counts == "" {
		return nil
	}
	fmt.Println("side     | sockets | delivered, of those sent | CPU µs each | p50 ms | p99 ms | sent within s")
	for n := range strings.SplitSeq(*counts, ",") {
		sockets, err := strconv.Atoi(n)
		if err != nil {
			return err
		}
		if err := fanOut(dir, sockets); err != nil {
			return err
		}
	}
	return nil
}

// A side makes a server whose publish sends a token to all sockets.
type side struct {
	kind  string
	start func(dir string) (*peer, error)
}

func sides() []side {
	list := []side{{"parley", startParley}, {"bare", startBareWriter}}
	if *nats != "" {
		list = append(list, side{"nats", startNATS})
	}
	if *sio != "" {
		list = append(list, side{"socketio", startSocketIO})
	}
	return list
}

func fanOut(dir string, sockets int) error {
	all := map[string][]result{}
	for round := range o.Rounds {
		for _, s := range sides() {
			r, err := s.run(filepath.Join(dir, fmt.Sprint(s.kind, sockets, "-", round)), sockets)
			if err != nil {
				return fmt.Errorf("%s: %w", s.kind, err)
			}
			all[s.kind] = append(all[s.kind], r)
		}
	}
	for _, s := range sides() {
		runs := all[s.kind]
		m := func(f func(result) float64) float64 {
			var list []float64
			for _, r := range runs {
				list = append(list, f(r))
			}
			return proc.Median(list)
		}
		fmt.Printf("%-8s | %d | %.4f | %.2f | %.2f | %.2f | %.2f\n", s.kind, sockets,
			m(func(r result) float64 { return r.share }), m(func(r result) float64 { return r.cpu }),
			m(func(r result) float64 { return r.p50 }), m(func(r result) float64 { return r.p99 }), m(func(r result) float64 { return r.sent }))
	}
	return nil
}

// A result is one run: what share of the tokens arrived, the server's processor time
// for each delivery in microseconds, how long they took in milliseconds, and in how
// many seconds all were sent: more than was meant, if the server held the sender up.
type result struct{ share, cpu, p50, p99, sent float64 }

func (s side) run(dir string, sockets int) (r result, err error) {
	p, err := s.start(dir)
	if err != nil {
		return r, err
	}
	defer p.Stop()
	in, err := startReceivers(s.kind, p, sockets)
	if err != nil {
		return r, err
	}
	defer in.Stop()
	before, err := p.CPU()
	if err != nil {
		return r, err
	}
	n := *perSec * o.Seconds
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(o.Seconds)*time.Second*10)
	defer cancel()
	begin := time.Now()
	if err := p.publish(ctx, n, time.Second/time.Duration(*perSec)); err != nil {
		return r, err
	}
	sent := time.Since(begin).Seconds()
	got, err := in.tell(n * sockets)
	if err != nil {
		return r, err
	}
	after, err := p.CPU()
	if err != nil {
		return r, err
	}
	r = result{float64(got.n) / float64(n*sockets), float64((after - before).Microseconds()) / float64(max(got.n, 1)), got.p50, got.p99, sent}
	return r, nil
}

func idleMemory(dir string, sockets int) error {
	p, err := startParley(dir)
	if err != nil {
		return err
	}
	defer p.Stop()
	// What the first of them cost once and for all is not counted.
	some, err := startReceivers("parley", p, 100)
	if err != nil {
		return err
	}
	defer some.Stop()
	before, err := p.Memory()
	if err != nil {
		return err
	}
	in, err := startReceivers("parley", p, sockets)
	if err != nil {
		return err
	}
	defer in.Stop()
	time.Sleep(*settle)
	after, err := p.Memory()
	if err != nil {
		return err
	}
	fmt.Printf("memory for each of %d idle sockets: %.1f KB (from %d to %d KB)\n", sockets, float64(after-before)/float64(sockets), before, after)
	return nil
}
