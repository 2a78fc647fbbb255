package rest

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/store"
)

// What clients write may be anything: a password in the wrong field, a token in an
// address. So a line of the log has no words but the program's own; whoever needs the
// others has the request's id, and the client its answer.

// maxSegments is how many parts of a path a line of the log shows.
const maxSegments = 12

// words are the parts of all paths that are served.
type words map[string]bool

func (s *Server) knownWords(table []route) words {
	w := words{"ws": true, "chat": true}
	w.add("/api/v1")
	for i := range table {
		w.add(table[i].full())
	}
	for name := range s.page.files {
		w.add(name)
	}
	return w
}

func (w words) add(path string) {
	for part := range strings.SplitSeq(path, "/") {
		if !strings.HasPrefix(part, "{") {
			w[part] = true
		}
	}
}

// tame is a path as the log shows it: ids and parts of our own paths stay, and all
// else becomes a star.
func (w words) tame(path string) string {
	parts := strings.Split(path, "/")
	if len(parts) > maxSegments {
		parts = append(parts[:maxSegments], "…")
	}
	for i, part := range parts {
		if _, err := store.ParseID(part); err != nil && !w[part] && part != "…" {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// tameMethod is a method as the log shows it.
func (w words) tameMethod(method string) string {
	if slices.Contains(fiber.DefaultMethods, method) {
		return method
	}
	return "*"
}

// tameError is an error as the log shows it. What the client did wrong is told by its
// code alone, for the sentence may repeat what it wrote; a fault of ours is told whole.
func tameError(err error, status int) string {
	var known *store.Error
	var fibers *fiber.Error
	switch {
	case status >= http.StatusInternalServerError:
	case errors.As(err, &known):
		return string(known.Code)
	case errors.As(err, &fibers) && transportTexts[fibers.Code] != "":
		return transportTexts[fibers.Code]
	}
	return err.Error()
}
