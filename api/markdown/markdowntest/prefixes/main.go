// Command prefixes renders texts at every byte offset, as a stream would show
// them, so that a test in a real browser can look at the HTML. It reads a JSON
// array of texts and writes an array of the distinct renderings of each.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/parley-app/parley/api/markdown"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		return err
	}
	out := make([][]string, len(texts))
	for i, text := range texts {
		for end := range len(text) + 1 {
			if html := markdown.HTML(text[:end]); !slices.Contains(out[i], html) {
				out[i] = append(out[i], html)
			}
		}
	}
	e := json.NewEncoder(os.Stdout)
	e.SetEscapeHTML(false)
	return e.Encode(out)
}
