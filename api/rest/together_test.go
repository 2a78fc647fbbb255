package rest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
)

type sized struct {
	Text string `json:"text"`
}

// sizes has one route that answers with n letters, which are its own.
func sizes(t *testing.T) *world {
	t.Helper()
	return lab(t, open(get, "/sized", handle(func(_ context.Context, _ api.Actor, in struct {
		N      int    `query:"n" minimum:"0" maximum:"1000000"`
		Letter string `query:"letter" minLength:"1" maxLength:"1" default:"x"`
	},
	) (*sized, error) {
		return &sized{strings.Repeat(in.Letter, in.N)}, nil
	})))
}

// around are sizes of bodies about those of the buffers that they go through.
var around = []int{0, 1, 3000, 3300, 3400, 4000, 4085, 4086, 4096, 4100, 5000, 7000, 8192, 8300, 20_000, 70_000, 2, 300_000, 4090}

func (a answer) isSized(n int, letter string) {
	a.t.Helper()
	var got sized
	if a.is(200).json(&got); got.Text != strings.Repeat(letter, n) {
		a.t.Errorf("%d letters for %d: %.80s", len(got.Text), n, got.Text)
	}
}

// Answers come whole, one by one, whether or not the requests wait for them.
func TestAnswersOfAllSizesComeWhole(t *testing.T) {
	w := sizes(t)
	request := func(n int, more string) string {
		return fmt.Sprintf("GET /api/v1/sized?n=%d HTTP/1.1\r\nHost: x\r\n%s\r\n", n, more)
	}
	t.Run("one by one", func(t *testing.T) {
		w.t = t
		l := w.line()
		for _, n := range around {
			l.send(request(n, ""))
			l.answer().isSized(n, "x")
		}
		l.send(request(5000, "Connection: close\r\n"))
		l.answer().isSized(5000, "x")
		l.closed()
	})
	t.Run("all at once", func(t *testing.T) {
		w.t = t
		l := w.line()
		var all strings.Builder
		for _, n := range around {
			all.WriteString(request(n, ""))
		}
		go func() { _, _ = io.WriteString(l, all.String()+request(4200, "Connection: close\r\n")) }()
		for _, n := range around {
			l.answer().isSized(n, "x")
		}
		l.answer().isSized(4200, "x")
		l.closed()
	})
	t.Run("pairs", func(t *testing.T) {
		w.t = t
		l := w.line()
		for _, n := range around[:11] {
			for _, m := range around[:11] {
				l.send(request(n, "") + request(m, ""))
				l.answer().isSized(n, "x")
				l.answer().isSized(m, "x")
			}
		}
	})
	t.Run("heads alone", func(t *testing.T) {
		w.t = t
		l := w.line()
		l.send("HEAD /api/v1/sized?n=9000 HTTP/1.1\r\nHost: x\r\n\r\n" + request(10, ""))
		var head strings.Builder
		for !strings.HasSuffix(head.String(), "\r\n\r\n") {
			b, err := l.in.ReadByte()
			if err != nil {
				t.Fatal(err)
			}
			head.WriteByte(b)
		}
		l.answer().isSized(10, "x")
	})
}

// The memory that answers are written into is shared; what is in it is not.
func TestAnswersAreNotMixed(t *testing.T) {
	w := sizes(t)
	t.Run("callers", func(t *testing.T) {
		for i := range 12 {
			letter := string(rune('a' + i))
			t.Run(letter, func(t *testing.T) {
				l := w.line()
				l.t = t
				t.Parallel()
				for n := range 60 {
					n = 50 + n*n*7 + i
					l.send(fmt.Sprintf("GET /api/v1/sized?n=%d&letter=%s HTTP/1.1\r\nHost: x\r\n\r\n", n, letter))
					l.answer().isSized(n, letter)
				}
			})
		}
	})
}
