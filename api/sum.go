package api

import (
	"encoding/binary"
	"hash/maphash"
)

// A Sum tells an answer from every other one of the same request, as a hash of it
// would, but for less; 0: there is none. It is of this process alone.
type Sum uint64

// Summed is an answer that knows its sum.
type Summed interface{ Sum() Sum }

var sumSeed = maphash.MakeSeed()

// A summing makes a Sum.
type summing struct{ maphash.Hash }

func newSumming() *summing {
	s := &summing{}
	s.SetSeed(sumSeed)
	return s
}

// add adds numbers.
func (s *summing) add(numbers ...int) {
	var b [8]byte
	for _, n := range numbers {
		binary.BigEndian.PutUint64(b[:], uint64(n))
		_, _ = s.Write(b[:])
	}
}

// addBool adds a truth.
func (s *summing) addBool(is bool) {
	n := 0
	if is {
		n = 1
	}
	s.add(n)
}

func (s *summing) sum() Sum { return Sum(max(s.Sum64(), 1)) }

// sumOf is the sum of what is written out.
func sumOf(text []byte) Sum { return Sum(max(maphash.Bytes(sumSeed, text), 1)) }
