package attention

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// ErrScores reports a problem on which (A1) fails.
var ErrScores = errors.New("attention: tokens that are not optimal differ in score")

// Kernel is a problem under (A1) seen through its attention margins. Gradients lie in
// the span of the N(T-1) matrices
//
//	V_{i,t} = (x_{i,opt} - x_{i,t}) x_{i,1}ᵀ,   a_{i,t}(W) = ⟨V_{i,t}, W⟩,
//
// and a gradient depends on W through the margins a alone. With K the Gram matrix of
// the V, a run W_t = W_0 + Σ β_{i,t} V_{i,t} is a run of margins, a_t = a_0 + K β_t,
// whatever the dimension of the tokens. Rows are ordered by sequence, then by token
// (derived here).
//
// Under (A1) a sequence has one number,
//
//	s_i = -log Σ_{t≠opt} e^{-a_{i,t}} = log(φ_{i,opt}/(1 - φ_{i,opt})),
//
// and -∇L = Σ_i c_i Σ_t π_{i,t} V_{i,t}, where π_i is the attention on the other tokens
// divided by its sum, and c_i = γ_i(s_i)/N with the pull γ_i of [Kernel.LogPull].
type Kernel struct {
	N, T int
	K    *mat.SymDense // [N(T-1), N(T-1)]
	Best []float64     // g_{i,opt}
	Gap  []float64     // Γ_i
}

// Kernel returns the problem's kernel. An error wraps ErrScores if (A1) fails.
func (p *Problem) Kernel() (*Kernel, error) {
	k := &Kernel{N: p.N, T: p.T}
	for i := range p.N {
		gap := p.GapOf(i)
		for t := range p.T {
			if t != p.Opt[i] && p.Gap(i, t) != gap {
				return nil, fmt.Errorf("%w: sequence %d has gaps %.6g and %.6g, and what is derived under (A1) does not apply; make the scores equal", ErrScores, i, gap, p.Gap(i, t))
			}
		}
		k.Best, k.Gap = append(k.Best, p.scores(i)[p.Opt[i]]), append(k.Gap, gap)
	}
	rows, err := p.attentionRows(p.Opt)
	if err != nil {
		return nil, err
	}
	k.K = rows.gram()
	return k, nil
}

// Rows is N(T-1), the number of constraints.
func (k *Kernel) Rows() int { return k.N * (k.T - 1) }

// block returns K_{ij}, (T-1)×(T-1).
func (k *Kernel) block(i, j int) mat.Matrix {
	m := k.T - 1
	return sub{k.K, i * m, j * m, m}
}

// sub is a square part of a symmetric matrix.
type sub struct {
	of          *mat.SymDense
	row, col, n int
}

func (s sub) Dims() (int, int)    { return s.n, s.n }
func (s sub) At(i, j int) float64 { return s.of.At(s.row+i, s.col+j) }
func (s sub) T() mat.Matrix       { return sub{s.of, s.col, s.row, s.n} }
func (s sub) symmetric() *mat.SymDense {
	out := mat.NewSymDense(s.n, nil)
	for i := range s.n {
		for j := i; j < s.n; j++ {
			out.SetSym(i, j, s.At(i, j))
		}
	}
	return out
}

// LogPull returns log γ_i(s), where
//
//	γ_i(s) = Γ_i e_i σ(s) σ(-s),   e_i = 1/(1 + e^{z_i}),   z_i = g_{i,opt} - Γ_i σ(-s):
//
// N times the strength with which sequence i pulls on W when its optimal token has
// attention σ(s).
func (k *Kernel) LogPull(i int, s float64) float64 {
	z := k.Best[i] - k.Gap[i]*sigmoid(-s)
	return math.Log(k.Gap[i]) - softplus(z) - softplus(s) - softplus(-s)
}

// rise returns (d/ds log γ_i(s))/(σ(s)σ(-s)) = 1/σ(s) - 1/σ(-s) - (1 - e_i) Γ_i. It
// decreases in s, so γ_i has one maximum, at s ≤ 0.
func (k *Kernel) rise(i int, s float64) float64 {
	z := k.Best[i] - k.Gap[i]*sigmoid(-s)
	return 1/sigmoid(s) - 1/sigmoid(-s) - sigmoid(z)*k.Gap[i]
}

// LogPeak returns max_{s ≥ from} log γ_i(s), the maximum of γ_i found by bisection.
func (k *Kernel) LogPeak(i int, from float64) float64 {
	low, high := from, math.Max(from, 0)
	if k.rise(i, from) <= 0 {
		return k.LogPull(i, from)
	}
	for range 200 {
		if middle := (low + high) / 2; k.rise(i, middle) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return k.LogPull(i, low)
}

// Pulls is what the gradient at given margins is made of.
type Pulls struct {
	S    []float64 // s_i
	Pi   []float64 // π_{i,t}, a row a constraint
	LogC []float64 // log c_i
}

// At returns the pulls at margins a.
func (k *Kernel) At(a []float64) Pulls {
	p := Pulls{S: make([]float64, k.N), Pi: make([]float64, len(a)), LogC: make([]float64, k.N)}
	m := k.T - 1
	for i := range k.N {
		pi := p.Pi[i*m : (i+1)*m]
		floats.ScaleTo(pi, -1, a[i*m:(i+1)*m])
		lse := floats.LogSumExp(pi)
		p.S[i] = -lse
		for t := range pi {
			pi[t] = math.Exp(pi[t] - lse)
		}
		p.LogC[i] = k.LogPull(i, p.S[i]) - math.Log(float64(k.N))
	}
	return p
}

// weights returns e^{-M} c_i π_{i,t}, a row a constraint, and M = max log c_i.
func (p Pulls) weights() (w []float64, M float64) {
	M = floats.Max(p.LogC)
	w = make([]float64, len(p.Pi))
	m := len(p.Pi) / len(p.LogC)
	for r := range w {
		w[r] = math.Exp(p.LogC[r/m]-M) * p.Pi[r]
	}
	return w, M
}

// LogExcess returns log(L - L*) at s, exact however small.
func (k *Kernel) LogExcess(s []float64) float64 {
	logs := make([]float64, k.N)
	for i := range logs {
		logOff := -softplus(s[i]) // log(1 - φ_opt)
		if lost := k.Gap[i] * math.Exp(logOff); lost > 1e-17 {
			logs[i] = math.Log(math.Log1p(sigmoid(-k.Best[i]) * math.Expm1(lost)))
		} else { // the next term of the series is lost²
			logs[i] = math.Log(k.Gap[i]) + logOff - softplus(k.Best[i])
		}
	}
	return floats.LogSumExp(logs) - math.Log(float64(k.N))
}
