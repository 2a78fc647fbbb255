package store

// Every table is declared here, parents before children; the order is that of
// Check's findings.
func init() {
	users.declare()
	sessions.declare()
	signingKeys.declare()
	projects.declare()
	members.declare()
	threads.declare()
	messages.declare()
	versions.declare()
	requests.declare()
}
