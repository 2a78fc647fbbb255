package livetest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-app/parley/api/livetest"
)

// A route is one of the document's, with ids in its path of what is not there.
type route struct{ method, path string }

// routes are those of /openapi.json, but the one that would sign the others out, and
// the socket.
func routes(t *testing.T, s *livetest.Server) []route {
	t.Helper()
	var document struct {
		Paths map[string]map[string]struct {
			ID string `json:"operationId"`
		} `json:"paths"`
	}
	r, err := http.Get(s.URL + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	list := []route{{http.MethodGet, "/ws"}}
	for path, methods := range document.Paths {
		path = regexp.MustCompile(`{[^}]*}`).ReplaceAllString(path, "01a21621-0000-7000-8000-000000000000")
		for method, is := range methods {
			if is.ID != "logout" {
				list = append(list, route{strings.ToUpper(method), path})
			}
		}
	}
	slices.SortFunc(list, func(a, b route) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return list
}

// TestTheProgramSurvivesAnything sends every route of the running program what no honest
// client does, twice, and slow requests meanwhile: it does not exit, is never at
// fault, answers others all the while, and the second time costs no more memory.
func TestTheProgramSurvivesAnything(t *testing.T) {
	s := livetest.New(t, program(t), livetest.Settings{"GOGC": usualGOGC})
	table := routes(t, s)
	if len(table) < 50 {
		t.Fatalf("the document has only %v", table)
	}
	pid, over := s.PID(), make(chan struct{})
	var dripping sync.WaitGroup
	for _, r := range table {
		dripping.Go(func() { drip(s, r, over) })
	}
	var after [2]int64
	for pass := range after {
		n, most := tormentAll(t, s, table)
		after[pass] = memory(t, pid)
		t.Logf("pass %d: %d requests to %d routes; memory at most %d MiB, then %d", pass+1, n, len(table), most>>20, after[pass]>>20)
		if most > 512<<20 {
			t.Errorf("the memory grew to %d MiB", most>>20)
		}
	}
	close(over)
	dripping.Wait()
	if grown := after[1] - after[0]; grown > 64<<20 {
		t.Errorf("the memory grows: by %d MiB in the second pass", grown>>20)
	}
	s.Call(http.MethodGet, "/users/me", nil, nil)
	if log := s.Log(); strings.Contains(log, "panic") {
		t.Errorf("something panicked: %.3000s", log[max(0, strings.Index(log, "panic")-500):])
	}
	s.Stop()
}

// tormentAll does it once with a few clients, and says how many requests that were and
// what the program had in memory at most.
func tormentAll(t *testing.T, s *livetest.Server, table []route) (n int, most int64) {
	t.Helper()
	work, failed := make(chan route), make(chan error, 1000)
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for r := range work {
				for name, text := range livetest.Torments(r.method, r.path, s.Token, s.Address()) {
					if err := livetest.Torment(s.Address(), text); err != nil {
						failed <- fmt.Errorf("%s %s, %s: %w", r.method, r.path, name, err)
					}
				}
			}
		})
	}
	for _, r := range table {
		work <- r
		n += len(livetest.Torments(r.method, r.path, "", ""))
		most = max(most, memory(t, s.PID()))
		if err := s.Try(http.MethodGet, "/users/me", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	close(work)
	clients.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	return n, most
}

// drip sends a request byte by byte until all is over, again when it is cut off.
func drip(s *livetest.Server, r route, over <-chan struct{}) {
	text := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", r.method, r.path, s.Token)
	for {
		conn, err := net.Dial("tcp", s.Address())
		if err != nil {
			return
		}
		at := len(text) / 2
		_, err = io.WriteString(conn, text[:at])
		for err == nil {
			select {
			case <-over:
				_ = conn.Close()
				return
			case <-time.After(100 * time.Millisecond): // what it is about
			}
			if at < len(text) {
				_, err = io.WriteString(conn, text[at:at+1])
				at++
			} else {
				_, err = io.WriteString(conn, " ")
			}
		}
		_ = conn.Close()
	}
}
