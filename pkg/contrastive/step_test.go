package contrastive

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The two-variable solver, the reduced program, and numbers of the dossier's numpy (a, b, g to
// the digits printed, L to 4·10⁻⁷).
func TestStepTable(t *testing.T) {
	for _, c := range []struct {
		k1, k2         int
		r, ratio, loss float64
		a, b, g        float64
		digits         float64
	}{
		{2, 2, 1, 1, 41.473391, -.33333, -.33333, -.33333, 5e-6},
		{2, 2, 1, 2, 76.485266, -.5462, -.3221, -.0854, 5e-5},
		{2, 2, 1, 5, 201.983760, -.7761, -.2680, .2828, 5e-5},
		{2, 2, 1, 10, 444.813929, -.89539, -.20117, .54739, 5e-6},
		{2, 2, 1, 20, 994.065147, -.9609, -.1310, .7543, 5e-5},
		{2, 2, 1, 100, 6405.290408, -.99776, -.03330, .98072, 6e-6},
		{2, 2, 2, 10, 419.169979, -.66529, -.32422, .25621, 5e-6},
		{2, 2, 10, 10, 403.045517, -.3808, -.3526, -.1968, 5e-5},
		{2, 2, 10, 100, 6226.472809, -.4042, -.3829, -.0159, 6e-5},
		{5, 5, 1, 10, 1302.664259, -.24293, -.04313, .16135, 5e-6},
		{5, 5, 1, 100, 17635.419384, -.2499, -.0055, .2448, 5e-5},
		{5, 5, 10, 10, 1007.649861, -.13639, -.13382, -.00371, 5e-6},
		{5, 5, 10, 100, 15566.442856, -.14491, -.16574, .15840, 5e-6},
		// The limits of large r, at k = 4 and k = 10.
		{2, 2, 30, 10, 0, -.3522, -.3402, -.2855, 5e-5},
		{2, 2, 100, 10, 0, -.3394, -.3354, -.3187, 5e-5},
		{2, 2, 300, 10, 0, -.3354, -.3340, -.3284, 5e-5},
		{5, 5, 30, 10, 0, -.1267, -.1194, -.0694, 5e-5},
		{5, 5, 100, 10, 0, -.1172, -.1138, -.0976, 5e-5},
		{5, 5, 300, 10, 0, -.1133, -.1120, -.1065, 5e-5},
	} {
		s, err := Step{R: c.r, K1: c.k1, K2: c.k2, Major: 5 * c.ratio, Minor: 5}.Solve()
		if err != nil {
			t.Fatal(err)
		}
		near(t, "a", s.Alpha, c.a, c.digits)
		near(t, "b", s.Beta, c.b, c.digits)
		near(t, "g", s.Gamma, c.g, c.digits)
		if c.loss > 0 {
			near(t, "L", s.Loss, c.loss, 6e-7)
		}
		if c.r > 100 {
			continue // e^{-2r} is below the least float64
		}
		p := problem(t, c.r, StepSizes(int(c.ratio), c.k1, c.k2, 5)...)
		best, err := p.Reduced(ctx, rng(t))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "excess of both solvers", s.Excess/best.Excess, 1, 1e-7)
		near(t, "a of both", best.M.At(0, 1), s.Alpha, 1e-5)
		near(t, "b of both", best.M.At(0, c.k1), s.Beta, 1e-5)
		near(t, "g of both", best.M.At(c.k1, c.k1+1), s.Gamma, 1e-5)
	}
}

// The derivatives by differences, and the minimum by comparison with its surroundings.
func TestStepDerivatives(t *testing.T) {
	for _, s := range []Step{{1, 2, 2, 50, 5}, {3, 5, 3, 30, 2}, {0.5, 1, 3, 40, 7}, {2, 3, 1, 40, 7}} {
		e, q := 0.4, 0.7
		if s.K1 == 1 {
			e = 1
		}
		if s.K2 == 1 {
			q = 1
		}
		const h = 1e-5
		at := func(e, q float64) float64 { v, _, _ := s.at(e, q); return v }
		_, de, dq := s.at(e, q)
		if s.K1 > 1 {
			near(t, "by e", de, (at(e+h, q)-at(e-h, q))/(2*h), 1e-5*(1+math.Abs(de)))
		}
		if s.K2 > 1 {
			near(t, "by q", dq, (at(e, q+h)-at(e, q-h))/(2*h), 1e-5*(1+math.Abs(dq)))
		}
		out, err := s.Solve()
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []float64{0.1, 0.5, 0.9, 1.3} {
			for _, y := range []float64{0.1, 0.5, 0.9, 1.7} {
				if s.K1 == 1 {
					x = 1
				}
				if s.K2 == 1 {
					y = 1
				}
				if v := at(x, y); v < out.Excess {
					t.Errorf("%+v: %v at (%v, %v) below the solution's %v", s, v, x, y, out.Excess)
				}
			}
		}
	}
}

