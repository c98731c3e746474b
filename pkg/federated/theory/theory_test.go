package theory

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// Every line of the chain holds, on classes small enough to be broken by a smaller constant.
func TestGaps(t *testing.T) {
	rng := testkit.Rand(1)
	worst, one, disc, delta := 0.0, 0, 0, 0
	for range 4000 {
		M := 1 + rng.IntN(4)
		clients := make([]Client, M)
		for i, D := range Dirichlet(rng, M, 3, 1) {
			clients[i] = Client{D, Sample(rng, D, 1+rng.IntN(5))}
		}
		H, a := Losses(rng, 2, 3), Dirichlet(rng, 1, M, 1)[0]
		gaps, err := H.Gaps(clients, a)
		if err != nil {
			t.Fatal(err)
		}
		for i := range clients {
			chain := H.Chain(clients, a, i)
			for k := 1; k < len(chain); k++ {
				if chain[k] < chain[k-1]-1e-12 {
					t.Fatalf("term %d of the chain is %v after %v", k+1, chain[k], chain[k-1])
				}
			}
		}
		for _, g := range gaps {
			if b := g.Bound(1, 2); g.Gap > b+1e-12 {
				t.Fatalf("gap %v above its bound %v", g.Gap, b)
			} else if b > 0 {
				worst = max(worst, g.Gap/b)
			}
			for k, b := range []float64{g.Bound(1, 1), g.Bound(1, 0), g.Bound(0, 2)} {
				if g.Gap > b+1e-12 {
					*[]*int{&one, &disc, &delta}[k]++
				}
			}
		}
	}
	if one == 0 || disc == 0 || delta == 0 || worst < 0.8 {
		t.Errorf("factor one broken %d times, the discrepancy alone %d, no discrepancy %d, largest ratio %v: want some of each and at least 0.8", one, disc, delta, worst)
	}
}

// The risks of one hypothesis, by hand; and the instance in which the bound is the gap.
func TestAttained(t *testing.T) {
	H, clients := Tight()
	gaps, err := H.Gaps(clients, Uniform(2))
	if err != nil {
		t.Fatal(err)
	}
	want := Gap{Gap: 0.4, Disc: 0.2, Global: 0.1, Local: 0}
	for k, pair := range [][2]float64{{gaps[0].Gap, want.Gap}, {gaps[0].Disc, want.Disc}, {gaps[0].Global, want.Global}, {gaps[0].Local, want.Local}, {gaps[0].Bound(1, 2), 0.4}} {
		testkit.Near(t, fmt.Sprintf("number %d of the tight instance", k), pair[0], pair[1], 1e-12)
	}
	for k, v := range H.Chain(clients, Uniform(2), 0) {
		testkit.Near(t, fmt.Sprintf("term %d of the chain, which has equality everywhere", k+1), v, 0.6, 1e-12)
	}
	testkit.Near(t, "risk", Class{{1, 0, 1}}.Risks([]float64{0.2, 0.5, 0.3})[0], 0.5, 1e-15)
	testkit.Near(t, "weighted proxy", Proxy([]float64{0.25, 0.75}, []int{10, 30}), 1.0/40, 1e-15)
	// ln(2·1/δ) = 2 for δ = 2e⁻²: √(2/(2·50)).
	testkit.Near(t, "Hoeffding", Hoeffding(1, 0.02, 2*math.Exp(-2)), math.Sqrt(0.02), 1e-15)
	testkit.Near(t, "Hoeffding, five hypotheses", Hoeffding(5, 0.02, 10*math.Exp(-2)), math.Sqrt(0.02), 1e-15)
}

