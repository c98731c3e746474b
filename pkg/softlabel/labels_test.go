package softlabel

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

func TestSoftErrors(t *testing.T) {
	for name, err := range map[string]error{
		"no P":            second(New(nil, nil)),
		"pi too short":    second(New(mat.NewDense(2, 2, []float64{1, 0, 0, 1}), []float64{1})),
		"pi sums to two":  second(New(mat.NewDense(2, 2, []float64{1, 0, 0, 1}), []float64{1, 1})),
		"column of zeros": second(New(mat.NewDense(2, 2, []float64{1, 0, 0, 0}), []float64{0.5, 0.5})),
		"full support":    second(New(mat.NewDense(2, 1, []float64{0.5, 0.5}), []float64{1})),
		"NaN":             second(New(mat.NewDense(2, 1, []float64{math.NaN(), 1}), []float64{1})),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// CE is the mean over counted pairs, and exceeds the entropy by a divergence.
func TestSoftLoss(t *testing.T) {
	rng := newRand(910)
	drawn := labels(t, 911)
	pairs := drawn.Sample(3000, rng)
	s := must(Counted(drawn.V, len(drawn.S), pairs))(t)
	for range 5 {
		L := matrix.Gaussian(s.V, len(s.S), rng)
		L.Scale(4, L)
		near(t, "CE", s.CE(L), PairCE(L, pairs), identityTol)
		near(t, "excess", s.Excess(L), s.CE(L)-s.Entropy(), identityTol)
		near(t, "in-support excess", s.InSupportExcess(L), s.InSupportCE(L)-s.Entropy(), identityTol)
		near(t, "off-support excess", s.OffSupportExcess(L), s.CE(L)-s.InSupportCE(L), identityTol)
	}
	near(t, "in-support excess at Lin", s.InSupportExcess(s.Lin()), 0, 1e-28) // squares of round-off
}

// The gradient against differences, and the fused form against the two.
func TestSoftGradient(t *testing.T) {
	rng := newRand(912)
	s := labels(t, 913)
	V, m := s.Dims()
	L, D, G := matrix.Gaussian(V, m, rng), matrix.Gaussian(V, m, rng), mat.NewDense(V, m, nil)
	const h = 1e-5 // central differences: h² and round-off/h are both about 1e-10
	slope := (s.CE(matrix.Add(L, h, D)) - s.CE(matrix.Add(L, -h, D))) / (2 * h)
	near(t, "<∇CE, D>", matrix.Inner(s.Gradient(L), D), slope, 1e-9)
	for _, size := range []float64{0, 1, 30, 100} {
		X := mat.DenseCopyOf(L)
		X.Scale(size, X)
		excess := s.ExcessGradient(G, X)
		near(t, "fused excess", excess/(1+excess), s.Excess(X)/(1+excess), identityTol)
		nearMatrix(t, "fused gradient", G, s.Gradient(X), identityTol)
	}
}

// Lin is the only element of F with the log-odds of the data.
func TestLin(t *testing.T) {
	s := labels(t, 914)
	rows, odds := s.LogOddsEquations()
	lin := s.Lin()
	var got mat.VecDense
	got.MulVec(rows, mat.NewVecDense(s.V*len(s.S), lin.RawMatrix().Data))
	if d := floats.Distance(got.RawVector().Data, odds, math.Inf(1)); !(d <= identityTol) {
		t.Errorf("log-odds are wrong by %g", d)
	}
	nearMatrix(t, "P_F Lin", s.Project(lin), lin, identityTol)
	near(t, "finite error of Lin", s.FiniteError(lin), 0, identityTol)
	if rows, _ := must(must(OneHot(2, 1))(t).Uniform(3, newRand(1)))(t).LogOddsEquations(); rows != nil {
		t.Error("log-odds equations of one-hot labels, want none")
	}
}

// The genie bound holds along every feasible direction and is sharp to a constant.
func TestSoftGenie(t *testing.T) {
	s := labels(t, 915)
	for _, D := range []*mat.Dense{s.Proxy(), s.Feasible(newRand(916))} {
		for R := 0.0; R <= 25; R++ {
			if ratio := s.Excess(matrix.Add(s.Lin(), R, D)) / s.Genie() * math.Exp(R); !(ratio <= 1) {
				t.Errorf("R = %g: excess is %g times its bound", R, ratio)
			}
		}
	}
	near(t, "bound over excess at R = 25", s.Genie()*math.Exp(-25)/s.Excess(matrix.Add(s.Lin(), 25, s.Proxy())), 1, 1e-9)
}
