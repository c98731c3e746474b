package attention

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Point is a problem evaluated at one W.
type Point struct {
	*Problem
	Logits  []float64 // h_{i,t}, [N, T]
	LogPhi  []float64 // log φ_{i,t}, [N, T]
	LogOdds []float64 // log((1 - φ_{i,opt})/φ_{i,opt}), exact however negative, [N]
	Lost    []float64 // δ_i = g_{i,opt} - z_i = Σ_t φ_{i,t} Γ_{i,t}, [N]
	W       *mat.Dense
}

// At evaluates the problem at W, D×D. The point keeps W.
func (p *Problem) At(W *mat.Dense) *Point {
	pt := &Point{
		Problem: p, W: W, Logits: p.LogitsOf(W),
		LogPhi:  make([]float64, p.N*p.T),
		LogOdds: make([]float64, p.N),
		Lost:    make([]float64, p.N),
	}
	for i := range p.N {
		h, l := pt.Logits[i*p.T:(i+1)*p.T], pt.LogPhi[i*p.T:(i+1)*p.T]
		others := make([]float64, 0, p.T-1)
		for t := range h {
			l[t] = h[t] - h[p.Opt[i]]
			if t != p.Opt[i] {
				others = append(others, l[t])
			}
		}
		pt.LogOdds[i] = floats.LogSumExp(others)
		floats.AddConst(-softplus(pt.LogOdds[i]), l)
		for t := range l {
			pt.Lost[i] += math.Exp(l[t]) * p.Gap(i, t)
		}
	}
	return pt
}

// LogitsOf returns h_{i,t} = x_{i,t}ᵀ W x_{i,1}, [N, T].
func (a *Data) LogitsOf(W *mat.Dense) []float64 {
	if r, c := W.Dims(); r != a.D || c != a.D {
		panic(fmt.Sprintf("attention: W is %d×%d, want D×D = %d×%d", r, c, a.D, a.D))
	}
	keys := mat.NewDense(a.N, a.D, nil) // rows W x_{i,1}
	queries := blas64.General{Rows: a.N, Cols: a.D, Stride: a.T * a.D, Data: a.X}
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, queries, W.RawMatrix(), 0, keys.RawMatrix())
	h := make([]float64, a.N*a.T)
	for at := range h {
		h[at] = floats.Dot(a.X[at*a.D:(at+1)*a.D], keys.RawRowView(at/a.T))
	}
	return h
}

// Phi returns the attention φ_{i,t}, [N, T].
func (pt *Point) Phi() []float64 {
	phi := make([]float64, len(pt.LogPhi))
	for at, l := range pt.LogPhi {
		phi[at] = math.Exp(l)
	}
	return phi
}

// OptPhi returns φ_{i,opt}, [N].
func (pt *Point) OptPhi() []float64 {
	phi := make([]float64, pt.N)
	for i, o := range pt.LogOdds {
		phi[i] = sigmoid(-o)
	}
	return phi
}

// Margin returns z_i.
func (pt *Point) Margin(i int) float64 { return pt.scores(i)[pt.Opt[i]] - pt.Lost[i] }

// Slope returns e_i = 1/(1 + e^{z_i}).
func (pt *Point) Slope(i int) float64 { return sigmoid(-pt.Margin(i)) }

// Loss returns L(W).
func (pt *Point) Loss() float64 {
	sum := 0.0
	for i := range pt.N {
		sum += softplus(-pt.Margin(i))
	}
	return sum / float64(pt.N)
}

// LogExcess returns log(L(W) - L*), with
//
//	L(W) - L* = 1/n Σ_i log(1 + e^{-g} (e^δ - 1)/(1 + e^{-g})),   g = g_{i,opt}, δ = δ_i,
//
// which keeps its relative accuracy down to the smallest float64. (A difference of
// the losses would end at 1e-16.) It does not end there either: where δ_i is so small
// that log(1 + σ(-g)(e^δ - 1)) = σ(-g) δ to the last digit, log δ_i is taken from the
// logarithms of the attention.
func (pt *Point) LogExcess() float64 {
	const linear = 1e-17 // the next term of the series is δ²
	logs := make([]float64, pt.N)
	for i := range pt.N {
		g := pt.scores(i)[pt.Opt[i]]
		if pt.Lost[i] > linear {
			logs[i] = math.Log(math.Log1p(sigmoid(-g) * math.Expm1(pt.Lost[i])))
			continue
		}
		var terms []float64
		for t := range pt.T {
			if t != pt.Opt[i] {
				terms = append(terms, pt.LogPhi[i*pt.T+t]+math.Log(pt.Gap(i, t)))
			}
		}
		logs[i] = floats.LogSumExp(terms) - softplus(g)
	}
	return floats.LogSumExp(logs) - math.Log(float64(pt.N))
}

