package attention

import (
	"context"
	"errors"

	"gonum.org/v1/gonum/floats"
)

// End is where a run has gone.
type End string

const (
	Converged End = "converged" // all attention on optimal tokens, direction of W_mm
	Stuck     End = "stuck"     // the direction of a trap, whose other sequences have lost theirs
	Undecided End = "undecided" // neither, within the steps that were made
	Broken    End = "broken"    // the run could not go on
)

// endTol is the 1 - corr at which a run counts as having the direction of W_mm or of a
// trap: a start of norm 10 ω leaves ½(10 ω/‖W‖)² of it, which is 0.005 at ‖W‖ = 100 ω.
const endTol = 0.01

// Outcome is what became of a run.
type Outcome struct {
	End     End
	Step    int      // at which that was seen
	On      []int    // A, the sequences with φ_{i,opt} > 1/2
	Value   float64  // of a stuck run: max_{i∉A} min_t a_{i,t}(W_A), below -1
	Off     float64  // 1 - corr with W_mm, of a stuck run with W_A
	Stopped *Stopped // of a broken one
}

// Outcome judges a state: it has converged if every φ_{i,opt} > 1/2, all margins are
// positive and the direction is that of W_mm up to a 1 - corr of 0.01, and it is stuck
// if the sequences A with φ_{i,opt} > 1/2 are a trap, all others have φ_{i,opt} < 1/2,
// and the direction is that of W_A. all is the max-margin solution of all sequences.
func (k *Kernel) Outcome(ctx context.Context, st KernelState, all *Subset) (Outcome, error) {
	o := Outcome{End: Undecided, Step: st.Step}
	for i, s := range st.S {
		if s > 0 {
			o.On = append(o.On, i)
		}
	}
	switch len(o.On) {
	case 0:
		return o, nil
	case k.N:
		o.Off = 1 - all.Corr(st.A, st.Norm)
		if o.Off <= endTol && floats.Min(st.A) > 0 {
			o.End = Converged
		}
		return o, nil
	}
	A, err := k.Subset(ctx, o.On)
	if err != nil {
		return o, err
	}
	o.Value, o.Off = A.Value, 1-A.Corr(st.A, st.Norm)
	if A.Trap() && o.Off <= endTol {
		o.End = Stuck
	}
	return o, nil
}

// Settle makes the run until it is decided, or its last step is made.
func (k *Kernel) Settle(ctx context.Context, r KernelRun, all *Subset) (Outcome, error) {
	var o Outcome
	var err error
	look := 250
	stopped, runErr := k.Run(r, func(st KernelState) bool {
		if st.Step < look && st.Step < r.Steps {
			return true
		}
		look *= 2
		o, err = k.Outcome(ctx, st, all)
		return err == nil && o.End == Undecided
	})
	if stopped != nil {
		o = Outcome{End: Broken, Step: stopped.Step, Stopped: stopped}
	}
	return o, errors.Join(err, runErr)
}
