package maxmargin

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

const (
	// feasibleTol is for constraints that answers meet up to the rounding of sums
	// of some hundred terms of order one.
	feasibleTol = 1e-13
	// proxyTol is the relative distance of the proxy from the optimal value below
	// which the solver's tolerance cannot tell the two apart.
	proxyTol = 3 * nuclearTolerance
)

// allSupports returns all supports of k tokens.
func allSupports(tokens, k int) [][]int {
	if k == 0 {
		return [][]int{nil}
	}
	var out [][]int
	for last := k - 1; last < tokens; last++ {
		for _, s := range allSupports(last, k-1) {
			out = append(out, append(s[:len(s):len(s)], last))
		}
	}
	return out
}

func mustNuclear(t *testing.T, tokens int, supports [][]int) *Nuclear {
	t.Helper()
	p, err := NewNuclear(tokens, supports)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// checkNuclear tests an answer in plain loops, apart from the solver's own
// certificate: both matrices are feasible and their values agree within tol.
func checkNuclear(t *testing.T, tokens int, supports [][]int, sol *NuclearSolution, err error, tol float64) {
	t.Helper()
	if err != nil || sol == nil || sol.Status != convex.Optimal {
		t.Fatalf("got %v, error %v: want an optimal solution", sol, err)
	}
	worst := map[string]float64{}
	note := func(name string, v float64) { worst[name] = math.Max(worst[name], v) }
	dual := 0.0
	for j, s := range supports {
		inside := map[int]bool{}
		for _, z := range s {
			inside[z] = true
		}
		var sumL, sumA float64
		for v := range tokens {
			l, a := sol.L.At(v, j), sol.A.At(v, j)
			sumL += l
			sumA += a
			margin := sol.L.At(s[0], j) - l
			if inside[v] {
				note("equality", math.Abs(margin))
				continue
			}
			dual -= a
			note("margin", 1-margin)
			note("sign of the dual", a)
			note("complementarity", math.Abs(a*(margin-1))/math.Max(1, sol.Primal))
		}
		note("sum of a column", math.Abs(sumL))
		note("sum of a column of the dual", math.Abs(sumA))
	}
	norm := qptest.SingularValues(t, sol.A)
	if len(norm) > 0 {
		note("norm of the dual", norm[0]-1)
	}
	for name, v := range worst {
		if !(v <= feasibleTol) && name != "complementarity" {
			t.Errorf("%s is off by %g, more than %g (%v)", name, v, feasibleTol, sol)
		}
	}
	singular := qptest.SingularValues(t, sol.L)
	qptest.CheckSame(t, "singular values", sol.Singular, singular, feasibleTol*math.Sqrt(float64(len(singular))))
	size := math.Max(1, sol.Primal)
	for name, v := range map[string]float64{
		"gap":             (floats.Sum(singular) - dual) / size,
		"primal value":    math.Abs(floats.Sum(singular)-sol.Primal) / size,
		"dual value":      math.Abs(dual-sol.Dual) / size,
		"complementarity": worst["complementarity"],
		"residual":        sol.Residual,
	} {
		if !(v <= tol) {
			t.Errorf("%s is off by %g, more than %g (%v)", name, v, tol, sol)
		}
	}
}

// TestNuclearClosedForms are patterns for which the proxy is the solution, with
// singular values known from S Sᵀ.
func TestNuclearClosedForms(t *testing.T) {
	fano := [][]int{{0, 1, 2}, {0, 3, 4}, {0, 5, 6}, {1, 3, 5}, {1, 4, 6}, {2, 3, 6}, {2, 4, 5}}
	repeat := func(counts ...int) (out [][]int) {
		for v, n := range counts {
			for range n {
				out = append(out, []int{v})
			}
		}
		return out
	}
	for _, test := range []struct {
		name     string
		tokens   int
		supports [][]int
		equal    float64 // the tokens - 1 singular values that are not zero, 0 if they differ
	}{
		{"neural collapse", 5, repeat(4, 4, 4, 4, 4), 2},
		{"one-hot, imbalanced", 4, repeat(10, 10, 1, 1), 0},
		{"one-hot, one majority", 5, repeat(100, 1, 1, 1, 1), 0},
		{"one-hot, all different", 5, repeat(5, 4, 3, 2, 1), 0},
		// S Sᵀ = α I + β 1 1ᵀ with α = binom(V-2, k-1).
		{"pairs of six", 6, allSupports(6, 2), math.Sqrt(4)},
		{"triples of seven", 7, allSupports(7, 3), math.Sqrt(10)},
		{"Fano plane", 7, fano, math.Sqrt2},
		{"disjoint blocks", 7, [][]int{{0, 1, 2}, {0, 1, 2}, {3, 4}, {5}, {5}, {5}, {6}}, 0},
		{"nested", 4, [][]int{{0}, {0, 1}, {0, 1, 2}}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := mustNuclear(t, test.tokens, test.supports)
			sol, err := p.Solve(background, nil, nil)
			checkNuclear(t, test.tokens, test.supports, sol, err, nuclearTolerance)
			if sol.Iterations != 0 {
				t.Errorf("%d iterations: the proxy should be the answer at once", sol.Iterations)
			}
			if d := qptest.Distance(sol.L, p.Proxy()); !(d <= qptest.ExactTol) {
				t.Errorf("%g from the proxy", d)
			}
			for i, s := range sol.Singular {
				want := test.equal
				if i >= test.tokens-1 {
					want = 0
				}
				if test.equal > 0 && !(math.Abs(s-want) <= qptest.ExactTol) {
					t.Errorf("singular value %d is %g, want %g", i, s, want)
				}
			}
		})
	}
}

