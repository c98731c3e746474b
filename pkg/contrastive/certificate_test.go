package contrastive

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// The best of the sphere, of the ball, of the reduced program and the lower bound of the
// certificate are one number.
func TestOneOptimum(t *testing.T) {
	for _, p := range []*Problem{problem(t, 1, 6, 6, 6), problem(t, 1, 9, 9, 3, 3), problem(t, 0.3, 20, 5, 3, 2), problem(t, 3, 9, 9, 3, 3), problem(t, 10, 9, 9, 3, 3)} {
		best, err := p.Reduced(ctx, rng(t))
		if err != nil {
			t.Fatal(err)
		}
		if gap := (best.Loss - best.Lower) / best.Excess; !(gap <= 1e-7) {
			t.Errorf("%v, r = %v: relative gap %v of the reduced program", p.Sizes, p.R, gap)
		}
		full, err := p.Certify(p.Spread(best.U))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "full and reduced excess", full.Excess/best.Excess, 1, 1e-12)
		if !(full.Gap()/full.Excess <= 1e-6) || full.Residual > 1e-6 {
			t.Errorf("%v, r = %v: %v", p.Sizes, p.R, full)
		}
		for _, d := range []int{p.K() - 1, p.K(), p.K() + 1, p.N()} {
			H, err := Settled(p.Sphere(ctx, RandomSphere(d, p.N(), rng(t))))
			if err != nil {
				t.Fatal(err)
			}
			near(t, "excess on the sphere over the reduced one", p.Excess(Gram(H))/best.Excess, 1, 1e-7)
			if nc1 := p.Collapse(H); nc1 > 1e-12 {
				t.Errorf("%v, r = %v, d = %d: NC1 = %v", p.Sizes, p.R, d, nc1)
			}
		}
	}
}

// The lower bound holds at points that are nowhere near a solution, of any length, and at
// solutions it is met.
func TestLowerBoundEverywhere(t *testing.T) {
	r := rng(t)
	for trial := range 300 {
		p := problem(t, min(50, math.Exp(2*r.NormFloat64())), 2+r.IntN(3), 2+r.IntN(4), 2+r.IntN(2))
		best, err := p.Reduced(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		H := RandomSphere(1+r.IntN(4), p.N(), r)
		if trial%2 == 1 {
			H.Scale(math.Exp(r.NormFloat64()), H)
		}
		c, err := p.Certify(H)
		if err != nil {
			t.Fatal(err)
		}
		if c.Lower > best.Loss+1e-9 {
			t.Errorf("%v, r = %v: lower bound %v above the optimum %v", p.Sizes, p.R, c.Lower, best.Loss)
		}
	}
}

// Half as long, h = ±1/2 solves another problem; the certificate refuses it by its residual.
func TestShortPointIsRefused(t *testing.T) {
	p := problem(t, 1, 3, 3)
	H := p.Spread(mat.NewDense(1, 2, []float64{0.5, -0.5}))
	c, err := p.Certify(H)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "loss", c.Loss, 8.041, 1e-3) // recomputed from 6 log(2 + 3e^{-1/2})
	near(t, "by hand", c.Loss, 6*math.Log(2+3*math.Exp(-0.5)), 1e-12)
	if c.Residual < 0.1 {
		t.Errorf("the residual is %v", c.Residual)
	}
}

// (L(H(t)) - L)/t² → zᵀSz, at points that are not stationary too, with an error of order t².
func TestEscape(t *testing.T) {
	p := problem(t, 1, 9, 9, 3, 3)
	for _, H := range []*mat.Dense{RandomSphere(2, 24, rng(t)), flat(t, p)} {
		c, err := p.Certify(H)
		if err != nil {
			t.Fatal(err)
		}
		var errors []float64
		for _, h := range []float64{0.1, 0.01} {
			rise := (p.Excess(Gram(Escape(H, c.LeastVector, h))) - c.Excess) / (h * h)
			errors = append(errors, math.Abs(rise-c.LeastEigen))
		}
		if !(errors[1] < errors[0]/50 && c.LeastEigen < 0) {
			t.Errorf("λ_min = %v, errors %v at t = 0.1 and 0.01", c.LeastEigen, errors)
		}
	}
	// λ_min of the stationary point of d = 2: the dossier's numpy.
	c, err := p.Certify(flat(t, p))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "λ_min at d = 2", c.LeastEigen, -0.3586155, 1e-6)
	near(t, "best loss of d = 2", c.Loss, 56.834798, 1e-6)
}

