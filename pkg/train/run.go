package train

import (
	"fmt"
	"math"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// Run is what came out.
type Run struct {
	Steps []int // after which was looked
	// Seen has the results of the looks by name, one value for each of Steps, or as
	// many as the result has entries, step by step.
	Seen map[string][]float64

	Last     model.Params
	Kept     map[int]model.Params // after the steps of Config.Keep
	Best     model.Params         // see Config.Best
	BestStep int

	// Seconds is what the run took, over all processes where it went on from a checkpoint.
	Seconds float64

	// Resumed is the step of the checkpoint that the run went on from, 0 if it
	// began.
	Resumed int
}

// Column returns the results of a look after each of Steps, of a look with one
// result; it panics if there is none of the name, or it has several entries.
func (r *Run) Column(name string) []float64 {
	column, ok := r.Seen[name]
	if !ok || len(column) != len(r.Steps) {
		panic(fmt.Errorf("train: no look %q with one value a step: %d values after %d steps", name, len(column), len(r.Steps)))
	}
	return column
}

// End returns the last value of [Run.Column].
func (r *Run) End(name string) float64 {
	column := r.Column(name)
	if len(column) == 0 {
		return math.NaN()
	}
	return column[len(column)-1]
}

// NotFinite reports a run that ended because its loss was NaN or infinite, or a
// parameter was after a step whose loss was not.
type NotFinite struct {
	Task     string
	Step     int    // steps done before the one whose loss it was, or that made the parameter so; -1 where the run began so
	Param    string // the parameter; "" where it was the loss
	Examples []int  // of its batch; nil for the whole set
	Rate     float64
}

func (e *NotFinite) Error() string {
	of := "the whole set"
	if e.Examples != nil {
		of = fmt.Sprintf("the examples %s", shortened(e.Examples))
	}
	what := "the loss of"
	switch {
	case e.Param != "" && e.Step < 0:
		return fmt.Sprintf("train: %s: the parameter %s is not finite where the run begins; Config.NaN goes on regardless", e.Task, e.Param)
	case e.Param != "":
		what = fmt.Sprintf("the parameter %s after", e.Param)
	}
	return fmt.Sprintf("train: %s: %s step %d, on %s, is not finite: look at these, lower the rate %g or clip the gradient; Config.NaN goes on regardless",
		e.Task, what, e.Step, of, e.Rate)
}

func shortened(list []int) string {
	const most = 12
	if len(list) <= most {
		return fmt.Sprint(list)
	}
	return strings.TrimSuffix(fmt.Sprint(list[:most]), "]") + fmt.Sprintf(" ...] (%d of them)", len(list))
}
