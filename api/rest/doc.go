// Package rest is the HTTP transport: it turns requests into calls of the
// verbs of package api and their results into answers. It decides nothing
// itself: who may do what is api's to say, and every JSON route is one line of
// the table in routes.go.
//
// Of one table and the Go types that it names follow the handlers, the checks
// of every input, the limits, the document at /openapi.json and the page's
// types. It is the only package that knows Fiber; nothing that Fiber lends a
// handler outlives that handler.
package rest
