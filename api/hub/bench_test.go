package hub_test

import (
	"fmt"
	"testing"

	"github.com/parley-app/parley/api/hub"
)

// BenchmarkFanOut is one token to n receivers that read it at once; divide by n
// for the cost of a delivery without its write.
func BenchmarkFanOut(b *testing.B) {
	for _, n := range []int{1, 100, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h := newHub(0)
			for range n {
				c := h.Connect(hub.Label{})
				defer c.Close()
				c.Subscribe(topic)
				c.OnReady(func() bool {
					for {
						if some, err := c.Next(); len(some) == 0 || err != nil {
							return false
						}
					}
				})
			}
			a := begin(b, h, "m")
			for i := 0; b.Loop(); i++ {
				a.Append("a token of usual size ")
				if i%10_000 == 9_999 { // as long as an answer is
					a.End(nil)
					a = begin(b, h, "m")
				}
			}
			a.End(nil)
		})
	}
}
