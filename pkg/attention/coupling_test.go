package attention

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// TestNearest: the certificate closes, no point of the simplex is below the bound, and
// the max-margin solution of the sequence alone says the same.
func TestNearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for seed := range uint64(100) {
		s := gaussianSetup(t, 3, 5, 3+int(seed%6), seed)
		if s.coupling.OwnGap > 1e-6 {
			t.Errorf("seed %d: bounds on ν are %g apart", seed, s.coupling.OwnGap)
		}
		for i := range s.k.N {
			own := sub{s.k.K, i * 4, i * 4, 4}.symmetric()
			for range 200 {
				pi := make([]float64, 4)
				for t := range pi {
					pi[t] = rng.ExpFloat64()
				}
				floats.Scale(1/floats.Sum(pi), pi)
				v := mat.NewVecDense(4, pi)
				if got := mat.Inner(v, own, v); got < s.coupling.Own[i]*(1-1e-12) {
					t.Fatalf("seed %d: %g at %v, below ν = %g", seed, got, pi, s.coupling.Own[i])
				}
			}
			alone, err := s.k.Subset(t.Context(), []int{i})
			if err != nil {
				t.Fatal(err)
			}
			near(t, "ν ‖W_{i}‖²", s.coupling.Own[i]*alone.Norm*alone.Norm, 1, 1e-6)
		}
	}
}

// TestBracket: weights that are not optimal still bound the minimum from both sides.
func TestBracket(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 9))
	apart := 0
	for seed := range uint64(200) {
		s := gaussianSetup(t, 1, 4, 5, seed)
		own := sub{s.k.K, 0, 0, 3}.symmetric()
		weights := []float64{rng.ExpFloat64(), rng.ExpFloat64(), rng.ExpFloat64()}
		low, high := bracket(own, weights)
		if !(low <= s.coupling.Own[0]*(1+1e-6) && high >= s.coupling.Own[0]*(1-1e-6)) {
			t.Errorf("seed %d: %g is not between %g and %g", seed, s.coupling.Own[0], low, high)
		}
		if low > 0 && low < 0.9*high {
			apart++
		}
	}
	if apart < 10 {
		t.Errorf("%d brackets that are not closed", apart)
	}
}

// TestNearestAtCorners: an optimal token inside the hull of the others, on its edge, and
// equal others.
func TestNearestAtCorners(t *testing.T) {
	for name, c := range map[string]struct {
		v    [][]float64
		want float64
	}{
		"the origin inside": {[][]float64{{1, 0}, {-1, 1}, {-1, -1}}, 0},
		"on an edge":        {[][]float64{{1, 0}, {-1, 0}, {0, 3}}, 0},
		"equal":             {[][]float64{{1, 2}, {1, 2}, {1, 2}}, 5},
		"nearest a vertex":  {[][]float64{{1, 0}, {3, 1}, {3, -1}}, 1},
		"nearest an edge":   {[][]float64{{1, 1}, {1, -1}, {5, 0}}, 1},
	} {
		K := mat.NewSymDense(len(c.v), nil)
		for i := range c.v {
			for j := range c.v {
				K.SetSym(i, j, floats.Dot(c.v[i], c.v[j]))
			}
		}
		low, high, err := nearest(t.Context(), K)
		if err != nil {
			t.Fatal(name, err)
		}
		if math.Abs(low-c.want) > 1e-6 || math.Abs(high-c.want) > 1e-6 {
			t.Errorf("%s: between %g and %g, want %g", name, low, high, c.want)
		}
	}
}