// pulls returns e^{-M} (-∂L/∂h_{i,t}), [N, T], and M: the pull on every logit,
//
//	e_i/n Σ_s φ_{i,t} φ_{i,s} (g_{i,t} - g_{i,s}),   M = max over pairs with g_t ≠ g_s of log φ_t φ_s,
//
// so that nothing underflows, on whatever token the attention has saturated. The pulls
// of a sequence sum to zero. M is -Inf if all scores of all sequences are equal.
func (pt *Point) pulls() (c []float64, M float64) {
	M = math.Inf(-1)
	for i := range pt.N {
		g, l := pt.scores(i), pt.LogPhi[i*pt.T:(i+1)*pt.T]
		for t := range g {
			for s := range t {
				if g[t] != g[s] {
					M = math.Max(M, l[t]+l[s])
				}
			}
		}
	}
	c = make([]float64, pt.N*pt.T)
	for i := range pt.N {
		g, l, pull := pt.scores(i), pt.LogPhi[i*pt.T:(i+1)*pt.T], c[i*pt.T:(i+1)*pt.T]
		e := pt.Slope(i) / float64(pt.N)
		for t := range pt.T {
			if t == pt.Opt[i] {
				continue
			}
			sum := 0.0
			for s := range pt.T {
				if g[t] != g[s] {
					sum += math.Exp(l[t]+l[s]-M) * (g[t] - g[s])
				}
			}
			pull[t] = e * sum
			pull[pt.Opt[i]] -= pull[t]
		}
	}
	return c, M
}

// Direction returns the unit matrix along -∇L(W) and log ‖∇L(W)‖. A gradient that
// is exactly zero has no direction: then it is nil and the logarithm -Inf.
func (pt *Point) Direction() (*mat.Dense, float64) {
	c, M := pt.pulls()
	dir := pt.outer(c)
	norm := mat.Norm(dir, 2)
	if norm == 0 {
		return nil, math.Inf(-1)
	}
	dir.Scale(1/norm, dir)
	return dir, math.Log(norm) + M
}

// Gradient returns ∇L(W) = -1/n Σ e_i X_iᵀ (diag φ_i - φ_i φ_iᵀ) g_i x_{i,1}ᵀ.
func (pt *Point) Gradient() *mat.Dense {
	c, M := pt.pulls()
	floats.Scale(-math.Exp(M), c)
	return pt.outer(c)
}

// outer returns Σ_{i,t} c_{i,t} x_{i,t} x_{i,1}ᵀ.
func (a *Data) outer(c []float64) *mat.Dense {
	rows := mat.NewDense(a.N, a.D, nil) // Σ_t c_{i,t} x_{i,t}
	for at, v := range c {
		floats.AddScaled(rows.RawRowView(at/a.T), v, a.X[at*a.D:(at+1)*a.D])
	}
	out := mat.NewDense(a.D, a.D, nil)
	queries := blas64.General{Rows: a.N, Cols: a.D, Stride: a.T * a.D, Data: a.X}
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, rows.RawMatrix(), queries, 0, out.RawMatrix())
	return out
}

// DecoderGradient returns ∂L/∂u = -1/n Σ_i e_i y_i X_iᵀ φ_i.
func (pt *Point) DecoderGradient() []float64 {
	grad := make([]float64, pt.D)
	for at, phi := range pt.Phi() {
		i := at / pt.T
		floats.AddScaled(grad, -pt.Slope(i)*pt.Y[i]*phi/float64(pt.N), pt.X[at*pt.D:(at+1)*pt.D])
	}
	return grad
}
