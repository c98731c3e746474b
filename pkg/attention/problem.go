package attention

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// scoreTol is the distance, relative to the largest score, within which two scores
// of a sequence count as equal: d terms of a dot product in float64 leave an error
// of about d·1e-16. Equal scores are made equal to the bit, because under (A1) a
// difference of 1e-17 between them would be all that a gradient sees once φ_opt is
// smaller still.
const scoreTol = 1e-12

// ErrTie reports a sequence whose best token is not unique.
var ErrTie = errors.New("attention: tied scores")

// Problem is a data set with a fixed decoder.
type Problem struct {
	*Data
	U     []float64 // decoder, length D
	Score []float64 // g_{i,t} = y_i uᵀ x_{i,t}, [N, T]
	Opt   []int     // opt_i, the token with the largest score
}

// New returns the problem of training W on the data with decoder u. A sequence
// whose two best tokens have the same score is an error that wraps ErrTie (u = 0
// ties them all).
func New(data *Data, u []float64) (*Problem, error) {
	if err := data.check(); err != nil {
		return nil, err
	}
	if len(u) != data.D || floats.HasNaN(u) || math.IsInf(floats.Norm(u, 1), 0) {
		return nil, malformed("decoder of %d numbers, want %d finite ones", len(u), data.D)
	}
	p := &Problem{Data: data, U: u, Score: make([]float64, data.N*data.T)}
	for at := range p.Score {
		p.Score[at] = data.Y[at/data.T] * floats.Dot(u, data.X[at*data.D:(at+1)*data.D])
	}
	tol := scoreTol * floats.Norm(p.Score, math.Inf(1))
	for i := range data.N {
		g := p.scores(i)
		merge(g, tol)
		opt := floats.MaxIdx(g)
		for t, v := range g {
			if t != opt && v == g[opt] {
				return nil, fmt.Errorf("%w: tokens %d and %d of sequence %d both have the largest score %.6g, so that no token is optimal; change the decoder or the data", ErrTie, opt, t, i, v)
			}
		}
		p.Opt = append(p.Opt, opt)
	}
	return p, nil
}

// Problem returns the problem of the sample with its own decoder u_*.
func (s *Sample) Problem() (*Problem, error) { return New(&s.Data, s.Decoder) }

// scores returns g_i.
func (p *Problem) scores(i int) []float64 { return p.Score[i*p.T : (i+1)*p.T] }

// merge makes numbers within tol of an earlier one equal to it.
func merge(g []float64, tol float64) {
	for t := range g {
		for s := range t {
			if math.Abs(g[t]-g[s]) <= tol {
				g[t] = g[s]
				break
			}
		}
	}
}

// Gap returns Γ_{i,t} = g_{i,opt} - g_{i,t}.
func (p *Problem) Gap(i, t int) float64 { return p.Score[i*p.T+p.Opt[i]] - p.Score[i*p.T+t] }

// GapOf returns Γ_i, the gap of the sequence's second best token, which under (A1)
// is that of all.
func (p *Problem) GapOf(i int) float64 {
	least := math.Inf(1)
	for t := range p.T {
		if t != p.Opt[i] {
			least = math.Min(least, p.Gap(i, t))
		}
	}
	return least
}

// Diameter returns B_x = max ‖x_{i,opt} - x_{i,t}‖ ‖x_{i,1}‖, the largest norm of
// the gradient of an attention margin with respect to W.
func (p *Problem) Diameter() float64 {
	largest := 0.0
	for i := range p.N {
		q := floats.Norm(p.Query(i), 2)
		for t := range p.T {
			largest = math.Max(largest, q*floats.Distance(p.Token(i, p.Opt[i]), p.Token(i, t), 2))
		}
	}
	return largest
}

// Assumptions are the measured sides of (A1) to (A3).
type Assumptions struct {
	// Spread is max_i (max g - min g over the tokens that are not optimal)/Γ_i: 0
	// under (A1).
	Spread float64
	// Bound is B = max ‖x_{i,t}‖ of (A2).
	Bound float64
	// Coherence is max 4nT |⟨x_{i,t}, x_{j,s}⟩|/‖x_{i,t}‖² over pairs of different
	// tokens that are not both optimal and of one class: at most 1 under (A3).
	Coherence float64
}

// Assumptions measures the assumptions of the theorems.
func (p *Problem) Assumptions() Assumptions {
	var a Assumptions
	for i := range p.N {
		least, most := math.Inf(1), math.Inf(-1)
		for t, v := range p.scores(i) {
			if t != p.Opt[i] {
				least, most = math.Min(least, v), math.Max(most, v)
			}
		}
		a.Spread = math.Max(a.Spread, (most-least)/p.GapOf(i))
	}
	n := p.N * p.T
	X := mat.NewDense(n, p.D, p.X)
	var gram mat.Dense
	gram.Mul(X, X.T())
	for at := range n {
		own := gram.At(at, at)
		a.Bound = math.Max(a.Bound, math.Sqrt(own))
		for other := range n {
			if other == at || p.sameSignal(at, other) {
				continue
			}
			a.Coherence = math.Max(a.Coherence, 4*float64(n)*math.Abs(gram.At(at, other))/own)
		}
	}
	return a
}

// sameSignal tells whether two tokens are optimal and of one class.
func (p *Problem) sameSignal(at, other int) bool {
	i, j := at/p.T, other/p.T
	return at%p.T == p.Opt[i] && other%p.T == p.Opt[j] && p.Y[i] == p.Y[j]
}

// softplus is log(1 + e^x) without overflow.
func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// sigmoid is 1/(1 + e^{-x}) without overflow.
func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}
