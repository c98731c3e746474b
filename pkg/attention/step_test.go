package attention

import (
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// The sums over pairs that finish leaves out, on 600 runs of three sequences of five tokens:
// attention from uniform to saturated on any token, ties of attention, of scores, of both,
// whole sequences of one score. Tokens are unit vectors, so that the direction is the pulls.
func TestPullsInPairs(t *testing.T) {
	const (
		R, N, T = 600, 3, 5
		D       = N * T
	)
	rng := rand.New(rand.NewPCG(16, 11))
	var X, Q, gap, other, e, logPhi []float64
	want, scale := make([][]float64, R), make([]float64, R)
	unresolved := 0
	for r := range R {
		spread := []float64{0, 0.1, 1, 30, 700, 1e5}[r%6]
		g, lp, pull := make([]float64, N*T), make([]float64, N*T), make([]float64, N)
		for i := range N {
			for s := range T {
				g[i*T+s] = []float64{rng.NormFloat64(), float64(rng.IntN(3)), 1}[min(rng.IntN(7)/3, r/6%3)]
				if r%50 == 0 {
					g[i*T+s] = 1
				}
				lp[i*T+s] = spread * rng.NormFloat64()
				if s > 0 && rng.IntN(4) == 0 { // as much attention as another token
					lp[i*T+s] = lp[i*T+rng.IntN(s)]
				}
			}
			row := lp[i*T : i*T+T]
			floats.AddConst(-floats.LogSumExp(row), row)
			pull[i] = 0.1 + rng.Float64()
			Q = append(Q, 1)
			Q = append(Q, make([]float64, D-1)...)
			opt := floats.MaxIdx(g[i*T : i*T+T])
			for s := range T {
				at := make([]float64, D)
				at[i*T+s] = 1
				X = append(X, at...)
				if s == opt {
					other = append(other, 0)
				} else {
					other = append(other, 1)
				}
				for u := range T {
					gap = append(gap, g[i*T+s]-g[i*T+u])
				}
			}
		}
		e, logPhi = append(e, pull...), append(logPhi, lp...)
		want[r], scale[r] = inPairs(N, T, g, lp, pull)
		if math.IsInf(scale[r], -1) {
			unresolved++
		}
	}
	if unresolved == 0 {
		t.Error("no run without a difference of scores was drawn")
	}

	ins := []any{}
	for _, in := range []struct {
		data []float64
		dims []int
	}{{logPhi, []int{R, N, T}}, {gap, []int{R, N, T, T}}, {e, []int{R, N}}, {X, []int{R, N, T, D}}, {Q, []int{R, N, D}}, {other, []int{R, N, T}}} {
		ins = append(ins, tensors.FromFlatDataAndDimensions(in.data, in.dims...))
	}
	out, err := CallOnceN(open(t).Backend, func(in []*Node) []*Node {
		f := forward{logPhi: in[0]}
		f.finish(Exp(f.logPhi), in[1], in[2], in[3], in[4], in[5])
		return []*Node{f.dir, f.scale3()}
	}, ins...)
	if err != nil {
		t.Fatal(err)
	}
	var flat [2][]float64
	for i := range flat {
		if flat[i], err = tensors.CopyFlatData[float64](out[i]); err != nil {
			t.Fatal(err)
		}
	}
	dir, got := flat[0], flat[1]
	for r := range R {
		var pulls []float64
		for row := range D {
			pulls = append(pulls, dir[(r*D+row)*D])
		}
		if math.IsInf(scale[r], -1) {
			if floats.Norm(pulls, math.Inf(1)) != 0 {
				t.Errorf("run %d: pulls %v without a difference of scores, want none", r, pulls)
			}
			continue
		}
		near(t, "M - log n", got[r], scale[r], 1e-12*math.Max(1, math.Abs(scale[r])))
		// M may be rounded, and the pulls are then of another size: relative to the largest.
		size := floats.Norm(want[r], math.Inf(1)) * math.Exp(scale[r]-got[r])
		for row := range D {
			near(t, "pull", pulls[row]/size, want[r][row]/floats.Norm(want[r], math.Inf(1)), 1e-12)
		}
	}
}

// One Polyak step has the length (L - L*)/(2‖∇L‖) also where scores differ by far more than
// the 37 at which tanh is 1: the loss that is lost is then a difference of scores.
func TestPolyakStepOfLargeGaps(t *testing.T) {
	for _, size := range []float64{0.01, 1, 3, 30, 60, 300} {
		s, p := sample(t, small(), 4)
		u := make([]float64, p.D)
		floats.AddScaled(u, size, p.U)
		scaled, err := New(&s.Data, u)
		if err != nil {
			t.Fatal(err)
		}
		pt := scaled.At(mat.NewDense(p.D, p.D, nil))
		_, logNorm := pt.Direction()
		want := math.Exp(pt.LogExcess()-logNorm) / 2
		looked := false
		stopped, err := Observe(t.Context(), "", []Run{{Problem: scaled, Method: Polyak, Eta: 0.5, Steps: []int{1}}}, func(_, _ int, W *mat.Dense) {
			looked = true
			near(t, "length of a step over that of the host", mat.Norm(W, 2)/want, 1, 1e-12)
		})
		if err != nil || !looked {
			t.Errorf("scores times %g: step seen: %t, error %v, stopped %v", size, looked, err, stopped)
		}
	}
}

// inPairs sums over pairs of tokens: e Σ_s φ_t φ_s (g_t - g_s) e^{-M} for t other than the
// optimal token, whose pull makes the sum zero, and M - log n.
func inPairs(N, T int, g, lp, e []float64) (c []float64, scale float64) {
	M := math.Inf(-1)
	for i := range N {
		for s := range T {
			for u := range T {
				if g[i*T+s] != g[i*T+u] {
					M = math.Max(M, lp[i*T+s]+lp[i*T+u])
				}
			}
		}
	}
	c = make([]float64, N*T)
	for i := range N {
		opt := floats.MaxIdx(g[i*T : i*T+T])
		for s := range T {
			if s == opt || math.IsInf(M, -1) {
				continue
			}
			for u := range T {
				if g[i*T+s] == g[i*T+u] {
					continue // their attention may be far above e^M
				}
				c[i*T+s] += e[i] * math.Exp(lp[i*T+s]+lp[i*T+u]-M) * (g[i*T+s] - g[i*T+u])
			}
			c[i*T+opt] -= c[i*T+s]
		}
	}
	return c, M - math.Log(float64(N))
}
