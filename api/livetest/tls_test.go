package livetest_test

import (
	"crypto/tls"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/parley-app/parley/api/livetest"
	"github.com/parley-app/parley/api/llm/llmtest"
)

// TestSocketsOverOurOwnTLS has clients read answers of a server that speaks TLS itself,
// where nothing can be written past it: small tokens, and more than any buffer holds for
// one that is slow. Each shows what is stored.
func TestSocketsOverOurOwnTLS(t *testing.T) {
	model := llmtest.New(t)
	s := livetest.New(t, program(t), livetest.Settings{
		"OPENAI_BASE_URL": model.URL, "OPENAI_MODEL": model.Model, "PARLEY_TLS_SELF_SIGNED": "true",
	})
	if !strings.HasPrefix(s.URL, "https://") {
		t.Fatalf("it is at %s", s.URL)
	}
	thread := s.NewThread()
	var clients []*livetest.Client
	for n := range 6 {
		c := &livetest.Client{
			Name: fmt.Sprint("client ", n), URL: s.URL, Token: s.Token, Thread: thread, Server: s,
			TLS: &tls.Config{InsecureSkipVerify: true}, Buffer: n % 2 * 32 << 10, //nolint:gosec // as above
		}
		if err := c.Open(); err != nil {
			t.Fatal(err)
		}
		defer c.Drop(true)
		clients = append(clients, c)
	}
	follow := func(messages int) {
		t.Helper()
		var reading sync.WaitGroup
		for _, c := range clients {
			reading.Go(func() {
				if err := c.Follow(func(c *livetest.Client) bool { return c.Has(messages) }); err != nil {
					t.Error(err)
				}
			})
		}
		reading.Wait()
		stored, err := s.Messages(thread, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range clients {
			if err := c.Complete(stored); err != nil {
				t.Error(err)
			}
		}
	}
	words := strings.Repeat("some words ", 1000)
	model.Next(func(c *llmtest.Call) {
		for range 25 {
			c.Text(words)
			c.Text("word ")
		}
		c.End()
	})
	if err := s.Ask(thread, "much?", uuid.NewString()); err != nil {
		t.Fatal(err)
	}
	follow(2)
	if err := s.Ask(thread, "[[tokens 200 every 2ms]]", uuid.NewString()); err != nil {
		t.Fatal(err)
	}
	follow(4)
}
