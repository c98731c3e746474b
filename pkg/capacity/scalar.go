package capacity

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
)

// Scalar is the model of the proofs of Theorems 21 and 23: embeddings are numbers, d = 1,
// and the network sees the one feature
//
//	f(α) = <x, softmax(x x_t)>,  x_s = z_{α_s} + u_s,  t = |α|      (attention)
//	f(α) = Σ_s u_s z_{α_s}                                          (Average),
//	h(α) = softmax(Vᵀ ψ(w f(α) + η 1)).
type Scalar struct {
	Psi     Activation
	Average bool
	Z, U    []float64
	W       []float64 // m
	Eta     float64
	V       [][]float64 // m rows of ζ numbers, once solved for
}

// NewScalar draws z, u ~ N(0, 1), and m weights w ~ N(0, 1) scaled to max |w| = 1; see
// Scale.
func NewScalar(zeta, T, m int, psi Activation, eta float64, rng *rand.Rand) (*Scalar, error) {
	if err := psi.check(); err != nil {
		return nil, err
	}
	if zeta < 2 || T < 1 || m < 1 {
		return nil, bad("scalar model with ζ = %d, T = %d, m = %d: want ζ ≥ 2, T ≥ 1, m ≥ 1", zeta, T, m)
	}
	s := &Scalar{Psi: psi, Eta: eta}
	for range zeta {
		s.Z = append(s.Z, rng.NormFloat64())
	}
	for range T {
		s.U = append(s.U, rng.NormFloat64())
	}
	top := 0.0
	for range m {
		s.W = append(s.W, rng.NormFloat64())
		top = max(top, math.Abs(s.W[len(s.W)-1]))
	}
	for j := range s.W {
		s.W[j] /= top
	}
	return s, nil
}

// Feature returns f(α) in float64.
func (s *Scalar) Feature(context []int) float64 {
	if s.Average {
		f := 0.0
		for p, a := range context {
			f += s.U[p] * s.Z[a]
		}
		return f
	}
	x := make([]float64, len(context))
	for p, a := range context {
		x[p] = s.Z[a] + s.U[p]
	}
	scores := slices.Clone(x)
	for p := range scores {
		scores[p] *= x[len(x)-1]
	}
	return dot(x, Softmax(scores))
}

// BigFeature returns f(α) at the precision p for the float64 numbers z and u, which are
// exact. All terms of the softmax are positive and x is exact up to its rounding, so the
// absolute error is below 2^{4-p} max |x| (|x|² + 1): the sum can cancel.
func (s *Scalar) BigFeature(p Prec, context []int) *big.Float {
	w := p + guard
	sum := w.zero()
	if s.Average {
		for i, a := range context {
			sum.Add(sum, w.zero().Mul(w.New(s.U[i]), w.New(s.Z[a])))
		}
		return p.Round(sum)
	}
	x := make([]*big.Float, len(context))
	for i, a := range context {
		x[i] = w.zero().Add(w.New(s.Z[a]), w.New(s.U[i]))
	}
	weights := w.zero()
	for i := range x {
		e := w.Exp(w.zero().Mul(x[i], x[len(x)-1]))
		weights.Add(weights, e)
		sum.Add(sum, e.Mul(e, x[i]))
	}
	return p.Round(sum.Quo(sum, weights))
}

// Scale multiplies w so that max |w_j f(α)| over the contexts is the given size, which the
// proof wants below the radius of convergence of ψ at η.
func (s *Scalar) Scale(contexts [][]int, size float64) error {
	if radius := s.Psi.Radius(s.Eta); !(size > 0 && size < radius) {
		return bad("|w f| up to %g: want a size below the radius of convergence of %s at %g, which is %g", size, s.Psi, s.Eta, radius)
	}
	f, w := 0.0, 0.0
	for _, context := range contexts {
		f = max(f, math.Abs(s.Feature(context)))
	}
	for _, x := range s.W {
		w = max(w, math.Abs(x))
	}
	for j := range s.W {
		s.W[j] *= size / (f * w)
	}
	return nil
}

// Logits returns Vᵀ ψ(w f + η) in float64.
func (s *Scalar) Logits(context []int) []float64 {
	f, l := s.Feature(context), make([]float64, len(s.Z))
	for j, w := range s.W {
		h := s.Psi.At(w*f + s.Eta)
		for z, v := range s.V[j] {
			l[z] += v * h
		}
	}
	return l
}

// Lift returns the transformer of the given sizes that computes the same function as the
// scalar attention model (proof of Theorem 21):
//
//	Z = 1_d zᵀ/√d,  U = 1_d uᵀ/√d,  W1 = W2 = 1_d 1_{d1}ᵀ/√(d d1),  W3 = 1_d 1_{d0}ᵀ/√(d d0),
//	W0 = 1_{m0 d0} 1_dᵀ/(m0 √(d d0)),  W = 1_d wᵀ/√d,  b = η 1.
func (s *Scalar) Lift(c Config) (*Params, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if s.Average || c.Zeta != len(s.Z) || c.T != len(s.U) || c.M != len(s.W) {
		return nil, bad("lift to %+v of a scalar model with ζ = %d, T = %d, m = %d, averaging %v: want these sizes and attention", c, len(s.Z), len(s.U), len(s.W), s.Average)
	}
	p := newParams(c, s.Psi)
	d, d1, d0 := float64(c.D), float64(c.D1), float64(c.D0)
	set := func(a []float64, x float64) {
		for i := range a {
			a[i] = x
		}
	}
	for a, z := range s.Z {
		set(p.Z[a], z/math.Sqrt(d))
	}
	for i, u := range s.U {
		set(p.U[i], u/math.Sqrt(d))
	}
	for r := range c.Heads {
		set(p.W1[r], 1/math.Sqrt(d*d1))
		set(p.W2[r], 1/math.Sqrt(d*d1))
		set(p.W3[r], 1/math.Sqrt(d*d0))
	}
	set(p.W0, 1/(float64(c.Heads)*math.Sqrt(d*d0)))
	for i := range c.D {
		for j, w := range s.W {
			p.W[i*c.M+j] = w / math.Sqrt(d)
		}
	}
	set(p.B, s.Eta)
	for j, row := range s.V {
		copy(p.V[j*c.Zeta:], row)
	}
	return p, nil
}
