package contrastive

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// The definition, the log-sum-exp of the Gram matrix, and floor plus excess are one number.
func TestThreeFormsOfTheLoss(t *testing.T) {
	for _, p := range some(t) {
		H := matrix.Gaussian(3, p.N(), rng(t))
		G := Gram(H)
		want := p.ByDefinition(H)
		near(t, "loss of G", p.Loss(G), want, identityTol*max(1, want))
		near(t, "floor + excess", p.Floor()+p.Excess(G), want, identityTol*max(1, want))
	}
}

// By hand: two classes of two at right angles, r = 1. Each anchor has one positive at
// similarity 1 and two negatives at 0: log(1 + 2/e) four times, and no floor.
func TestLossByHand(t *testing.T) {
	p := problem(t, 1, 2, 2)
	H := p.Spread(mat.NewDense(2, 2, []float64{1, 0, 0, 1}))
	near(t, "loss", p.ByDefinition(H), 4*math.Log1p(2/math.E), 1e-14)
}

// The gradient against central differences, the curvature against second ones.
func TestDerivatives(t *testing.T) {
	for _, p := range some(t) {
		G := Gram(RandomSphere(3, p.N(), rng(t)))
		D := symmetricNoise(p.N(), rng(t))
		const h = 1e-4 // a second difference errs by h² and by 10⁻¹⁶/h²
		f := func(t float64) float64 { return p.Excess(matrix.Add(G, t, D)) }
		near(t, "slope", matrix.Inner(p.Gradient(G), D), (f(h)-f(-h))/(2*h), 1e-5*(1+math.Pow(p.R, 3)*100))
		second := (f(h) - 2*f(0) + f(-h)) / (h * h)
		near(t, "curvature", p.Curvature(G, D), second, 1e-4*max(1, math.Abs(second)))
	}
}

// Off-diagonal entries may be shifted together, and the diagonal is not seen.
func TestGauge(t *testing.T) {
	for _, p := range some(t) {
		G := Gram(RandomSphere(3, p.N(), rng(t)))
		shifted := mat.DenseCopyOf(G)
		shifted.Apply(func(i, j int, v float64) float64 {
			if i == j {
				return v * 7
			}
			return v + 0.4
		}, G)
		near(t, "shift", p.Excess(shifted), p.Excess(G), identityTol*max(1, p.Excess(G)))
		near(t, "rows of A", mat.Sum(p.Gradient(G)), 0, identityTol)
	}
}

// The loss depends on H up to a rotation, and on samples up to permutations within classes.
func TestInvariances(t *testing.T) {
	for _, p := range some(t) {
		H := RandomSphere(3, p.N(), rng(t))
		var turned mat.Dense
		turned.Mul(matrix.Orthonormal(3, 3, rng(t)), H)
		near(t, "rotated", p.Loss(Gram(&turned)), p.Loss(Gram(H)), identityTol*100)
		near(t, "swapped", p.Loss(Swapped(Gram(H), 0, 1)), p.Loss(Gram(H)), identityTol*100)
	}
}

// The excess keeps its digits where the loss has lost them: collapsed and opposite classes of
// two at r = 60 have 4 log1p(2 e^{-120}).
func TestExcessIsRelative(t *testing.T) {
	p := problem(t, 60, 2, 2)
	H := p.Spread(mat.NewDense(1, 2, []float64{1, -1}))
	near(t, "excess over 8 e^{-120}", p.Excess(Gram(H))/(8*math.Exp(-120)), 1, 1e-12)
	// Its gradient is no difference of numbers of order one either: P is 1 - 2e^{-120} on the
	// positive.
	near(t, "A over -r 2e^{-120}", p.Gradient(Gram(H)).At(0, 1)/(-120*math.Exp(-120)), 1, 1e-12)
}

// Long embeddings overflow the exponentials of the excess, and not its value: with opposite
// classes of two on the wrong side, h = ±30 at r = 1, anchors see a negative at 900.
func TestExcessOfLongEmbeddings(t *testing.T) {
	p := problem(t, 1, 2, 2)
	H := mat.NewDense(1, 4, []float64{30, -30, 30, -30})
	G := Gram(H)
	near(t, "excess", p.Excess(G), 4*1800, 1e-9) // LSE 900, its positive at -900
	near(t, "loss", p.Loss(G), 4*1800, 1e-9)
	near(t, "A between positives", p.Gradient(G).At(0, 1), -1, 1e-12)
	near(t, "A between negatives", p.Gradient(G).At(0, 2), 1, 1e-12)
}

