package main

import (
	"bytes"
	"encoding/binary"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// damagePageOf changes the number in the head of the page of a store that has text.
func damagePageOf(t *testing.T, path, text string) {
	t.Helper()
	const size = 4096
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(b, []byte(text)) / size
	for at > 0 && binary.LittleEndian.Uint64(b[at*size:]) != uint64(at) { // the text overflows its first page
		at--
	}
	if at == 0 {
		t.Fatalf("no page has %q", text)
	}
	b[at*size] ^= 0xff
	write(t, path, string(b))
}

// A page that was damaged while the store was closed is found by whoever meets it, who
// gets an error, without a stack in the log, and by the check in the background. Both
// make health degraded; everything else goes on.
func TestADamagedPageAfterACleanStop(t *testing.T) {
	l := testConfig(t, flag{"backup.every", "0", ""})
	log := &logBook{}
	begin := func() *server {
		s, err := start(t.Context(), l, slog.New(slog.NewTextHandler(log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := begin()
	c := signedUp(t, s)
	thread := c.thread(c.project("p"), "a thread")
	c.must(http.StatusCreated, "POST", "/threads/"+thread+"/messages?wait=true", map[string]any{"content": strings.Repeat("a long message ", 800)})
	if h := s.keeper.integrity(); h.Status != "ok" || !strings.Contains(h.Detail, "checked soon") {
		t.Errorf("at the start integrity is %+v", h)
	}
	if s.keeper.checkDue(s.keeper.began.Add(firstCheck-1)) || !s.keeper.checkDue(s.keeper.began.Add(firstCheck)) {
		t.Error("the first check is not due when it should be")
	}
	later := func(s *server) {
		s.keeper.began = s.keeper.began.Add(-firstCheck)
		if err := s.keeper.checkIfDue(t.Context()); err != nil {
			t.Error(err)
		}
	}
	later(s)
	if h := s.keeper.integrity(); h.Status != "ok" || !strings.Contains(h.Detail, "and is whole") || s.keeper.checkDue(time.Now().Add(checkEvery-time.Hour)) || !s.keeper.checkDue(time.Now().Add(checkEvery)) {
		t.Errorf("after a check integrity is %+v", h)
	}
	if err := s.stop(time.Second); err != nil {
		t.Fatal(err)
	}
	damagePageOf(t, filepath.Join(l.Data, "parley.db"), "a long message a long message")
	s = begin()
	defer func() { _ = s.stop(time.Second) }()
	c.url = "http://" + s.listener.Addr().String() + "/api/v1"
	out := c.must(http.StatusInternalServerError, "GET", "/threads/"+thread+"/messages", nil)
	if detail, _ := out["detail"].(string); !strings.Contains(detail, "damaged") || !strings.Contains(detail, "parley check") {
		t.Errorf("answered %v", out)
	}
	c.must(http.StatusOK, "POST", "/auth/login", map[string]any{"login": "ann", "password": "correct horse"})
	c.must(http.StatusCreated, "POST", "/projects", map[string]any{"name": "elsewhere"})
	if h := s.keeper.integrity(); h.Status != "degraded" || !strings.Contains(h.Detail, "requests have met damaged pages") {
		t.Errorf("integrity is %+v", h)
	}
	later(s)
	if h := s.keeper.integrity(); h.Status != "degraded" || !strings.Contains(h.Detail, "faults; the log names them") {
		t.Errorf("after a check integrity is %+v", h)
	}
	if said := log.String(); strings.Contains(said, "goroutine ") || strings.Contains(said, "panic") || !strings.Contains(said, "the store has a fault") {
		t.Errorf("the log has a stack, or no fault:\n%s", said)
	}
	select {
	case err := <-s.failed:
		t.Errorf("the process would end: %v", err)
	default:
	}
}