func TestGapsRefuse(t *testing.T) {
	good := Client{[]float64{1, 0}, []int{1, 0}}
	for name, c := range map[string]struct {
		clients []Client
		a       []float64
		words   string
	}{
		"nobody":          {nil, nil, "at least one"},
		"no sample":       {[]Client{{[]float64{1, 0}, []int{0, 0}}}, []float64{1}, "no sample"},
		"weights":         {[]Client{good}, []float64{0.5}, "add up to 0.5"},
		"negative weight": {[]Client{good, good}, []float64{-1, 2}, "not negative"},
		"another domain":  {[]Client{{[]float64{1}, []int{1}}}, []float64{1}, "for each of the 2"},
	} {
		_, err := Class{{0, 1}}.Gaps(c.clients, c.a)
		if err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v, want an error that says %q", name, err, c.words)
		}
	}
}

// Points of the simplex have the mean and the variance of the Dirichlet distribution.
func TestDirichlet(t *testing.T) {
	rng := testkit.Rand(2)
	for _, c := range []float64{0.05, 1, 20} {
		const n, G = 20000, 4
		mean, square := 0.0, 0.0
		for _, a := range Dirichlet(rng, n, G, c) {
			sum := 0.0
			for _, v := range a {
				sum += v
			}
			testkit.Near(t, "sum", sum, 1, 1e-12)
			mean, square = mean+a[2]/n, square+a[2]*a[2]/n
		}
		want := (1.0 / G) * (1 - 1.0/G) / (G*c + 1)
		testkit.Near(t, "mean", mean, 0.25, 4*math.Sqrt(want/n))
		testkit.Near(t, "variance over the formula", (square-mean*mean)/want, 1, 0.1) // its relative error is about 2/√n for c ≥ 1, three times that for .05
	}
	for z := range 3 {
		point := make([]float64, 3)
		point[z] = 1
		if got := Sample(rng, point, 7); got[z] != 7 || len(got) != 3 {
			t.Errorf("a sample of the point %d is %v", z, got)
		}
	}
}

// The discrepancy of mixtures, with equality for two groups.
func TestMixedDiscrepancy(t *testing.T) {
	rng := testkit.Rand(3)
	for k := range 1000 {
		G, M, n := 1+rng.IntN(5), 1+rng.IntN(5), 1+rng.IntN(6)
		H := Losses(rng, 1+rng.IntN(6), n)
		groups := make([][]float64, G)
		P := Dirichlet(rng, G, n, 1)
		for g := range P {
			groups[g] = H.Risks(P[g])
		}
		alpha := Dirichlet(rng, M, G, 1)
		mean := Mix(Dirichlet(rng, 1, M, 1)[0], alpha)
		for _, a := range alpha {
			disc, bound := Sup(H.Risks(Mix(mean, P)), H.Risks(Mix(a, P))), TV(mean, a)*Range(groups)
			if disc > bound+1e-12 || G == 2 && disc < bound-1e-12 {
				t.Fatalf("instance %d with %d groups: discrepancy %v, bound %v", k, G, disc, bound)
			}
		}
	}
}

// mixture draws one of any size from one up.
func mixture(rng *rand.Rand) Mixture {
	G, M, d := 1+rng.IntN(5), 1+rng.IntN(6), 1+rng.IntN(4)
	return Mixture{Gaussian(rng, G, d, 1), Dirichlet(rng, M, G, 0.5), Dirichlet(rng, 1, M, 2)[0], rng.Float64()}
}

