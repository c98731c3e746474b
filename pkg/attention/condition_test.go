package attention

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// TestConditionsByHand: on the stuck pair w = (4, 5/2), κw = (15, 24); on the tower
// w = (7/16, 6/16), q = 7/8; and q0 of the stuck pair from the two pulls at 0, where
// γ_i(0) = e_i/4 and γ_2 has its maximum, as γ_1 has.
func TestConditionsByHand(t *testing.T) {
	s := mustDerive(t)(StuckPair(1))
	g := s.coupling.FromAnywhere(0, s.all.Norm)
	near(t, "q of the stuck pair", g.Q, 24, 1e-9)
	near(t, "w_1", g.W[0], 4, 1e-9)
	near(t, "w_2", g.W[1], 2.5, 1e-9)
	near(t, "row test", g.Row, 1.5, 1e-12)
	// ν_2 γ_2(0) against κ_21 max γ_1, f = log(T-1) = 0: z_1 = -1/2, z_2 = 3/2
	gamma1, gamma2 := sigmoid(0.5)/4, sigmoid(-1.5)/4
	near(t, "q0 of the stuck pair", s.coupling.FromZero(0, s.all.Norm, 0), 6*gamma1/(10*gamma2), 1e-9)

	p, _, err := TowerPair()
	tower := mustDerive(t)(p, err)
	g = tower.coupling.FromAnywhere(0, tower.all.Norm)
	near(t, "q of the tower", g.Q, 7./8, 1e-9)
	near(t, "w_1", g.W[0], 7./16, 1e-9)
	near(t, "w_2", g.W[1], 6./16, 1e-9)
	if g := tower.coupling.FromAnywhere(1e9, tower.all.Norm); g.Q != 7./8 && math.Abs(g.Q-7./8) > 1e-9 || g.Holds() {
		t.Errorf("for T = 2 steps of any length have the flow's q, and a drop that is too large: %+v", g)
	}
}

// TestRowTest: row sums below 1/2 imply (G), on random instances of every size.
func TestRowTest(t *testing.T) {
	below := 0
	for seed := range uint64(300) {
		s := gaussianSetup(t, 2+int(seed%4), 2+int(seed/4%3), 4+int(seed%23), seed)
		g := s.coupling.FromAnywhere(0, s.all.Norm)
		want := 0.0
		for i := range s.k.N {
			sum := 0.0
			for j := range s.k.N {
				sum += s.coupling.Most().At(i, j) / s.coupling.Own[j]
			}
			want = math.Max(want, sum)
		}
		near(t, "row sum", g.Row, want, 1e-12)
		if g.Row < 0.5 {
			below++
			if !(g.Q < 1) {
				t.Errorf("seed %d: row sum %g but q = %g", seed, g.Row, g.Q)
			}
		}
		for i, w := range g.W { // (diag ν - κ) w = 1
			sum := s.coupling.Own[i] * w
			for j, v := range g.W {
				sum -= s.coupling.Most().At(i, j) * v
			}
			if s.k.T > 2 {
				continue // the form with k_i may have been the better one
			}
			near(t, "(diag ν - κ) w", sum, 1, 1e-9)
		}
	}
	if below < 20 {
		t.Errorf("row sums below 1/2 on %d instances only", below)
	}
}

// TestLongestSteps: conditions get harder with the length, and the border is one.
func TestLongestSteps(t *testing.T) {
	for seed := range uint64(30) {
		s := gaussianSetup(t, 4, 3, 24, seed)
		for name, f := range map[string]func(float64) bool{
			"from zero":     func(l float64) bool { return s.coupling.FromZero(l, s.all.Norm, 0) < 1 },
			"from anywhere": func(l float64) bool { return s.coupling.FromAnywhere(l, s.all.Norm).Holds() },
		} {
			l := longest(10*s.all.Norm, f)
			if l == 0 {
				continue
			}
			if !f(l) || l < 10*s.all.Norm && f(l*(1+1e-5)) {
				t.Errorf("seed %d, %s: %g is not the border", seed, name, l)
			}
		}
		before := 0.0
		for _, l := range []float64{0, 0.01, 0.1, 0.3, 1} {
			q0 := s.coupling.FromZero(l*s.all.Norm, s.all.Norm, 0)
			if q0 < before {
				t.Errorf("seed %d: q0 falls from %g to %g as steps get longer", seed, before, q0)
			}
			before = q0
		}
	}
}

