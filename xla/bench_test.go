package xla

import (
	"testing"
	"time"
)

// What cancellation and progress cost: the same steps in device calls of a
// tenth of a second, with a context that can end and is told of progress, and
// in one call. The ratio of the two is to stay below 1.03.
func BenchmarkRun(b *testing.B) {
	be := openSpec(b, "")
	if be.Kind == KindGo {
		b.Skip("pure Go has no While to divide")
	}
	l := newLoop(b, be, regression, norms)
	state, args := random()
	start(b, l, state, args)
	run(b, l, 100_000) // finds the length of calls
	steps := 5 * l.chunk

	least := map[bool]time.Duration{true: time.Hour, false: time.Hour}
	for b.Loop() {
		for _, divided := range []bool{true, false} {
			if !divided {
				l.chunk = steps
			}
			begin := time.Now()
			run(b, l, steps)
			least[divided] = min(least[divided], time.Since(begin))
		}
	}
	b.ReportMetric(least[true].Seconds()/least[false].Seconds(), "divided/whole")
	b.ReportMetric(float64(least[true].Nanoseconds())/float64(steps), "ns/step")
}

// What a call costs apart from its steps.
func BenchmarkCalls(b *testing.B) {
	be := openSpec(b, "")
	l := newLoop(b, be, regression, norms)
	state, args := random()
	start(b, l, state, args)
	b.Run("Run", func(b *testing.B) {
		for b.Loop() {
			run(b, l, 1)
		}
	})
	b.Run("Measure", func(b *testing.B) {
		for b.Loop() {
			if _, err := l.Measure(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