func TestSoftmaxAndTargets(t *testing.T) {
	for _, p := range some(t) {
		G := Gram(RandomSphere(3, p.N(), rng(t)))
		P, Q := p.Softmax(G), p.Targets()
		for i := range p.N() {
			near(t, "row of P", mat.Sum(P.RowView(i)), 1, identityTol)
			near(t, "row of Q", mat.Sum(Q.RowView(i)), 1, identityTol)
			near(t, "P_ii", P.At(i, i), 0, 0)
			j, l := (i+1)%p.N(), (i+2)%p.N()
			if G.At(i, j) > G.At(i, l) {
				j, l = l, j
			}
			near(t, "odds", P.At(i, j), P.At(i, l)*math.Exp(p.R*(G.At(i, j)-G.At(i, l))), identityTol)
		}
	}
}

func TestAveragedAndRaised(t *testing.T) {
	for _, p := range some(t) {
		r := rng(t)
		for range 20 {
			G := Gram(RandomSphere(p.N(), p.N(), r))
			mean := p.Averaged(G)
			up := p.Raised(mean)
			a, b, c := p.Excess(G), p.Excess(mean), p.Excess(up)
			if !(a >= b-identityTol && b > c) {
				t.Errorf("sizes %v: losses %v, %v, %v do not fall", p.Sizes, a, b, c)
			}
			if least := min(LeastEigen(mean), LeastEigen(up)); least < -1e-12 {
				t.Errorf("sizes %v: least eigenvalue %v", p.Sizes, least)
			}
		}
		// The average is the mean of all permutations: averaging twice, or after a swap,
		// changes nothing.
		G := Gram(RandomSphere(4, p.N(), r))
		near(t, "averaged twice", matrix.MaxAbs(matrix.Add(p.Averaged(p.Averaged(G)), -1, p.Averaged(G))), 0, 1e-14)
		near(t, "averaged after a swap", matrix.MaxAbs(matrix.Add(p.Averaged(Swapped(G, 0, 1)), -1, p.Averaged(G))), 0, 1e-14)
	}
}

// For two samples a class the average is the mean over the swaps, by definition.
func TestAveragedByDefinition(t *testing.T) {
	p := problem(t, 1, 2, 2)
	G := Gram(RandomSphere(3, 4, rng(t)))
	want := mat.NewDense(4, 4, nil)
	for _, X := range []*mat.Dense{G, Swapped(G, 0, 1), Swapped(G, 2, 3), Swapped(Swapped(G, 0, 1), 2, 3)} {
		want = matrix.Add(want, 0.25, X)
	}
	near(t, "mean", matrix.MaxAbs(matrix.Add(p.Averaged(G), -1, want)), 0, 1e-15)
}

// Three positives: an anchor at 30 with two positives at 30 and -30 and a negative at -30.
func TestOverflowOfSeveralPositives(t *testing.T) {
	p := problem(t, 1, 3, 2)
	G := Gram(mat.NewDense(1, 5, []float64{30, 30, -30, -30, -30}))
	near(t, "excess", p.Floor()+p.Excess(G), p.Loss(G), 1e-9)
}

// At r_c the two sides of the pair's condition are equal where it is tightest: h_i = h_j = u,
// all others at -u.
func TestPairBoundIsMet(t *testing.T) {
	for _, sizes := range [][]int{{3, 3, 3}, {5, 4}, {3, 2}} {
		p := problem(t, 1, sizes...)
		u := mat.NewDense(1, p.N(), nil)
		for i := range p.N() {
			u.Set(0, i, -1)
		}
		u.Set(0, 0, 1)
		u.Set(0, 1, 1)
		near(t, "A of the pair at r_c", p.At(p.PairBound()).Gradient(Gram(u)).At(0, 1), 0, 1e-12)
	}
	if !math.IsInf(problem(t, 1, 2, 2).PairBound(), 1) {
		t.Error("classes of two have a bound")
	}
}
