package contrastive

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Collapsed embeddings have the reduced loss.
func TestReducedIsTheLossOfCollapse(t *testing.T) {
	for _, p := range some(t) {
		U := RandomSphere(3, p.K(), rng(t))
		excess, _ := p.ReducedExcess(Gram(U))
		near(t, "excess", p.Excess(Gram(p.Spread(U))), excess, identityTol*max(1, excess))
	}
}

// The bound of the reduced program holds at columns that solve nothing.
func TestReducedBoundEverywhere(t *testing.T) {
	for _, p := range some(t) {
		best, err := p.Reduced(ctx, rng(t))
		if err != nil {
			t.Fatal(err)
		}
		g := rng(t)
		for range 50 {
			if s := p.ReducedAt(RandomSphere(2, p.K(), g)); s.Lower > best.Loss+1e-9 {
				t.Errorf("%v, r = %v: bound %v above the optimum %v", p.Sizes, p.R, s.Lower, best.Loss)
			}
		}
	}
}

func TestReducedGradient(t *testing.T) {
	p := problem(t, 2, 5, 3, 2)
	M := Gram(RandomSphere(3, 3, rng(t)))
	D := symmetricNoise(3, rng(t))
	_, W := p.ReducedExcess(M)
	const h = 1e-5
	up, _ := p.ReducedExcess(matrix.Add(M, h, D))
	down, _ := p.ReducedExcess(matrix.Add(M, -h, D))
	near(t, "slope", matrix.Inner(W, D), (up-down)/(2*h), 1e-6)
}

// Equal classes have the simplex and its value, at every r.
func TestBalanced(t *testing.T) {
	for _, k := range []int{2, 3, 5, 10} {
		for _, r := range []float64{0.5, 1, 2, 10} {
			sizes := make([]int, k)
			for c := range sizes {
				sizes[c] = 5
			}
			s, err := problem(t, r, sizes...).Reduced(ctx, rng(t))
			if err != nil {
				t.Fatal(err)
			}
			near(t, "loss", s.Loss/BalancedLoss(r, k, 5), 1, 1e-12)
			for c := range k {
				for e := range c {
					near(t, "cosine", s.M.At(c, e), -1/float64(k-1), 1e-7)
				}
			}
		}
	}
}

// S is w wᵀ where the rank is k-1, and Σ w_c μ_c = 0; the weights are the dossier's (numpy).
func TestWeightedCentring(t *testing.T) {
	for _, c := range []struct {
		sizes []int
		w     []float64
	}{{[]int{20, 7, 4, 2}, []float64{.717, .536, .387, .219}}, {[]int{50, 50, 5, 5}, []float64{.684, .684, .178, .178}}} {
		s, err := problem(t, 1, c.sizes...).Reduced(ctx, rng(t))
		if err != nil {
			t.Fatal(err)
		}
		w, second := s.Weights()
		if second > 1e-6*s.S.At(0, 0) {
			t.Errorf("%v: second eigenvalue %v", c.sizes, second)
		}
		norm := 0.0
		for _, x := range w {
			norm += x * x
		}
		for i := range w {
			near(t, "weight", w[i]/math.Sqrt(norm), c.w[i], 6e-4)
			near(t, "λ = w²", s.Lambda[i]/(w[i]*w[i]), 1, 1e-5)
		}
		v := mat.NewVecDense(len(w), w)
		var mean mat.VecDense
		mean.MulVec(s.U, v)
		near(t, "Σ w μ", mat.Norm(&mean, 2)/math.Sqrt(norm), 0, 1e-6)
	}
}

// Where classes merge the rank is lower: three small classes opposite to a large one.
func TestMergedClasses(t *testing.T) {
	s, err := problem(t, 0.1, 60, 5, 5, 5).Reduced(ctx, rng(t))
	if err != nil {
		t.Fatal(err)
	}
	if s.Rank() != 1 {
		t.Errorf("rank %d, want 1", s.Rank())
	}
	near(t, "to the majority", s.M.At(0, 1), -1, 1e-6)
	near(t, "among the rest", s.M.At(1, 2), 1, 1e-6)
}

// A hundred classes of 2 to 101 samples; how long they take is measured in bench.
func TestHundredClasses(t *testing.T) {
	sizes := make([]int, 100)
	for c := range sizes {
		sizes[c] = 2 + c
	}
	s, err := problem(t, 1, sizes...).Reduced(ctx, rng(t))
	if err != nil {
		t.Fatal(err)
	}
	if gap := (s.Loss - s.Lower) / s.Excess; gap > 1e-7 {
		t.Errorf("relative gap %v", gap)
	}
}

func TestFrames(t *testing.T) {
	for _, sizes := range [][]int{{5, 5, 5}, {8, 4, 2, 2}} {
		for _, r := range []float64{1, 5} {
			p := problem(t, r, sizes...)
			best := math.Inf(1)
			g := rng(t)
			for range 10 {
				H, err := p.Nonnegative(ctx, 2*p.K()+2, g)
				if err != nil {
					t.Fatal(err)
				}
				if least := mat.Min(H); least < 0 {
					t.Errorf("an entry is %v", least)
				}
				loss := p.Loss(Gram(H))
				if loss < p.FrameLoss()-1e-9 {
					t.Errorf("loss %v below %v", loss, p.FrameLoss())
				}
				if loss < best {
					best = loss
				}
			}
			near(t, "least loss", best/p.FrameLoss(), 1, 1e-9)
		}
	}
	// The plateau of five classes of four: 2.0032 above, at every t.
	p := problem(t, 1, 4, 4, 4, 4, 4)
	for _, at := range []float64{0.2, 0.7, 1.3} {
		H, err := p.Plateau(at)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "plateau", p.Loss(Gram(H))-p.FrameLoss(), 2.0032, 5e-5)
	}
}
