// Fakeserver is the model server of package llmtest as a process of its own, for
// tests that drive a browser. It prints its base URL on the first line of
// standard output and runs until it is interrupted. What a question may hold to
// steer it is listed at llmtest.Words; /stats tells what it has done.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/parley-app/parley/api/llm/llmtest"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "fakeserver:", err)
		os.Exit(1)
	}
}

func run() error {
	listen := flag.String("listen", "127.0.0.1:0", "address and port; port 0 takes a free one")
	dialect := flag.String("dialect", string(llmtest.OpenAI), "openai, ollama, vllm, llamacpp or lmstudio")
	model := flag.String("model", "fake-model", "name of the one model")
	tokens := flag.Int("context", 8192, "its context in tokens")
	pace := flag.Duration("pace", 30*time.Millisecond, "time between two words")
	key := flag.String("key", "", "API key to demand")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "A model server for tests. Words in a question steer it:\n%s\n\n", llmtest.Words)
		flag.PrintDefaults()
	}
	flag.Parse()
	if !slices.Contains(llmtest.Dialects, llmtest.Dialect(*dialect)) {
		return fmt.Errorf("there is no dialect %q; there are %v", *dialect, llmtest.Dialects)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := llmtest.Start(*listen)
	if err != nil {
		return err
	}
	s.Dialect, s.Model, s.Context, s.Pace, s.Key = llmtest.Dialect(*dialect), *model, *tokens, *pace, *key
	fmt.Println(s.URL)
	<-ctx.Done()
	s.Close()
	return nil
}
