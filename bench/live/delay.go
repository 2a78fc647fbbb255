package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// delay compares what clients of Parley see of many answers at once, which are all
// being saved, with clients that read the model server themselves.
func delay(dir string, n int) error {
	p, err := startParley(dir)
	if err != nil {
		return err
	}
	defer p.Stop()
	threads := []string{p.thread}
	for len(threads) < n {
		id, err := p.newThread()
		if err != nil {
			return err
		}
		threads = append(threads, id)
	}
	p.thread = strings.Join(threads, "+")
	tokens, every := *perSec*o.Seconds, time.Second/time.Duration(*perSec)
	for round := range o.Rounds {
		ours, err := p.through(threads, tokens, every)
		if err != nil {
			return err
		}
		direct, err := p.around(n, tokens, every)
		if err != nil {
			return err
		}
		stored, states, err := p.stored(threads)
		if err != nil {
			return err
		}
		fmt.Printf("delay, %d answers × %d/s, round %d: stored %d tokens, %v; received %d of %d, p50 %.2f ms, p99 %.2f ms, the latest %.1f ms; read directly %d, p50 %.2f ms, p99 %.2f ms, the latest %.1f ms\n",
			n, *perSec, round+1, stored, states, ours.n, n*tokens, ours.p50, ours.p99, ours.most, direct.n, direct.p50, direct.p99, direct.most)
	}
	return nil
}

// through has sockets receive the answers.
func (p *peer) through(threads []string, tokens int, every time.Duration) (h heard, err error) {
	in, err := startReceivers("parley", p, len(threads))
	if err != nil {
		return h, err
	}
	defer in.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(tokens)*every*10+time.Minute)
	defer cancel()
	if err := p.ask(ctx, threads, tokens, every); err != nil {
		return h, err
	}
	return in.tell(len(threads) * tokens)
}

// around has clients read the model server.
func (p *peer) around(n, tokens int, every time.Duration) (h heard, err error) {
	done := p.model.next(n, tokens, every)
	in, err := startReceivers("model", &peer{address: p.model.address}, n)
	if err != nil {
		return h, err
	}
	defer in.Stop()
	<-done
	return in.tell(n * tokens)
}

// stored counts the tokens of the newest answer of each thread, as it is stored, and
// the states of these answers.
func (p *peer) stored(threads []string) (tokens int, states map[string]int, err error) {
	states = map[string]int{}
	for _, id := range threads {
		var list struct {
			Messages []struct {
				Content string `json:"content"`
				Status  string `json:"status"`
			} `json:"messages"`
		}
		if err := p.call(http.MethodGet, "/api/v1/threads/"+id+"/messages?limit=1", nil, &list); err != nil {
			return 0, nil, err
		}
		for _, m := range list.Messages {
			tokens += strings.Count(m.Content, "#") / 2
			states[m.Status]++
		}
	}
	return tokens, states, nil
}
