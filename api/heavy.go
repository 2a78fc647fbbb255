package api

import "runtime"

// heavyBytes is how long a text is that takes some milliseconds to render or to count.
const heavyBytes = 8 << 10

// heavy has room for as many as may keep a processor busy for milliseconds: one
// processor is left to what is short, if there are two. Else answers that end together
// would hold up the tokens of all others until the last of them is rendered.
var heavy = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))

// heavily calls f, which works on a text of so many bytes, when there is room.
func heavily(bytes int, f func()) {
	if bytes >= heavyBytes {
		heavy <- struct{}{}
		defer func() { <-heavy }()
	}
	f()
}
