package loss

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// Inside a loop the three gradients make the same path, down: with step 1,
// which is below 2 over the smoothness 1/2, the excess falls at every step.
func TestInLoop(t *testing.T) {
	const steps = 100
	b := open(t)
	in := random(4, 6, 5, 1)
	args := []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(in.p, in.m, in.v),
		tensors.FromFlatDataAndDimensions(in.pi, in.m),
	}
	measure := func(_ *Node, state, args []*Node) []*Node {
		return []*Node{Excess(state[0], args[0], args[1]), state[0]}
	}
	ends := map[string][]float64{}
	for name, grad := range map[string]func(l, p, pi *Node) *Node{
		"closed":            SoftCrossEntropyGrad,
		"derived of CE":     func(l, p, pi *Node) *Node { return Gradient(SoftCrossEntropy(l, p, pi), l)[0] },
		"derived of excess": func(l, p, pi *Node) *Node { return Gradient(Excess(l, p, pi), l)[0] },
	} {
		l, err := xla.NewLoop(b, func(_ *Node, state, args []*Node) []*Node {
			return []*Node{Sub(state[0], grad(state[0], args[0], args[1]))}
		}, measure)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Start([]*tensors.Tensor{tensors.FromFlatDataAndDimensions(in.logits, in.m, in.v)}, args); err != nil {
			t.Fatal(err)
		}
		trace, err := l.Trace(t.Context(), xla.LogSteps(steps, 10))
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(trace); i++ {
			if now, before := trace[i].Values[0], trace[i-1].Values[0]; !(now < before) {
				t.Errorf("%s: the excess went from %g to %g at step %d", name, before, now, trace[i].Step)
			}
		}
		ends[name] = trace[len(trace)-1].Values
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	for name, end := range ends {
		if e := largest(end, ends["closed"]); !(e <= steps*rounding[dtypes.Float64]) {
			t.Errorf("%s: the end differs by %g", name, e)
		}
	}
}