// TestNuclearLessons compares with an independent computation of the same data by
// another method, to its printed digits.
func TestNuclearLessons(t *testing.T) {
	p := mustNuclear(t, 31, qptest.Lessons)
	sol, err := p.Solve(background, nil, nil)
	checkNuclear(t, 31, qptest.Lessons, sol, err, nuclearTolerance)
	if k := len(p.merged.n); k != 14 {
		t.Errorf("%d different supports, want 14", k)
	}
	proxy := p.Proxy()
	near := func(name string, got, want, tol float64) {
		if !(math.Abs(got-want) <= tol) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	near("‖L‖_*", sol.Primal, 23.061, 5e-4)
	near("‖proxy‖_*", floats.Sum(qptest.SingularValues(t, proxy)), 23.146, 5e-4)
	for i, want := range []float64{3.12, 2.92, 2.24, 2.04, 1.82, 1.73, 1.49, 1.41, 1.41, 1.41, 1.41, 1, 1, 0.05, 0, 0} {
		near("singular value", sol.Singular[i], want, 5e-3)
	}
	var l, x mat.Dense
	l.Scale(1/mat.Norm(sol.L, 2), sol.L)
	x.Scale(1/mat.Norm(proxy, 2), proxy)
	near("distance of the directions", qptest.Distance(&l, &x), 0.153, 5e-4)
	for _, pair := range [][2]int{{0, 1}, {6, 12}} {
		for v := range 31 {
			near("difference of contexts of one support", sol.L.At(v, pair[0]), sol.L.At(v, pair[1]), 0)
		}
	}
}

// TestNuclearProxy decides by the polar factor of the proxy whether the proxy is
// the solution.
func TestNuclearProxy(t *testing.T) {
	exact := 0
	const draws = 40
	for seed := range uint64(draws) {
		rng := qptest.Rand(seed)
		const tokens = 8
		supports := qptest.Supports(rng, tokens, 4+rng.IntN(60), 1, 4)
		p := mustNuclear(t, tokens, supports)
		polar, singular, err := convex.Polar(p.Proxy())
		if err != nil {
			t.Fatal(err)
		}
		sol, err := p.Solve(background, nil, nil)
		checkNuclear(t, tokens, supports, sol, err, nuclearTolerance)
		off := p.OffSupport(polar)
		gain := floats.Sum(singular)/sol.Primal - 1
		switch {
		case off <= 0:
			exact++
			if sol.Iterations != 0 || !(math.Abs(gain) <= proxyTol) {
				t.Errorf("draw %d: off-support entries up to %g, yet the solution is better by %g", seed, off, gain)
			}
		case off > 1e-3 && !(gain > proxyTol): // the gain is of second order in off
			t.Errorf("draw %d: an off-support entry of %g, yet the solution is better by %g only", seed, off, gain)
		}
	}
	if exact == 0 || exact == draws {
		t.Errorf("%d of %d proxies are exact: both cases are needed", exact, draws)
	}
}

// TestNuclearSweep draws programs of all shapes, and starts.
func TestNuclearSweep(t *testing.T) {
	for seed := range uint64(150) {
		rng := qptest.Rand(3000 + seed)
		tokens, m := 1+rng.IntN(12), 1+rng.IntN(20)
		supports := qptest.Supports(rng, tokens, m, 1, tokens)
		p := mustNuclear(t, tokens, supports)
		first, err := p.Solve(background, nil, nil)
		checkNuclear(t, tokens, supports, first, err, nuclearTolerance)
		start := qptest.Normals(rng, tokens, m)
		start.Scale(math.Exp(4*rng.NormFloat64()), start)
		second, err := p.Solve(background, nil, start)
		checkNuclear(t, tokens, supports, second, err, nuclearTolerance)
		if d := math.Abs(first.Primal - second.Primal); !(d <= 2*nuclearTolerance*math.Max(1, first.Primal)) {
			t.Errorf("draw %d: norms %v and %v from two starts", seed, first.Primal, second.Primal)
		}
	}
}

// TestNuclearUnmerged solves programs with every token and context apart.
func TestNuclearUnmerged(t *testing.T) {
	for seed := range uint64(5) {
		rng := qptest.Rand(seed)
		const tokens, m = 12, 30
		supports := qptest.Supports(rng, tokens, 6, 2, 3)
		for range m - 6 {
			supports = append(supports, supports[rng.IntN(6)])
		}
		p := mustNuclear(t, tokens, supports)
		want, err := p.Solve(background, nil, nil)
		checkNuclear(t, tokens, supports, want, err, nuclearTolerance)

		apart := &merged{tokens: tokens, in: p.supports, off: p.outside}
		for v := range tokens {
			apart.r, apart.token = append(apart.r, 1), append(apart.token, v)
		}
		for j := range m {
			apart.n, apart.context = append(apart.n, 1), append(apart.context, j)
		}
		p.merged = apart
		got, err := p.Solve(background, nil, qptest.Normals(rng, tokens, m))
		checkNuclear(t, tokens, supports, got, err, nuclearTolerance)
		if d := qptest.Distance(got.L, want.L) / mat.Norm(want.L, 2); !(d <= 1e-5) { // the root of the gap
			t.Errorf("draw %d: solutions differ by %g", seed, d)
		}
	}
}

// TestNuclearSpecialSupports has supports of all tokens, tokens in every support,
// and tokens in none.
func TestNuclearSpecialSupports(t *testing.T) {
	for name, test := range map[string]struct {
		tokens   int
		supports [][]int
	}{
		"one token":                {1, [][]int{{0}}},
		"all supports full":        {3, [][]int{{0, 1, 2}, {2, 1, 0}}},
		"one support full":         {3, [][]int{{0}, {0, 1, 2}, {1, 2}}},
		"a token in every support": {4, [][]int{{0, 1}, {0, 2}, {0, 3}}},
		"a token in none":          {5, [][]int{{0, 1}, {1, 2}, {3}}},
		"one context":              {4, [][]int{{1, 3}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := mustNuclear(t, test.tokens, test.supports)
			sol, err := p.Solve(background, nil, nil)
			checkNuclear(t, test.tokens, test.supports, sol, err, nuclearTolerance)
			for j, s := range test.supports {
				if len(s) == test.tokens && mat.Norm(sol.L.ColView(j), 2) != 0 {
					t.Errorf("column %d of a full support is not zero", j)
				}
			}
		})
	}
	// One context of k of V tokens: the norm is that of its centred indicator.
	p := mustNuclear(t, 4, [][]int{{1, 3}})
	sol, err := p.Solve(background, nil, nil)
	if err != nil || !(math.Abs(sol.Primal-1) <= qptest.ExactTol) {
		t.Errorf("norm %v, error %v: want 1", sol.Primal, err)
	}
}

// TestNuclearRerun takes some iterations twice, and on one to three processors: the
// same bits.
func TestNuclearRerun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	rng := qptest.Rand(8)
	p := mustNuclear(t, 70, qptest.Supports(rng, 70, 66, 2, 4)) // more than a block of the product
	var want *NuclearSolution
	for _, procs := range []int{1, 1, 2, 3} {
		runtime.GOMAXPROCS(procs)
		got, err := p.Solve(background, &convex.Options{Iterations: 15}, nil)
		if !errors.Is(err, convex.ErrInaccurate) {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !mat.Equal(got.L, want.L) || !mat.Equal(got.A, want.A) || got.Certificate != want.Certificate {
			t.Errorf("another answer on %d processors", procs)
		}
	}
}

func TestNuclearInput(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		name     string
		tokens   int
		supports [][]int
		says     string
	}{
		{"no tokens", 0, [][]int{{0}}, "0 tokens"},
		{"no contexts", 3, nil, "0 supports"},
		{"empty support", 3, [][]int{{0}, {}}, "context 1"},
		{"token out of range", 3, [][]int{{0, 3}}, "context 0"},
		{"negative token", 3, [][]int{{-1}}, "context 0"},
		{"token twice", 3, [][]int{{2, 0, 2}}, "context 0"},
	} {
		p, err := NewNuclear(test.tokens, test.supports)
		if !errors.Is(err, convex.ErrInput) || p != nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, error %v: want an error that names %q", test.name, p, err, test.says)
		}
	}
	p := mustNuclear(t, 3, [][]int{{0}, {1, 2}})
	for name, start := range map[string]*mat.Dense{
		"of 2 by 3": mat.NewDense(2, 3, nil), "(1, 0)": mat.NewDense(3, 2, []float64{0, 0, nan, 0, 0, 0}),
	} {
		if sol, err := p.Solve(background, nil, start); !errors.Is(err, convex.ErrInput) || sol != nil || !strings.Contains(err.Error(), name) {
			t.Errorf("start: got %v, error %v: want an error that names %q", sol, err, name)
		}
	}
	if _, err := p.Solve(background, &convex.Options{Tolerance: -1}, nil); !errors.Is(err, convex.ErrInput) {
		t.Errorf("negative tolerance: got error %v", err)
	}
}

func TestNuclearStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	cancel()
	p := mustNuclear(t, 31, qptest.Lessons)
	sol, err := p.Solve(ctx, nil, nil)
	if !errors.Is(err, context.Canceled) || sol == nil || sol.Status != convex.Canceled {
		t.Errorf("got %v, error %v: want %v", sol, err, context.Canceled)
	}
	for name, o := range map[string]*convex.Options{"iterations": {Iterations: 3}, "tolerance": {Tolerance: 1e-40}} {
		sol, err := p.Solve(background, o, nil)
		if !errors.Is(err, convex.ErrInaccurate) || sol == nil || sol.Status != convex.Inaccurate || !strings.Contains(sol.String(), "inaccurate") {
			t.Fatalf("%s: got %v, error %v: want %v", name, sol, err, convex.ErrInaccurate)
		}
		if o.Iterations == 0 && !(sol.Residual <= nuclearTolerance) {
			t.Errorf("%s: stopped at %v", name, sol)
		}
		// Both matrices are feasible even so.
		if v := max(p.Violation(sol.L), sol.DualNorm-1, sol.DualSum, p.OffSupport(sol.A)); !(v <= feasibleTol) {
			t.Errorf("%s: a constraint is violated by %g", name, v)
		}
	}
}
