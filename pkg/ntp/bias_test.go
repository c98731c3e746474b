package ntp

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

func bias(tb testing.TB, in *Instance) *Bias { return must(in.Bias())(tb) }

func TestColumnsAtTheLimit(t *testing.T) {
	b := bias(t, small(t, 1))
	W := matrix.Add(b.Wstar, 7, b.Wmm)
	near(t, "‖P_F W - W*‖", b.ErrF(W), 0, 1e-10)
	near(t, "corr of W - W*", b.CorrCentred(W), 1, identityTol)
	near(t, "‖P_⊥ W‖", b.NormPerp(W), 7*matrix.Norm(b.Wmm), 1e-9)
	near(t, "‖P_F W‖", b.NormF(W), matrix.Norm(b.Wstar), 1e-9)
	rng := newRand(2)
	X := b.In.Start(rng)
	near(t, "2(1 - cos)", 2*(1-b.Corr(X)), b.Direction(X)*b.Direction(X), identityTol)
	near(t, "relative error", b.RelErrF(b.In.Zero()), 1, 1e-10)
	if !math.IsNaN(b.Corr(b.In.Zero())) {
		t.Error("the zero decoder has a direction")
	}
}

// C4 in the form of the genie points: excess at most e^{-R} times the sharp constant.
func TestProposition1(t *testing.T) {
	b := bias(t, small(t, 3))
	C, paper := b.In.RayConstant(b.Wstar), b.In.PaperConstant(b.Wstar)
	if !(math.Log(C) <= paper) {
		t.Errorf("the constant %v is above the paper's e^%v", C, paper)
	}
	R := []float64{0, 1, 2, 5, 10, 20, 30}
	for i, excess := range b.In.ExcessAlong(b.Wstar, b.Wmm, R) {
		if ratio := excess * math.Exp(R[i]); !(ratio <= C*(1+1e-9)) {
			t.Errorf("R = %v: excess·e^R = %v above %v", R[i], ratio, C)
		}
	}
}

func TestGenie(t *testing.T) {
	b := bias(t, small(t, 4))
	W := must(b.Genie(50))(t)
	near(t, "norm of the genie point", matrix.Norm(W), 50, 1e-10)
	near(t, "its error on F", b.ErrF(W), 0, 1e-9)
	if _, err := b.Genie(matrix.Norm(b.Wstar) / 2); err == nil {
		t.Error("a genie point inside the sphere of W*: no error")
	}
}

// C11: <-∇CE(W), W^mm> is at least the mean mass off the supports, at every W.
func TestNoStationaryPoint(t *testing.T) {
	b, rng := bias(t, small(t, 5)), newRand(6)
	for _, norm := range []float64{0.1, 1, 10, 40} {
		W := ofNorm(b.In, norm, rng)
		got := -matrix.Inner(b.In.Gradient(W), b.Wmm)
		near(t, "transfer", got, b.In.Transfer(W, b.Wmm), 1e-11)
		if mass := b.In.Mass(W); !(got >= mass*(1-1e-9)) || !(mass > 0) {
			t.Errorf("norm %v: descent %v below the mass %v", norm, got, mass)
		}
	}
}

func TestDescentIsADirectionalDerivative(t *testing.T) {
	b, rng := bias(t, small(t, 7)), newRand(8)
	W := ofNorm(b.In, 3, rng)
	perp := b.F.Complement(W)
	const h, alpha = 1e-5, 0.3
	difference := func(D mat.Matrix) float64 {
		return (b.In.CE(matrix.Add(W, -h, D)) - b.In.CE(matrix.Add(W, h, D))) / (2 * h)
	}
	mm, p := b.Descent(W)
	near(t, "along W^mm", mm, difference(matrix.Unit(b.Wmm)), 1e-9)
	near(t, "along P_⊥ W", p, difference(matrix.Unit(perp)), 1e-9)
	D := matrix.Add(perp, -(1+alpha)*matrix.Norm(perp), matrix.Unit(b.Wmm))
	near(t, "end game", ((1+alpha)*mm-p)*matrix.Norm(perp), matrix.Inner(b.In.Gradient(W), D), 1e-11)
}

// Convexity: where Lemma 5 holds for α, the inequality of the end game holds too.
func TestLemma5ImpliesTheEndGame(t *testing.T) {
	b, rng := bias(t, small(t, 9)), newRand(10)
	held := 0
	for range 200 {
		W := matrix.Add(ofNorm(b.In, 20*rng.Float64(), rng), 10*rng.Float64(), b.Wmm)
		alpha := rng.Float64()
		left, right := b.Lemma5(W, alpha)
		near(t, "gap", b.Lemma5Gap(W, alpha), math.Log(left)-math.Log(right), 1e-12)
		if left > right {
			continue
		}
		held++
		mm, perp := b.Descent(W)
		if slack := ((1+alpha)*mm - perp) / matrix.Norm(b.In.Gradient(W)); !(slack >= -1e-12) {
			t.Errorf("Lemma 5 holds and the end game gives %g", slack)
		}
	}
	if held == 0 {
		t.Error("Lemma 5 held nowhere: nothing was tested")
	}
}

// The repaired display is the loss; the printed one is not, nor a bound that is any use:
// it does not fall below CE(W_F).
func TestDisplays(t *testing.T) {
	b, rng := bias(t, small(t, 11)), newRand(12)
	for range 5 {
		W := matrix.Add(b.In.Start(rng), 8, b.Wmm)
		for _, alpha := range []float64{0.2, 1} {
			printed, repaired := b.Display15(W, alpha)
			near(t, "(15) repaired", repaired, b.In.CE(b.Comparator(W, alpha)), 1e-10)
			if !(printed > b.In.CE(b.F.Project(W)) && printed > 2*repaired-b.In.Entropy()) {
				t.Errorf("(15) as printed is %v, the loss %v", printed, repaired)
			}
		}
		printed, repaired := b.Display16(W)
		near(t, "(16) repaired", repaired, b.In.CE(W), 1e-10)
		if !(printed > b.In.CE(b.F.Project(W)) && printed > repaired) {
			t.Errorf("(16) as printed is %v, the loss %v", printed, repaired)
		}
	}
}
