package attention

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Cause says why a run could not go on.
type Cause string

const (
	Underflow Cause = "underflow"  // of L - L*, from which a Polyak step takes its length
	NotFinite Cause = "not finite" // W left the range of float64
	AtRest    Cause = "at rest"    // a step that rounds away, or a gradient of exactly zero
)

// Stopped reports a run that ended before its last step. Of the causes NotFinite and
// AtRest, a run that is observed now and then knows Step as the first observed step at
// which that showed.
type Stopped struct {
	Step  int
	Cause Cause
}

func (s *Stopped) Error() string {
	switch s.Cause {
	case NotFinite:
		return fmt.Sprintf("the run left the range of float64 by step %d: a step was too long; clip it, or start nearer", s.Step)
	case AtRest:
		return fmt.Sprintf("the run stands still by step %d: the gradient is zero, or a step is below the spacing of float64 at W, so that more steps change nothing; use a normalized method or a longer step", s.Step)
	}
	return fmt.Sprintf("the Polyak step stopped at step %d: L - L* is below %.3g, the least float64 of full precision, and the length of a step cannot be computed from it; observe fewer steps", s.Step, smallest)
}

// watch looks at what is observed of one run.
type watch struct {
	step   int
	before *mat.Dense
}

// next returns why the run stopped, or nil. ended is the step at which a Polyak run
// said so itself, or negative.
func (w *watch) next(k int, W *mat.Dense, ended float64) *Stopped {
	if norm := mat.Norm(W, 2); math.IsNaN(norm) || math.IsInf(norm, 0) {
		return &Stopped{Step: k, Cause: NotFinite}
	}
	if ended >= 0 {
		return &Stopped{Step: int(ended), Cause: Underflow}
	}
	rests := w.before != nil && k > w.step && mat.Equal(W, w.before)
	w.step, w.before = k, W
	if rests {
		return &Stopped{Step: k, Cause: AtRest}
	}
	return nil
}
