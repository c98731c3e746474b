package ntp

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Constants that are as small as they can be: each bound is met, not only kept. And
// quantities of the proofs by their definitions.

// even is an instance with a decoder whose margins are all exactly one.
func even(t *testing.T) (*Instance, *mat.Dense) {
	in := must(Gaussian(Config{V: 7, M: 6, D: 8, Sizes: []int{1, 2, 3, 4, 2, 3}}, newRand(80)))(t)
	return in, must(in.Decoder(in.Centred()))(t)
}

// At margins of one the excess over its part on F is Σ π log(1 + x e^{-R}): e^{-R} times the
// constant of the ray, and no less, as R grows.
func TestRayConstantIsMet(t *testing.T) {
	in, D := even(t)
	W := in.Start(newRand(81))
	x, L := 0.0, in.Logits(W)
	for j, s := range in.S {
		on, off := 0.0, 0.0
		for z := range 7 {
			if e := math.Exp(L.At(z, j)); in.Follows(z, j) {
				on += e
			} else {
				off += e
			}
		}
		if len(s) == 0 {
			t.Fatal("an empty support")
		}
		x += in.Pi[j] * off / on
	}
	near(t, "constant", in.RayConstant(W), x, identityTol)
	for _, R := range []float64{5, 10, 20} {
		ratio := in.OffSupportExcess(matrix.Add(W, R, D)) * math.Exp(R) / in.RayConstant(W)
		// log(1 + y) is between y - y²/2 and y.
		if low := 1 - 40*math.Exp(-R); !(ratio <= 1+1e-9) || !(ratio >= low) {
			t.Errorf("R = %g: excess over the bound is %.12g, want it between %g and 1", R, ratio, low)
		}
	}
}

// The bound |(e_z - e_v)ᵀ W h_j| ≤ M ‖W‖ is met by W = (e_z - e_v) h_jᵀ of the longest h_j.
func TestMaxNormIsMet(t *testing.T) {
	in, _ := even(t)
	V, d, m := in.Dims()
	largest := 0.0
	for j := range m {
		W := mat.NewDense(V, d, nil)
		for i := range d {
			W.Set(0, i, in.H.At(i, j))
			W.Set(1, i, -in.H.At(i, j))
		}
		L := in.Logits(W)
		largest = math.Max(largest, math.Abs(L.At(0, j)-L.At(1, j))/matrix.Norm(W))
	}
	near(t, "M", in.MaxNorm(), largest, identityTol)
	star := in.Start(newRand(82))
	near(t, "log C", in.PaperConstant(star), math.Log(float64(V))+largest*matrix.Norm(star), identityTol)
}

