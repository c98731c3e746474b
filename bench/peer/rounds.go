package peer

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// Rounds are the times of both sides in turns, in microseconds a step. Theirs is empty
// without another side.
type Rounds struct{ Ours, Theirs []float64 }

// Interleaved makes so many rounds of so many steps: a call of ours, timed here, and one of
// theirs, which returns the seconds by its own clock. The first round warms up and is left
// out. Theirs may be nil.
func Interleaved(rounds, steps int, ours func(steps int) error, theirs func(steps int) (seconds float64, err error)) (r Rounds, err error) {
	perStep := func(seconds float64) float64 { return 1e6 * seconds / float64(steps) }
	for round := range rounds + 1 {
		begin := time.Now()
		if err := ours(steps); err != nil {
			return r, err
		}
		a, z := time.Since(begin).Seconds(), 0.0
		if theirs != nil {
			if z, err = theirs(steps); err != nil {
				return r, err
			}
		}
		if round == 0 {
			continue
		}
		r.Ours = append(r.Ours, perStep(a))
		if theirs != nil {
			r.Theirs = append(r.Theirs, perStep(z))
		}
	}
	return r, nil
}

// Least is the least of our times, in microseconds a step.
func (r Rounds) Least() float64 { return slices.Min(r.Ours) }

// Print writes the times and, if there is another side, the ratios: their time over ours.
func (r Rounds) Print(w io.Writer, name string) {
	line := func(side string, x []float64) {
		x = slices.Sorted(slices.Values(x))
		fmt.Fprintf(w, "%-14s %-5s %8.1f µs a step at least, median %.1f, at most %.1f\n", name, side, x[0], x[len(x)/2], x[len(x)-1])
	}
	line("ours", r.Ours)
	if len(r.Theirs) == 0 {
		return
	}
	line("JAX", r.Theirs)
	all := Result{}.Ratios(r.Ours, r.Theirs)
	fmt.Fprintf(w, "%-14s ratio of the least %.2f; of the rounds, median %.2f [%.2f, %.2f]\n\n", name,
		slices.Min(r.Theirs)/r.Least(), all.Ratio, all.Low, all.High)
}