// TestFromZero attacks Theorem A: where (G0) allows for a step, no φ_{i,opt} falls below
// 1/T, under any method whose steps are no longer, and every run converges.
func TestFromZero(t *testing.T) {
	covered := 0
	for seed := range uint64(150) {
		s := gaussianSetup(t, 2+int(seed%5), 2+int(seed/5%3), 8+int(seed%31), seed)
		l := s.coupling.LongestFromZero(s.all.Norm, 3*s.all.Norm)
		if l == 0 {
			continue
		}
		covered++
		floor := -math.Log(float64(s.k.T - 1))
		runs := []KernelRun{
			{Method: NGD, Eta: l}, {Method: NGD, Eta: l / 7},
			{Method: Clipped, Eta: 0.5, Longest: l},
			{Method: GD, Eta: l / s.gradientBound()},
		}
		for _, r := range runs {
			r.Steps = 300
			if _, err := s.k.Run(r, func(st KernelState) bool {
				if least := floats.Min(st.S); !(least >= floor-1e-9) {
					t.Errorf("seed %d, %s with step %g: s falls to %g, below %g, at step %d", seed, r.Method, r.Eta, least, floor, st.Step)
					return false
				}
				return true
			}); err != nil {
				t.Fatal(err)
			}
		}
		o, err := s.k.Settle(t.Context(), KernelRun{Method: NGD, Eta: math.Min(l, 0.3*s.all.Norm), Steps: 20000}, s.all)
		if err != nil || o.End != Converged {
			t.Errorf("seed %d: %+v, %v", seed, o, err)
		}
	}
	if covered < 40 {
		t.Errorf("(G0) holds on %d instances only", covered)
	}
}

// gradientBound is a bound on ‖∇L‖ everywhere: Σ_j B_j max γ_j/n.
func (s *setup) gradientBound() float64 {
	sum, m := 0.0, s.k.T-1
	for j := range s.k.N {
		most := 0.0
		for r := j * m; r < (j+1)*m; r++ {
			most = math.Max(most, math.Sqrt(s.k.K.At(r, r)))
		}
		sum += most * math.Exp(s.k.LogPeak(j, -50)) / float64(s.k.N)
	}
	return sum
}

// TestFromAnywhere attacks Theorem B: where (G) holds, runs converge from starts of every
// size, also those that point at the max-margin solution of a subset and away from W_mm.
func TestFromAnywhere(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	covered := 0
	for seed := range uint64(120) {
		s := gaussianSetup(t, 2+int(seed%4), 2+int(seed/4%3), 6+int(seed%31), seed)
		if !s.coupling.FromAnywhere(0, s.all.Norm).Holds() {
			continue
		}
		l := s.coupling.LongestFromAnywhere(s.all.Norm, 0.3*s.all.Norm)
		covered++
		for _, start := range s.starts(t, rng) {
			start.Method, start.Eta, start.Steps = NGD, l, 100000
			o, err := s.k.Settle(t.Context(), start, s.all)
			if err != nil || o.End != Converged {
				t.Errorf("seed %d, start of norm %g, step %g: %+v, %v", seed, start.Norm, l, o, err)
			}
		}
	}
	if covered < 30 {
		t.Errorf("(G) holds on %d instances only", covered)
	}
}

