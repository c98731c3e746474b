package ntp

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// wide has nearly orthonormal embeddings, so that all margins are active, and unequal π.
func wide(tb testing.TB, seed uint64) *Instance {
	d := Data{Kind: "gaussian", Config: Config{V: 6, M: 4, D: 160, Sizes: []int{4, 3, 3, 4}, N: 40}, Temper: 0.5, Seed: seed, Stream: "wide"}
	return must(d.Instance())(tb)
}

// The masses off the supports sum to Mass, the multipliers to ‖W^mm‖².
func TestMassesAndMultipliers(t *testing.T) {
	in := small(t, 1)
	W := in.Start(newRand(2))
	near(t, "sum of the masses", floats.Sum(in.ForbiddenMass(W)), in.Mass(W), identityTol)
	svm := must(in.Wmm())(t)
	near(t, "sum of the multipliers", floats.Sum(in.Multipliers(svm.Dual)), svm.Norm*svm.Norm, 1e-9)
}

// Orthonormal embeddings: U is the centred support matrix, K = I + 11ᵀ/s within a context
// and 0 between contexts, so that κ = min s/V; and E is zero for uniform p_j.
func TestRelaxationOrthonormal(t *testing.T) {
	in := must(Orthonormal(Config{V: 10, M: 6, D: 9, Sizes: []int{2, 3, 4, 5, 6, 9}}, newRand(3)))(t)
	near(t, "κ", must(in.Relaxation())(t).Kappa, 0.2, 1e-9)
	near(t, "strictness", must(in.Strictness())(t), 0.2, 1e-9)
	E := must(in.Correction())(t)
	D := mat.NewDense(10, 6, nil)
	for j, s := range in.S {
		for _, z := range s {
			D.Set(z, j, -float64(10-len(s))/10/(in.Pi[j]*in.P.At(z, j)))
		}
	}
	var want mat.Dense
	want.Mul(in.centreOnSupports(D), in.H.T())
	nearMatrix(t, "E", E, &want, 1e-9*matrix.MaxAbs(&want))
	uniform := must(in.Tempered(1))(t)
	near(t, "E of uniform p_j", matrix.Norm(must(uniform.Correction())(t)), 0, 1e-9)
}

// Along gradient descent the slowest combination of the masses' deviations decays as k^-κ,
// and the error on F times η k goes to E.
func TestMassesAlongDescent(t *testing.T) {
	in := wide(t, 1)
	b, E := must(in.Bias())(t), must(in.Correction())(t)
	mu, mode := in.Multipliers(must(in.Wmm())(t).Dual), must(in.Relaxation())(t)
	W, eta := in.Zero(), 1/(2*in.Smoothness())
	deviation := map[int]float64{}
	for k := 1; k <= 20000; k++ {
		W = matrix.Add(W, -eta, in.Gradient(W))
		if k == 2000 || k == 20000 {
			for i, n := range in.ForbiddenMass(W) {
				deviation[k] += mode.Weight[i] * (eta*float64(k)*n - mu[i])
			}
		}
	}
	// The next order is as large as the deviation itself, here some per cent.
	near(t, "decay over κ", math.Log10(deviation[2000]/deviation[20000])/mode.Kappa, 1, 0.1)
	X := matrix.Add(b.F.Project(W), -1, b.Wstar)
	near(t, "η k (P_F W - W*) over E", eta*20000*matrix.Inner(X, E)/matrix.Inner(E, E), 1, 0.01)
}

func TestCorner(t *testing.T) {
	in := must(Corner())(t)
	svm := must(in.Wmm())(t)
	nearMatrix(t, "W^mm", svm.W, mat.NewDense(2, 2, []float64{0.5, 0, -0.5, 0}), 1e-9)
	near(t, "strictness", must(in.Strictness())(t), 0, 1e-9)
	if s := must(wide(t, 1).Strictness())(t); !(s > 1e-4) {
		t.Errorf("wide: strictness %v", s)
	}
}

// The constants of a run are those of its trace, and the loss of single tokens goes to
// ‖W^mm‖².
func TestMeasureConstants(t *testing.T) {
	e := Experiment{Data: Data{Kind: "corner"}, Start: "zero", Training: Training{Optimizer: "gd", Rate: 0.5, Steps: 1000, PerDecade: 1}}
	c := must(MeasureConstants(e))(t)
	in, run := must(Corner())(t), must(Train(e))(t)
	near(t, "‖W^mm‖", c.Wmm, math.Sqrt(0.5), 1e-9)
	near(t, "number of decades", float64(len(c.K)), 3, 0)
	near(t, "loss", c.Loss[2], 500*in.Excess(run.Last()), identityTol)
	near(t, "norm", c.Norm[1], matrix.Norm(run.At(100)), identityTol)
	near(t, "increment", c.Increment[2], matrix.Norm(matrix.Add(run.Last(), -1, run.At(100)))/math.Ln10, identityTol)
	near(t, "loss over ‖W^mm‖²", c.Loss[2]/(c.Wmm*c.Wmm), 1, 0.2)
}

// W^mm is the sum of the margins' gradients, weighted by the multipliers, and a margin is the
// inner product with its gradient, on an instance whose embeddings are far from orthonormal.
func TestMarginGradients(t *testing.T) {
	in := small(t, 4)
	svm := must(in.Wmm())(t)
	gradients := must(in.marginGradients())(t)
	sum, margins := in.Zero(), in.Margins(svm.W)
	for i, mu := range in.Multipliers(svm.Dual) {
		sum = matrix.Add(sum, mu, gradients[i])
		near(t, "margin", matrix.Inner(gradients[i], svm.W), margins[i], 1e-9)
	}
	nearMatrix(t, "W^mm", sum, svm.W, 1e-9*svm.Norm)
}

// κ is the least excess of an inactive margin where that is less than the eigenvalues, and
// never above it.
func TestRelaxationOfInactiveMargins(t *testing.T) {
	met := 0
	for stream := range uint64(40) {
		in := must(Gaussian(Config{V: 4, M: 3, D: 4, Sizes: []int{1, 2, 1}}, newRand(stream)))(t)
		mode, least := must(in.Relaxation())(t), math.Inf(1)
		for _, margin := range in.Margins(must(in.Wmm())(t).W) {
			if margin > 1+activeTol {
				least = math.Min(least, margin-1)
			}
		}
		if !(mode.Kappa <= least) || !(mode.Kappa <= 1+1e-9) {
			t.Errorf("stream %d: κ = %v, an inactive margin exceeds one by %v", stream, mode.Kappa, least)
		}
		if mode.Kappa == least {
			met++
		}
	}
	if met == 0 {
		t.Error("in none of 40 instances an inactive margin is the slowest")
	}
}

// The cost of a drift counts the probability of the word that falls behind.
func TestDriftCost(t *testing.T) {
	P := mat.NewDense(3, 1, []float64{0.25, 0.75, 0})
	in := must(New(mat.NewDense(1, 1, []float64{2}), P, []float64{1}, nil))(t)
	near(t, "cost", in.DriftCost(mat.NewDense(3, 1, []float64{-1, 1, 5})), 0.25*4, identityTol)
}