func TestMixture(t *testing.T) {
	rng := testkit.Rand(4)
	for range 500 {
		x := mixture(rng)
		if err := x.Check(); err != nil {
			t.Fatal(err)
		}
		for i := range x.Alpha {
			best := x.At(x.Alpha[i])
			least := x.Risk(i, best)
			testkit.Near(t, "regret", x.Regret(i), x.Risk(i, x.At(x.Mean()))-least, 1e-12)
			for j := range best { // the gradient at the minimum, by central differences
				up, down := append([]float64{}, best...), append([]float64{}, best...)
				up[j], down[j] = up[j]+1e-3, down[j]-1e-3
				testkit.Near(t, "gradient", x.Risk(i, up), x.Risk(i, down), 1e-12)
				testkit.Near(t, "curvature", (x.Risk(i, up)-least)/1e-6, 1, 1e-6)
			}
			if r, b := x.Regret(i), x.RegretBound(i); r > b+1e-12 || len(x.W) == 2 && r < b-1e-12 {
				t.Fatalf("regret %v, bound %v with %d groups", r, b, len(x.W))
			}
			testkit.Near(t, "perfect selector", x.Selected(i, Flat(len(x.W), 0)), x.Noise, 1e-12)
		}
	}
	x := Mixture{W: [][]float64{{1, 0}, {-1, 0}}, Alpha: [][]float64{{0.5, 0.5}, {1, 0}}, P: Uniform(2), Noise: 0.25}
	// A coin for a selector: half of the time ‖w_h − w_g‖² = 4.
	testkit.Near(t, "guessing", x.Selected(0, Flat(2, 1)), 0.25+2, 1e-12)
	testkit.Near(t, "right, where a third of the guesses is", Flat(3, 0.3)[1][1], 0.8, 1e-15)
	testkit.Near(t, "wrong", Flat(3, 0.3)[1][2], 0.1, 1e-15)
	testkit.Near(t, "spread", x.Spread(), 1, 1e-12)
	x.Alpha = [][]float64{{0.5, 0.5}, {1, 1}}
	if err := x.Check(); err == nil || !strings.Contains(err.Error(), "client 1 add up to 2") {
		t.Errorf("shares of 2: %v", err)
	}
	x.Alpha = [][]float64{{1}, {1}}
	if err := x.Check(); err == nil || !strings.Contains(err.Error(), "each of 2 groups") {
		t.Errorf("a share too few: %v", err)
	}
}

// The law of the mean regret, against draws; the mean of 2000 scatters by about half a percent.
func TestDirichletRegret(t *testing.T) {
	rng := testkit.Rand(5)
	for _, c := range []float64{0.2, 1, 5} {
		x, sum := Mixture{W: Gaussian(rng, 4, 3, 1), P: Uniform(3)}, 0.0
		for range 2000 {
			x.Alpha = Dirichlet(rng, 3, 4, c)
			sum += x.MeanRegret() / 2000
		}
		testkit.Near(t, "mean regret over the law", sum/x.DirichletRegret(c), 1, 0.06)
	}
}

// Inputs are isotropic in every group, a selector by shells makes no mistake, and the risk by
// enumeration is the formula for guessers.
func TestInputs(t *testing.T) {
	rng := testkit.Rand(6)
	for d := 1; d <= 3; d++ {
		taus := []float64{0.2, 0.5, 0.8}
		inputs := make([]Inputs, len(taus))
		for g, tau := range taus {
			inputs[g] = Shell(d, tau)
			for j := range d {
				for k := range d {
					sum := 0.0
					for _, x := range inputs[g] {
						sum += x[j] * x[k] / float64(len(inputs[g]))
					}
					want := 0.0
					if j == k {
						want = 1
					}
					testkit.Near(t, "E x xᵀ", sum, want, 1e-12)
				}
			}
		}
		c := Confused(inputs, ByShell(taus))
		for g := range c {
			testkit.Near(t, "selector", c[g][g], 1, 1e-12)
		}
		x := Mixture{Gaussian(rng, 3, d, 1), Dirichlet(rng, 2, 3, 1), Uniform(2), 0.1}
		for i := range x.Alpha {
			testkit.Near(t, "risk with a perfect selector", x.Measured(i, inputs, ByShell(taus)), 0.1, 1e-12)
			testkit.Near(t, "risk of one model", x.Measured(i, inputs, func([]float64) int { return 1 }), x.Risk(i, x.W[1]), 1e-12)
			always := Confusion{{0, 1, 0}, {0, 1, 0}, {0, 1, 0}}
			testkit.Near(t, "formula of one model", x.Selected(i, always), x.Risk(i, x.W[1]), 1e-12)
		}
	}
}
