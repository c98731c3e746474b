package geometry

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// What is seen of embeddings whose logits are L^in + 2 L^mm follows from the definitions.
func TestObserverAtTheLimit(t *testing.T) {
	s := must(must(softlabel.NewPattern(5, [][]int{{0, 1}, {0, 1}, {2, 3}, {1, 4}}))(t).Uniform(1, newRand(950)))(t)
	mm := must(Lmm(s.Pattern, nil))(t)
	o := must(NewObserver(s, mm.L))(t)
	L := matrix.Add(s.Lin(), 2, mm.L)
	g := must(New(L))(t)
	m := o.Measure(7, g.W(), g.H())
	size := matrix.Norm(mm.L)
	near(t, "step", float64(m.Step), 7, 0)
	near(t, "‖L‖", m.L, matrix.Norm(L), 100*identityTol)
	near(t, "‖P_F L − Lin‖", m.Finite, 0, 100*identityTol)
	near(t, "R", m.Growth, 2, 100*identityTol)
	near(t, "‖L − Lin‖/‖L‖", m.Rest, 2*size/matrix.Norm(L), 100*identityTol)
	near(t, "cosine with Lmm", m.Cos, 2*size/matrix.Norm(L), 100*identityTol)
	near(t, "excess", m.Excess, s.Excess(L), 100*identityTol)
}

// Twins are the contexts of one support, apart are those of disjoint ones: each has a mean of
// its own.
func TestObserverPairs(t *testing.T) {
	s := must(must(softlabel.NewPattern(4, [][]int{{0, 1}, {0, 1}, {2, 3}}))(t).Uniform(1, newRand(951)))(t)
	o := must(NewObserver(s, s.Proxy()))(t)
	H := mat.NewDense(2, 3, []float64{1, 0.6, -1, 0, 0.8, 0})
	m := o.Measure(0, mat.NewDense(4, 2, []float64{1, 0, 0, 1, 1, 1, 2, 1}), H)
	near(t, "mean cosine of twins", m.Twins, 0.6, identityTol)
	near(t, "mean cosine of disjoint contexts", m.Apart, (-1-0.6)/2, identityTol)
}
