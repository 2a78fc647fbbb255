package bench

import (
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A side is one of the two that are compared: do is one operation, and may be
// called from several goroutines, each with its own number.
type side struct {
	name string
	do   func(caller int) error
}

// rounds is how often the sides take turns, so that a machine whose speed drifts
// treats both alike.
const rounds = 10

// latencies has callers do the operation n times in all, and returns how long
// each took.
func (s side) latencies(b *testing.B, callers, n int) (each []time.Duration, total time.Duration) {
	b.Helper()
	per := max(n/callers, 1)
	took := make([][]time.Duration, callers)
	var running sync.WaitGroup
	start := time.Now()
	for c := range callers {
		running.Go(func() {
			for range per {
				t := time.Now()
				if err := s.do(c); err != nil {
					b.Errorf("%s: %v", s.name, err)
					return
				}
				took[c] = append(took[c], time.Since(t))
			}
		})
	}
	running.Wait()
	return slices.Concat(took...), time.Since(start)
}

// compare runs both sides by turns and reports their medians and p99 in
// microseconds, operations a second and the processor's time for each, and ours
// against theirs: "x-p50", "x-p99" and "x-cpu" are times (lower is better), "x-rate"
// is throughput (higher is better). Where others use the machine too, x-cpu is the
// one to trust.
func compare(b *testing.B, callers int, ours, theirs side) {
	b.Helper()
	n := max(b.N/rounds, callers)
	var took [2][]time.Duration
	var total, cpu [2]time.Duration
	b.ResetTimer()
	for range rounds {
		for i := range 2 {
			before := cpuTime()
			each, t := []side{ours, theirs}[i].latencies(b, callers, n)
			cpu[i] += cpuTime() - before
			took[i] = append(took[i], each...)
			total[i] += t
		}
	}
	b.StopTimer()
	for i := range took {
		slices.Sort(took[i])
	}
	at := func(i int, q float64) float64 { return float64(took[i][int(q*float64(len(took[i])-1))].Microseconds()) }
	rate := func(i int) float64 { return float64(len(took[i])) / total[i].Seconds() }
	b.ReportMetric(at(0, 0.5), "p50-us")
	b.ReportMetric(at(1, 0.5), "bare-p50-us")
	b.ReportMetric(rate(0), "ops/s")
	b.ReportMetric(rate(1), "bare-ops/s")
	b.ReportMetric(at(0, 0.5)/max(at(1, 0.5), 1), "x-p50")
	b.ReportMetric(at(0, 0.99)/max(at(1, 0.99), 1), "x-p99")
	b.ReportMetric(rate(0)/rate(1), "x-rate")
	perOp := func(i int) float64 { return float64(cpu[i].Nanoseconds()) / 1000 / float64(len(took[i])) }
	b.ReportMetric(perOp(0), "cpu-us/op")
	b.ReportMetric(perOp(1), "bare-cpu-us/op")
	b.ReportMetric(perOp(0)/perOp(1), "x-cpu")
}

// cpuTime is what this process has used so far: it hardly depends on what else the
// machine does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