// The two-variable formula is the reduced program's value at the block matrix it stands for.
func TestStepIsTheBlockMatrix(t *testing.T) {
	s := Step{R: 1.5, K1: 3, K2: 2, Major: 12, Minor: 4}
	e, q := 1.4, 0.6
	a, g, b := (e-1)/2, q-1, -math.Sqrt(e*q/6)
	M := mat.NewDense(5, 5, nil)
	for i := range 5 {
		for j := range 5 {
			switch {
			case i == j:
				M.Set(i, j, 1)
			case i < 3 && j < 3:
				M.Set(i, j, a)
			case i >= 3 && j >= 3:
				M.Set(i, j, g)
			default:
				M.Set(i, j, b)
			}
		}
	}
	want, _ := problem(t, 1.5, 12, 12, 12, 4, 4).ReducedExcess(M)
	got, _, _ := s.at(e, q)
	near(t, "excess", got, want, 1e-12)
	near(t, "M is on the boundary", LeastEigen(M), 0, 1e-12)
}

// Thresholds of the dossier (numpy, three to four digits), and what they mean.
func TestThreshold(t *testing.T) {
	for _, c := range []struct {
		k1, k2       int
		r, want, tol float64
	}{{2, 2, 1, 142.8, 0.1}, {2, 2, .5, 486, 1}, {2, 2, 2, 132.6, 0.1}, {2, 2, 4, 1185, 2}, {2, 4, 1, 286, 1}, {1, 2, 1, 24.4, 0.1}, {1, 3, 1, 36.5, 0.1}} {
		s := Step{R: c.r, K1: c.k1, K2: c.k2, Minor: 50}
		R, err := s.Threshold()
		if err != nil {
			t.Fatal(err)
		}
		near(t, "threshold", R, c.want, c.tol)
		for _, side := range []float64{0.99, 1.01} {
			s.Major = side * R * s.Minor
			out, err := s.Solve()
			if err != nil {
				t.Fatal(err)
			}
			if out.Merged != (side > 1) || (out.Gamma == 1) != out.Merged {
				t.Errorf("%+v at %v of the threshold: γ = %v, merged %t", s, side, out.Gamma, out.Merged)
			}
		}
	}
	if R, err := (Step{R: 1, K1: 5, K2: 5, Minor: 5}).Threshold(); err != nil || !math.IsInf(R, 1) {
		t.Errorf("five and five classes: threshold %v, %v, want none", R, err)
	}
}

// γ_∞ ≥ 1/(k₁-1) by the inequality of the means, and the numbers of the dossier.
func TestMinorityLimit(t *testing.T) {
	for _, c := range []struct {
		r    float64
		k1   int
		want float64
	}{{1, 5, .2559}, {3, 5, .4181}, {1, 3, .5182}, {2, 3, .6193}, {10, 2, 1.79}} {
		near(t, "γ_∞", MinorityLimit(c.r, c.k1), c.want, 5e-3*c.want)
	}
	for _, k1 := range []int{2, 3, 5, 20} {
		for _, r := range []float64{1e-3, 0.1, 1, 10, 50} {
			if g := MinorityLimit(r, k1); g < 1/float64(k1-1)-1e-9 {
				t.Errorf("k₁ = %d, r = %v: γ_∞ = %v below 1/(k₁-1)", k1, r, g)
			}
		}
	}
	// R(γ_∞ - γ(R)) tends to a constant (dossier: 2.52, 2.56, 2.57, 2.57).
	for i, want := range []float64{2.52, 2.56, 2.57, 2.57} {
		R := []float64{100, 300, 1000, 3000}[i]
		s, err := Step{R: 1, K1: 3, K2: 3, Major: 5 * R, Minor: 5}.Solve()
		if err != nil {
			t.Fatal(err)
		}
		near(t, "R(γ_∞ - γ)", R*(MinorityLimit(1, 3)-s.Gamma), want, 0.006)
	}
}
