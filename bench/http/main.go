// Command http compares what Parley answers with a bare Fiber handler that returns
// the same bytes and with PocketBase, each a process of its own, by wrk; see
// ../README.md. It prints a line for each comparison: the medians of some rounds,
// in which the sides take turns.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-app/parley/bench"
	"github.com/parley-app/parley/bench/proc"
	"github.com/parley-app/parley/store"
)

var (
	o          = proc.Flags(5, 3)
	data       = flag.String("data", "", "folder of the loaded stores, kept for the next run; empty: a temporary one")
	messages   = flag.Int("messages", 200_000, "messages to load; half of them are in one thread")
	pocketBase = flag.String("pocketbase", "", "the program of ../peers/pocketbase; empty: without it")
	only       = flag.String("only", "", "the rows to measure, by a part of their name; empty: all")
	bareBody   = flag.String("bare", "", "be the bare handler of the bytes in this file")
)

// connections is how many clients there are at the same time.
const connections = 64

func main() {
	flag.Parse()
	if *bareBody != "" {
		proc.Fail(serveBare(*bareBody))
		return
	}
	dir, err := os.MkdirTemp("", "parley-http-")
	proc.Fail(err)
	err = run(dir)
	_ = os.RemoveAll(dir)
	proc.Fail(err)
}

func run(dir string) error {
	if *data == "" {
		*data = filepath.Join(dir, "data")
	}
	home := filepath.Join(*data, fmt.Sprint("http-", *messages))
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	corpus, err := bench.Loaded(context.Background(), home, *messages)
	if err != nil {
		return err
	}
	if err := bench.Admit(context.Background(), home, corpus.Users[0], password); err != nil {
		return err
	}
	var fresh []store.ID
	if *pocketBase != "" {
		if fresh, err = corpus.AddThreads(context.Background(), home, mostSends*o.Rounds*o.Seconds); err != nil {
			return err
		}
	}
	if err := bench.Index(context.Background(), home); err != nil {
		return err
	}
	ours, err := startParley(dir, home)
	if err != nil {
		return err
	}
	defer ours.Stop()
	var theirs *server
	if *pocketBase != "" {
		if theirs, err = startPocketBase(*messages / 2); err != nil {
			return err
		}
		defer theirs.Stop()
	}
	fmt.Println("what                          | requests/s, ours | theirs | ratio | CPU µs each | theirs | ratio | p99 ms | theirs | ratio")
	for _, page := range []struct{ name, path, peer string }{
		{"50 messages", "/api/v1/threads/" + corpus.Long.String() + "/messages?limit=50", `/api/collections/messages/records?perPage=50&skipTotal=1&sort=-created&filter=(thread%3D'long')`},
		{"20 threads of a project", "/api/v1/threads?limit=20&project_id=" + corpus.Projects[0].String(), ""},
		{"20 threads of 20 projects", "/api/v1/threads?limit=20", ""},
	} {
		if err := comparePage(dir, ours, theirs, page.name, page.path, page.peer); err != nil {
			return err
		}
	}
	return compareSend(dir, ours, theirs, corpus, fresh)
}

func comparePage(dir string, ours, theirs *server, name, path, peer string) error {
	body, err := ours.get(path)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "body")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return err
	}
	bare, err := startBare(file)
	if err != nil {
		return err
	}
	defer bare.Stop()
	if err := report(name+", bare", load{server: ours, path: path}, load{server: bare, path: "/"}); err != nil {
		return err
	}
	if theirs == nil || peer == "" {
		return nil
	}
	return report(name+", PocketBase", load{server: ours, path: path}, load{server: theirs, path: peer})
}

// mostSends is for how many questions a second there are threads.
const mostSends = 15_000

func compareSend(dir string, ours, theirs *server, c *bench.Corpus, fresh []store.ID) error {
	if theirs == nil {
		return nil
	}
	const path, body = "/api/v1/threads/%s/messages", `{"content":"%s"}`
	script, err := sendScript(dir, "ours.lua", path, body, c.Threads)
	if err != nil {
		return err
	}
	peer, err := sendScript(dir, "theirs.lua", "/api/collections/messages/records", pocketBaseRecord, c.Threads)
	if err != nil {
		return err
	}
	if err := report("a question and its answer, PocketBase", load{server: ours, script: script}, load{server: theirs, script: peer}); err != nil {
		return err
	}
	// A thread takes one question at a time, so each is sent to a thread of its own, and
	// waits in line there; then each comes with the thread, which is more than the other
	// side's record.
	ours.model.holds.Store(true)
	if script, err = sendScript(dir, "fresh.lua", path, body, fresh); err != nil {
		return err
	}
	if err := report("a question, PocketBase", load{server: ours, script: script}, load{server: theirs, script: peer}); err != nil {
		return err
	}
	begin, err := sendScript(dir, "begin.lua", "/api/v1/threads", fmt.Sprintf(`{"project_id":%q,"initial_message":"%%s"}`, c.Projects[0]), c.Threads)
	if err != nil {
		return err
	}
	return report("a thread and its question, PocketBase", load{server: ours, script: begin}, load{server: theirs, script: peer})
}

// report has both sides take turns and prints the medians.
func report(name string, ours, theirs load) error {
	if !strings.Contains(name, *only) {
		return nil
	}
	var rates, cpus, tails [2][]float64
	for range o.Rounds {
		for i, side := range []*load{&ours, &theirs} {
			r, err := side.run(time.Duration(o.Seconds) * time.Second)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			rates[i], cpus[i], tails[i] = append(rates[i], r.rate), append(cpus[i], r.cpu), append(tails[i], r.p99)
		}
	}
	a, b := proc.Median(rates[0]), proc.Median(rates[1])
	c, d := proc.Median(cpus[0]), proc.Median(cpus[1])
	e, f := proc.Median(tails[0]), proc.Median(tails[1])
	fmt.Printf("%-40s | %.0f | %.0f | %.2f | %.1f | %.1f | %.2f | %.1f | %.1f | %.2f\n", name, a, b, a/b, c, d, c/d, e, f, e/f)
	return nil
}
