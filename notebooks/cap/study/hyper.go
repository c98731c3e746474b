package study

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/imbalance"
)

// Hyper is what a small bilevel problem says of the implicit gradient.
type Hyper struct {
	Top                  float64
	Error                float64 // of the implicit gradient against differences of the lower problem solved again, relative
	Turned               float64 // with the other sign
	Direct               float64 // with H = I
	T                    []int
	Neumann              []float64 // relative error of p_T
	Remainder, Truncated []float64 // of the identity of p_T; with T in the place of T + 1 in the power
	Diverging            []float64 // relative errors with a step above 2/λ_max
	Cosine               []float64
}

// NewHyper draws multinomial logistic regression with K = 5, d = 8, n = 200 and a strategy, and a smaller set for validation.
func NewHyper(ctx context.Context, rng *rand.Rand, T []int, above float64) (*Hyper, error) {
	const K, d, size = 5, 8, 5 * 8
	draw := func(n int) *imbalance.Regression {
		p := &imbalance.Regression{X: mat.NewDense(n, d, nil), K: K, Lambda: 0.05}
		for i := range n {
			k := i % K
			row := p.X.RawRowView(i)
			for j := range row {
				row[j] = rng.NormFloat64()
			}
			row[k]++
			p.Y = append(p.Y, k)
		}
		return p
	}
	p, held := draw(200), draw(100)
	s := imbalance.Plain(K)
	for k := range K {
		s.L[k], s.Delta[k] = rng.NormFloat64(), 0.5+rng.Float64()
	}
	o := imbalance.Objective{Kind: "aggregate", Lambda: 0.5}
	solve := func() ([]float64, error) { return p.Fit(ctx, s, 1e-11, 5000) }
	theta, err := solve()
	if err != nil {
		return nil, err
	}
	at := p.At(s, theta)
	_, v := held.Upper(o, theta)
	u, err := imbalance.Solve(at.HessianTo, v)
	if err != nil {
		return nil, err
	}
	both := func(u []float64) []float64 {
		dl, dd := at.HyperGradient(u)
		return append(dl, dd...)
	}
	exact := both(u)
	seen := make([]float64, 2*K)
	for i := range seen {
		x := &s.L[i%K]
		if i >= K {
			x = &s.Delta[i%K]
		}
		const h = 1e-3
		was := *x
		var f [2]float64
		for j, sign := range []float64{1, -1} {
			*x = was + sign*h
			theta, err := solve()
			if err != nil {
				return nil, err
			}
			f[j], _ = held.Upper(o, theta)
		}
		*x = was
		seen[i] = (f[0] - f[1]) / (2 * h)
	}
	out := &Hyper{T: T, Top: imbalance.LargestEigenvalue(at.HessianTo, size, 500, rng)}
	norm := floats.Norm(seen, 2)
	out.Error = floats.Distance(exact, seen, 2) / norm
	turned := append([]float64{}, exact...)
	floats.Scale(-1, turned)
	out.Turned = floats.Distance(turned, seen, 2) / norm
	out.Direct = floats.Distance(both(v), seen, 2) / norm
	long := floats.Norm(u, 2)
	for _, t := range T {
		sum := imbalance.Neumann(at.HessianTo, v, 1/out.Top, t)
		out.Neumann = append(out.Neumann, floats.Distance(sum, u, 2)/long)
		out.Cosine = append(out.Cosine, 1-apart(sum, u))
		rest, hr := append([]float64{}, u...), make([]float64, size)
		floats.Sub(sum, u)
		for i := range t + 1 {
			if i == t {
				out.Truncated = append(out.Truncated, sumNorm(sum, rest)/long)
			}
			at.HessianTo(hr, rest)
			floats.AddScaled(rest, -1/out.Top, hr)
		}
		out.Remainder = append(out.Remainder, sumNorm(sum, rest)/long)
		out.Diverging = append(out.Diverging, math.Min(floats.Distance(imbalance.Neumann(at.HessianTo, v, above/out.Top, t), u, 2)/long, 1e12))
	}
	return out, nil
}

func sumNorm(a, b []float64) float64 {
	c := append([]float64{}, a...)
	floats.Add(c, b)
	return floats.Norm(c, 2)
}
