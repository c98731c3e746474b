package embedding

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// Fine-tunings of one loss on a leading axis are each alone, with every method, and where vectors have norm one.
func TestDebiasTogether(t *testing.T) {
	b := open(t)
	e, corpus := small(t)
	x := testkit.Must(e.Examples(b, smallTriples(t, corpus)))(t)
	e.Unit = true
	unit := testkit.Must(e.Examples(b, smallTriples(t, corpus)))(t)
	var jobs []train.Job
	alone := 0
	for _, m := range Methods {
		for seed := range uint64(2) {
			e.Unit = m == Merge
			c := Debiasing{Loss: Loss{Method: m, Beta: 0.1, Squared: m == Distance}, Steps: 4, Batch: 5, Rate: 1e-2 * float64(seed+1), Warmup: 1, Looks: 1, Seed: seed}
			own := *e // what e is changes with the method
			f := testkit.Must(own.fit(c.filled(), map[bool]*Examples{false: x, true: unit}[e.Unit]))(t)
			// Adam would turn the rounding of a gradient that is zero, as that of a key's bias, into a whole step.
			f.job.Config.Optimizer = optim.Spec{Method: "gd", Rate: c.Rate}
			inner := f.job.Task.Loss
			f.job.Task.Loss = func(params, batch []*Node) *Node { alone++; return inner(params, batch) }
			jobs = append(jobs, f.job)
		}
	}
	var runs [2][]*train.Run
	for at, axis := range []xla.Axis{xla.AxisAlways, xla.AxisNever} {
		pool := testkit.Must(xla.NewPool("go", 1))(t) // where nothing is compiled
		defer pool.Close()
		pool.Axis = axis
		runs[at] = testkit.Must(train.FitPool(t.Context(), pool, jobs))(t)
		if (alone == 0) != (at == 0) {
			t.Fatalf("axis %d: the loss was built %d times", axis, alone)
		}
	}
	const tol = 2e-5 // four steps of 0.02 along gradients of order one, in float32
	for i, run := range runs[0] {
		other := runs[1][i]
		if d := testkit.Farthest(run.Last.Flat(), other.Last.Flat()); !(d <= tol) {
			t.Errorf("%s: the parameters are off by %g from those of the run alone", Methods[i/2], d)
		}
		for _, name := range []string{"loss", "bias", "rep"} {
			if d := testkit.Farthest(run.Column(name), other.Column(name)); !(d <= tol) {
				t.Errorf("%s: the look %q is off by %g from that of the run alone", Methods[i/2], name, d)
			}
		}
		if d := testkit.Farthest(run.Last.Flat(), runs[0][i^1].Last.Flat()); !(d > 10*tol) {
			t.Errorf("%s: two seeds and rates end %g apart", Methods[i/2], d)
		}
	}
}