// With two tokens of equal probability the Hessian of the log-sum-exp has the norm ½ that the
// smoothness constant counts on: along (1, -1) uᵀ, u the top eigenvector of H diag(π) Hᵀ, the
// gradient changes by L per unit.
func TestSmoothnessIsMet(t *testing.T) {
	H := matrix.Gaussian(4, 3, newRand(83))
	P := mat.NewDense(2, 3, []float64{0.5, 0.5, 0.5, 0.5, 0.5, 0.5})
	pi := []float64{0.2, 0.3, 0.5}
	in := must(New(H, P, pi, nil))(t)
	second := mat.NewSymDense(4, nil)
	for j, w := range pi {
		second.SymRankOne(second, w, H.ColView(j))
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(second, true) {
		t.Fatal("no eigenvalues")
	}
	near(t, "curvature", in.Curvature(), eigen.Values(nil)[3], identityTol)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	const h = 1e-3 // the gradient is odd in h: its error is of order h²
	X := mat.NewDense(2, 4, nil)
	for i := range 4 {
		X.Set(0, i, h*vectors.At(i, 3)/math.Sqrt2)
		X.Set(1, i, -h*vectors.At(i, 3)/math.Sqrt2)
	}
	near(t, "change of the gradient", matrix.Norm(in.Gradient(X))/h, in.Smoothness(), 1e-5)
}

// At margins of one σ_v is e^{-γ}/(s + (V - s) e^{-γ}), so that s e^γ σ_v tends to 1.
func TestDecayIsMet(t *testing.T) {
	in, D := even(t)
	gammas := []float64{0, 1, 3, 10}
	for i, got := range in.Decay(D, gammas) {
		want := 0.0
		for _, s := range in.S {
			n := float64(len(s))
			want = math.Max(want, n/(n+(7-n)*math.Exp(-gammas[i])))
		}
		near(t, "s e^γ σ_v", got, want, identityTol)
	}
}

// The comparator of Lemma 5 has the part of W on F, and 1 + α times the length of the rest,
// along W^mm.
func TestComparatorByDefinition(t *testing.T) {
	b := must(small(t, 84).Bias())(t)
	W := ofNorm(b.In, 5, newRand(85))
	for _, alpha := range []float64{0, 0.3, 2} {
		C := b.Comparator(W, alpha)
		nearMatrix(t, "part on F", b.F.Project(C), b.F.Project(W), 1e-10)
		near(t, "length of the rest", b.NormPerp(C), (1+alpha)*b.NormPerp(W), 1e-10)
		near(t, "cosine of the rest", matrix.Corr(b.F.Complement(C), b.Wmm), 1, 1e-10)
	}
	// The error on F is that of P_F W alone: adding what is orthogonal changes nothing.
	near(t, "error on F", b.ErrF(matrix.Add(W, 7, b.Wmm)), b.ErrF(W), 1e-9)
	near(t, "error on F", b.ErrF(W), matrix.Norm(matrix.Add(b.F.Project(W), -1, b.Wstar)), identityTol)
}

// A generic margin is one exactly where its multiplier is negative.
func TestActiveMarginsHaveMultipliers(t *testing.T) {
	for stream := range uint64(3) {
		in := small(t, 86+stream)
		svm := must(in.Wmm())(t)
		negative := 0
		for j := range in.S {
			for v := range 10 {
				if !in.Follows(v, j) && svm.Dual.At(v, j) < -1e-6 {
					negative++
				}
			}
		}
		if svm.Active != negative || negative == 0 {
			t.Errorf("%d active margins, %d multipliers", svm.Active, negative)
		}
	}
}

// Slackness and the sums of multipliers by their definitions, for any U and W.
func TestMultipliersByDefinition(t *testing.T) {
	in := small(t, 90)
	W, U := in.Start(newRand(91)), matrix.Gaussian(10, 8, newRand(92))
	L := in.Logits(W)
	slack, sum, largest := 0.0, 0.0, math.Inf(-1)
	for j, s := range in.S {
		for v := range 10 {
			if in.Follows(v, j) {
				continue
			}
			margin := math.Inf(1)
			for _, z := range s {
				margin = math.Min(margin, L.At(z, j)-L.At(v, j))
			}
			slack = math.Max(slack, math.Abs(U.At(v, j)*(margin-1)))
			sum, largest = sum-U.At(v, j), math.Max(largest, U.At(v, j))
		}
	}
	near(t, "slackness", in.Slackness(W, U), slack, identityTol)
	U.Apply(func(_, _ int, x float64) float64 { return -math.Abs(x) }, U) // multipliers of margins above one
	U.Set(in.S[0][0], 0, 3)
	if got := in.Slackness(W, U); !(got > 0) {
		t.Errorf("slackness of negative multipliers is %g", got)
	}
	U = matrix.Gaussian(10, 8, newRand(92))
	gotSum, gotLargest := in.OffSupportDual(U)
	near(t, "sum", gotSum, sum, identityTol)
	near(t, "largest", gotLargest, largest, 0)
}

// Near its transition a cell of the phase diagram has draws of both kinds: its draws differ.
func TestPhaseDrawsDiffer(t *testing.T) {
	p := must(Phase(PhaseConfig{V: 6, M: 8, S: []int{2}, D: []int{3, 4, 5, 6}, Draws: 12, Seed: 3}))(t)
	between := 0
	for _, f := range p.Separable[0] {
		if f > 0 && f < 1 {
			between++
		}
	}
	if between == 0 {
		t.Errorf("separable fractions %v: no cell has draws of both kinds", p.Separable)
	}
}

// A statement holds from the step behind the last at which it is false.
func TestHoldsFrom(t *testing.T) {
	tr := &Trace{K: []int{0, 1, 10, 100}}
	for _, x := range []float64{1, 0, 1, 1} {
		tr.W = append(tr.W, mat.NewDense(1, 1, []float64{x}))
	}
	if k, ok := tr.HoldsFrom(func(W mat.Matrix) bool { return W.At(0, 0) == 1 }); k != 10 || !ok {
		t.Errorf("it holds from step %d (%v), want 10", k, ok)
	}
	if _, ok := tr.HoldsFrom(func(W mat.Matrix) bool { return W.At(0, 0) == 0 }); ok {
		t.Error("it holds from some step though it is false at the last")
	}
}

// Adam with the constants of the paper's runs, and Polyak's step with the entropy as the
// infimum, by their formulas on the host.
func TestOptimizersAreTheirFormulas(t *testing.T) {
	in, b := small(t, 93), backend(t)
	const rate, n = 0.05, 12
	run := func(name string) *Trace {
		return must(in.Train(context.Background(), b, in.Zero(), Training{Optimizer: name, Rate: rate, Steps: n, PerDecade: 100}))(t)
	}
	W, m, v := in.Zero(), in.Zero(), in.Zero()
	for k := range n {
		G := in.Gradient(W)
		m.Apply(func(i, j int, x float64) float64 { return 0.9*x + 0.1*G.At(i, j) }, m)
		v.Apply(func(i, j int, x float64) float64 { return 0.99*x + 0.01*G.At(i, j)*G.At(i, j) }, v)
		c1, c2 := 1-math.Pow(0.9, float64(k+1)), 1-math.Pow(0.99, float64(k+1))
		W.Apply(func(i, j int, x float64) float64 {
			return x - rate*m.At(i, j)/c1/(math.Sqrt(v.At(i, j)/c2)+1e-8)
		}, W)
	}
	nearMatrix(t, "Adam", run("adam").Last(), W, 1e-10)
	W = in.Zero()
	for range n {
		G := in.Gradient(W)
		W = matrix.Add(W, -rate*in.Excess(W)/math.Pow(matrix.Norm(G), 2), G)
	}
	nearMatrix(t, "Polyak", run("polyak").Last(), W, 1e-9)
}
