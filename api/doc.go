// Package api is Parley's programming interface: its verbs, one file a noun.
// REST, the socket, the jobs and the command line are four ways to speak it.
//
// A verb takes a context, who asks, and its input; it asks access.go for the
// record that it is about, and gets the record or the error. access.go alone
// says who may do what. Events are emitted on the transaction and published
// after it commits, in the order of commits.
package api
