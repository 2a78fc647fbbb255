package livetest_test

import (
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/parley-app/parley/api/livetest"
)

var dir string

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(run{m}, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// run makes a folder for the program and removes it.
type run struct{ m *testing.M }

func (r run) Run() int {
	var err error
	if dir, err = os.MkdirTemp("", "livetest"); err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	return r.m.Run()
}

var built = sync.OnceValues(func() (string, error) { return livetest.Build(dir) })

// program is the path of the program, built when the first test asks for it.
func program(t testing.TB) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