// TestCouplingByHand: the numbers of the pair in the plane.
func TestCouplingByHand(t *testing.T) {
	for copies := 1; copies <= 5; copies += 2 {
		s := mustDerive(t)(StuckPair(copies))
		near(t, "ν_1", s.coupling.Own[0], 4, 1e-9)
		near(t, "ν_2", s.coupling.Own[1], 10, 1e-9)
		most := s.coupling.Most()
		near(t, "κ_12", most.At(0, 1), 6, 1e-12)
		near(t, "κ_21", most.At(1, 0), 6, 1e-12)
		near(t, "κ_11", most.At(0, 0), 0, 0)
		near(t, "‖W_mm‖²", s.all.Norm*s.all.Norm, 6.5, 1e-9)
		near(t, "D", floats.Max(s.coupling.Spread), 0, 1e-7) // a root of differences of round-off
		near(t, "o", mat.Max(s.coupling.Range), 0, 1e-12)
	}
	alpha := mustDerive(t)(StuckPair(1)).all.Alpha
	near(t, "α_1", alpha[0], 4, 1e-9)
	near(t, "α_2", alpha[1], 2.5, 1e-9)
	s := mustDerive(t)(FreePair(1))
	near(t, "K_12 of the control", s.k.K.At(0, 1), -3, 1e-12)
	near(t, "K_22 of the control", s.k.K.At(1, 1), 5, 1e-12)
}

// TestSpreadAndRange: D_i and o_ij against the matrices V themselves.
func TestSpreadAndRange(t *testing.T) {
	s := gaussianSetup(t, 3, 4, 6, 2)
	V := func(i, t int) *mat.Dense {
		var v mat.Dense
		x := floats.SubTo(make([]float64, s.p.D), s.p.Token(i, s.p.Opt[i]), s.p.Token(i, t))
		v.Outer(1, mat.NewVecDense(s.p.D, x), mat.NewVecDense(s.p.D, s.p.Query(i)))
		return &v
	}
	for i := range s.p.N {
		widest := 0.0
		for a := range s.p.T {
			for b := range s.p.T {
				if a != s.p.Opt[i] && b != s.p.Opt[i] {
					var d mat.Dense
					d.Sub(V(i, a), V(i, b))
					widest = math.Max(widest, mat.Norm(&d, 2))
				}
			}
		}
		near(t, "D", s.coupling.Spread[i], widest, 1e-9)
		least := math.Inf(1)
		for a := range s.p.T {
			for b := range s.p.T {
				if a != s.p.Opt[i] && b != s.p.Opt[i] {
					least = math.Min(least, InnerProduct(V(i, a), V(i, b)))
				}
			}
		}
		near(t, "k", s.coupling.Least[i], least, 1e-9)
		for j := range s.p.N {
			most, cross := 0.0, 0.0
			for b := range s.p.T {
				if b == s.p.Opt[j] {
					continue
				}
				low, high := math.Inf(1), math.Inf(-1)
				for a := range s.p.T {
					if a != s.p.Opt[i] {
						inner := InnerProduct(V(i, a), V(j, b))
						low, high = math.Min(low, inner), math.Max(high, inner)
						cross = math.Max(cross, -inner)
					}
				}
				most = math.Max(most, high-low)
			}
			near(t, "o", s.coupling.Range.At(i, j), most, 1e-9)
			if i != j {
				near(t, "κ", s.coupling.Most().At(i, j), cross, 1e-9)
			}
		}
	}
}

// TestTerms: ν' and κ' for steps of length l, and the most that one step lowers an s_i.
func TestTerms(t *testing.T) {
	s := gaussianSetup(t, 3, 4, 6, 2)
	c, m := s.coupling, s.k.T-1
	const l, omega = 0.7, 1.3
	for i := range s.k.N {
		got, plain := c.terms(i, l, omega, false), c.terms(i, l, omega, true)
		near(t, "ν'", got.own, c.Own[i]-l*c.Spread[i]*c.Range.At(i, i)/8, 1e-12)
		near(t, "k", plain.own, c.Least[i], 0)
		most := 0.0
		for row := range m {
			for j := range s.k.N {
				want := 0.0
				if j != i {
					want = c.Cross.At(i*m+row, j) + l*c.Spread[i]*c.Range.At(i, j)/8
					near(t, "κ of k", plain.cross.At(row, j), c.Cross.At(i*m+row, j), 0)
				}
				near(t, "κ'", got.cross.At(row, j), want, 1e-12)
				most = math.Max(most, want)
			}
		}
		near(t, "δ", got.drop, l*omega*most, 1e-12)
	}
}