// starts are far starts: random, against W_mm, and along a subset's solution.
func (s *setup) starts(t testing.TB, rng *rand.Rand) []KernelRun {
	t.Helper()
	along := func(c float64, sub *Subset) KernelRun {
		a := make([]float64, len(sub.A))
		floats.ScaleTo(a, c, sub.A)
		return KernelRun{Start: a, Norm: math.Abs(c) * sub.Norm}
	}
	one, err := s.k.Subset(t.Context(), []int{rng.IntN(s.k.N)})
	if err != nil {
		t.Fatal(err)
	}
	W := randomW(s.p.D, 1, rng)
	W.Scale(10*s.all.Norm/mat.Norm(W, 2), W)
	return []KernelRun{
		{Start: s.p.At(W).Margins(), Norm: 10 * s.all.Norm},
		along(-5, s.all), along(20, one),
	}
}

// TestOrthogonalTokens: (A3) with its constant implies the row test, as derived.
func TestOrthogonalTokens(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	for range 40 {
		n, tokens := 1+rng.IntN(4), 2+rng.IntN(3)
		total := n * tokens
		d := total + 3
		tau := 1 / (4 * float64(total))
		// tokens whose products are within ±τ/2 of an orthonormal system, optimal ones of norm 1
		data := &Data{N: n, T: tokens, D: d, X: make([]float64, total*d), Y: make([]float64, n)}
		u := make([]float64, d)
		u[d-1] = 1
		for i := range n {
			data.Y[i] = 1
			opt := rng.IntN(tokens)
			for k := range tokens {
				x := data.Token(i, k)
				x[i*tokens+k] = 1
				for j := range total {
					if j != i*tokens+k {
						x[j] = (rng.Float64() - 0.5) * tau / 2 / math.Sqrt(float64(total))
					}
				}
				floats.Scale(1/floats.Norm(x, 2), x)
				if k == opt {
					x[d-1] = 1e-3 // a score without a norm to speak of
					floats.Scale(1/floats.Norm(x, 2), x)
				}
			}
		}
		p, err := New(data, u)
		if err != nil {
			t.Fatal(err)
		}
		if c := p.Assumptions().Coherence; c > 1 {
			t.Fatalf("coherence %g", c)
		}
		s := mustDerive(t)(p, nil)
		limit := 3 * float64(n-1) * tau / (1 - 2*tau)
		if row := s.coupling.FromAnywhere(0, s.all.Norm).Row; !(row <= limit+1e-5) || !(row < 0.5) {
			t.Errorf("n = %d, T = %d: row sum %g, at most %g", n, tokens, row, limit)
		}
	}
}

// TestFromZeroOnAGrid: q0 against its definition, with every maximum and minimum taken
// on a grid.
func TestFromZeroOnAGrid(t *testing.T) {
	for seed := range uint64(40) {
		s := gaussianSetup(t, 3, 2+int(seed%4), 14, seed)
		c := s.coupling
		for _, length := range []float64{0, 0.05, 0.4} {
			f := math.Log(float64(s.k.T - 1))
			peak := make([]float64, s.k.N)
			for j := range peak {
				for v := -f; v < 12; v += 0.01 {
					peak[j] = math.Max(peak[j], math.Exp(c.LogPull(j, v)))
				}
			}
			worst := 0.0
			for i := range s.k.N {
				ratio := math.Inf(1)
				for _, least := range []bool{false, true} {
					terms := c.terms(i, length*s.all.Norm, s.all.Norm, least)
					if terms.own <= 0 {
						continue
					}
					left, right := math.Inf(1), 0.0
					for step := range 501 {
						left = math.Min(left, math.Exp(c.LogPull(i, -f+terms.drop*float64(step)/500)))
					}
					for row := range s.k.T - 1 {
						sum := 0.0
						for j := range s.k.N {
							sum += terms.cross.At(row, j) * peak[j]
						}
						right = math.Max(right, sum)
					}
					ratio = math.Min(ratio, right/(terms.own*left))
				}
				worst = math.Max(worst, ratio)
			}
			if math.IsInf(worst, 1) {
				continue
			}
			near(t, "q0", c.FromZero(length*s.all.Norm, s.all.Norm, 0), worst, 1e-3)
		}
	}
}
