package api_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/store"
)

// TestHole06SignInTakesTheSameTimeForEverybody compares 200 tries each at an account
// that is there, one that is not, and one by its email address. It takes the time
// that the processor worked for this thread, which other programs do not change.
func TestHole06SignInTakesTheSameTimeForEverybody(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	g := &gate{now: time.Now()}
	g.world = newWorldWith(t, func(o *api.Options) { o.BcryptCost = 6 })
	g.accountOfCost("ann", 6)
	logins := []string{"ann", "nobody", "ann@example.org", "nobody@example.org"}
	took := map[string][]time.Duration{}
	for try := range 200 {
		for i := range logins {
			login := logins[(i+try)%len(logins)]
			before := worked(t)
			code, _ := g.login(login, "a wrong password", "10.0.0.1")
			took[login] = append(took[login], worked(t)-before)
			g.want(login, code, store.CodeUnauthorized)
		}
	}
	base := slices.Sorted(slices.Values(took[logins[0]]))
	median, noise := base[100], base[150]-base[50] // in which the middle half of the same tries lies
	noise = max(noise, median/10)
	for _, login := range logins[1:] {
		other := slices.Sorted(slices.Values(took[login]))[100]
		t.Logf("%s: median %v, %s: %v, noise %v", logins[0], median, login, other, noise)
		if d := (other - median).Abs(); d > noise {
			t.Errorf("%s takes %v, %s %v: a difference of %v, where the noise is %v", logins[0], median, login, other, d, noise)
		}
	}
}

// worked is the processor time of the calling thread.
func worked(t *testing.T) time.Duration {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		t.Fatal(err)
	}
	return time.Duration(ts.Nano())
}
