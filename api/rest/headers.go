package rest

// Headers of most answers, their names in the form in which they go out, so that
// nothing has to bring them there for each.
var (
	requestIDName = []byte("X-Request-Id")
	cacheControl  = []byte("Cache-Control")
	etag          = []byte("Etag")
	vary          = []byte("Vary")

	noStore  = []byte("no-store")
	askAgain = []byte("private, no-cache")
	byCaller = []byte("Authorization, Cookie, Accept-Encoding")
)
