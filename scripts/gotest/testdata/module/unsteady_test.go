package unsteady

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// times counts in the folder COUNTS how often it was called with name, and reports
// whether it was called at most as often as the environment variable name says.
func times(name string) bool {
	limit, _ := strconv.Atoi(os.Getenv(name))
	file := filepath.Join(os.Getenv("COUNTS"), name)
	count, _ := os.ReadFile(file)
	os.WriteFile(file, append(count, '.'), 0o600)
	return len(count) < limit
}

func TestMain(m *testing.M) {
	code := m.Run()
	if times("EXIT") {
		fmt.Println("TestMain gives up")
		code = 1
	}
	os.Exit(code)
}

func TestSteady(t *testing.T) {}

func TestUnsteady(t *testing.T) {
	t.Run("part", func(t *testing.T) {
		if times("FAIL") {
			t.Error("the moon is wrong")
		}
	})
}

func TestOther(t *testing.T) {
	if times("OTHER") {
		t.Error("so is the sun")
	}
}

func TestPanic(t *testing.T) {
	if times("PANIC") {
		panic("no moon at all")
	}
}