// flat is the best of some starts in two dimensions.
func flat(t *testing.T, p *Problem) *mat.Dense {
	t.Helper()
	var best *mat.Dense
	r := rng(t)
	for range 10 {
		H, err := Settled(p.Sphere(ctx, RandomSphere(2, p.N(), r)))
		if err != nil {
			t.Fatal(err)
		}
		if best == nil || p.Excess(Gram(H)) < p.Excess(Gram(best))-1e-9 {
			best = H
		}
	}
	return best
}

func TestCollapseAndDistance(t *testing.T) {
	p := problem(t, 1, 2, 2)
	H := mat.NewDense(2, 4, []float64{1, 0, -1, -1, 0, 1, 0, 0}) // class 0: (1,0), (0,1); class 1: (-1,0) twice
	near(t, "NC1 by hand", p.Collapse(H), 1.0/4, 1e-15)          // each of class 0 is √½ from (½,½)
	mu := p.Means(H)
	near(t, "mean", mu.At(0, 0), 0.5, 0)
	near(t, "mean", mu.At(0, 1), -1, 0)
	I := mat.NewDense(2, 2, []float64{1, 0, 0, 1})
	var two mat.Dense
	two.Scale(2, I)
	near(t, "distance of a multiple", Distance(I, &two), 0, 1e-15)
	near(t, "distance of opposites", Distance(I, mat.NewDense(2, 2, []float64{-3, 0, 0, -3})), 2, 1e-15)
}

// The ridge's solution has S = A + λ/2 positive semidefinite with S Hᵀ = 0, norms that differ,
// and is zero beyond 2n/(n-1).
func TestRidge(t *testing.T) {
	// Values of the dossier's numpy.
	for _, c := range []struct {
		sizes             []int
		lambda, loss      float64
		own, small, cross float64 // M of the first class, of the last, and between the first two
	}{
		{[]int{6, 6, 6}, 0.05, 30.758312, 3.302, 3.302, -1.651},
		{[]int{6, 6, 6}, 0.5, 39.706390, 1.657, 1.657, -0.828},
		{[]int{12, 12, 3, 3}, 0.05, 64.832459, 2.923, 5.572, -1.993},
		{[]int{12, 12, 3, 3}, 0.5, 80.491687, 1.333, 3.435, -0.989},
	} {
		p := problem(t, 1, c.sizes...)
		H, loss, err := p.Ridge(ctx, matrix.Gaussian(p.K(), p.N(), rng(t)), c.lambda)
		if H == nil {
			t.Fatal(err)
		}
		near(t, "loss", loss, c.loss, 1e-6)
		M := Gram(p.Means(H))
		k := p.K() - 1
		near(t, "first norm", M.At(0, 0), c.own, 1e-3)
		near(t, "last norm", M.At(k, k), c.small, 1e-3)
		near(t, "cross", M.At(0, 1), c.cross, 1e-3)
		S := p.Gradient(Gram(H))
		for i := range p.N() {
			S.Set(i, i, c.lambda/2)
		}
		if least := LeastEigen(S); least < -1e-7 {
			t.Errorf("λ_min of A + λ/2 is %v", least)
		}
	}
	p := problem(t, 1, 6, 6, 6)
	edge := 2 * 18.0 / 17
	for _, c := range []struct{ share, least, most float64 }{{0.98, 0.04, 0.1}, {1.02, 0, 1e-9}} {
		H, _, err := settledRidge(p.Ridge(ctx, matrix.Gaussian(3, 18, rng(t)), c.share*edge))
		if err != nil {
			t.Fatal(err)
		}
		if m := Gram(p.Means(H)).At(0, 0); m < c.least || m > c.most {
			t.Errorf("norm² %v at %v of the edge, want %v to %v", m, c.share, c.least, c.most)
		}
	}
}

func settledRidge(H *mat.Dense, loss float64, err error) (*mat.Dense, float64, error) {
	H, err = Settled(H, err)
	return H, loss, err
}
