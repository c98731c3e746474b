package capacity

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Gaps are the distances that injectivity is about.
type Gaps struct {
	Between float64 // smallest |f(α) - f(β)| over pairs
	Zero    float64 // smallest |f(α)|
	Opposed float64 // smallest |f(α) + f(β)| over pairs, α = β included
}

// Draws are Gaussian draws of (z, u) for a study of gaps.
type Draws struct {
	Zeta, T, Count int
	Bits           uint
	Seed           uint64
	Stream         string
}

// DrawGaps are the gaps of one draw by the longest length, 1 to T.
type DrawGaps struct{ Attention, Average []Gaps }

// Scalar returns the draw of the given number.
func (d Draws) Scalar(draw int) (*Scalar, error) {
	rng := random.Stream(d.Seed, fmt.Sprintf("capacity/%s/%d", d.Stream, draw))
	return NewScalar(d.Zeta, d.T, 1, GELU, 0, rng)
}

// MeasureDraws returns the gaps of each draw.
func MeasureDraws(d Draws) ([]DrawGaps, error) {
	all, errs := make([]DrawGaps, d.Count), make([]error, d.Count)
	parallel.Each(d.Count, func(draw int) {
		var s *Scalar
		if s, errs[draw] = d.Scalar(draw); errs[draw] == nil {
			all[draw].Attention = s.Gaps(Prec(d.Bits))
			s.Average = true
			all[draw].Average = s.Gaps(Prec(d.Bits))
		}
	})
	return all, errors.Join(errs...)
}

// Gaps returns those of all contexts of at most 1, 2, ..., T tokens.
func (s *Scalar) Gaps(p Prec) []Gaps {
	f := s.Features(p, Sequences(len(s.Z), len(s.U)))
	var g []Gaps
	n, power := 0, 1
	for range s.U {
		power *= len(s.Z)
		n += power
		g = append(g, MeasureGaps(f[:n]))
	}
	return g
}

// MeasureGaps returns the gaps of values of many bits, exact but for the last rounding.
func MeasureGaps(f []*big.Float) Gaps {
	byValue := func(a, b *big.Float) int { return a.Cmp(b) }
	sorted := slices.SortedFunc(slices.Values(f), byValue)
	size := slices.Clone(f)
	for i := range size {
		size[i] = new(big.Float).Abs(size[i])
	}
	slices.SortFunc(size, byValue)
	g := Gaps{Between: smallest(sorted), Opposed: smallestOpposed(f)}
	g.Zero, _ = size[0].Float64()
	g.Opposed = min(g.Opposed, 2*g.Zero)
	return g
}

// smallest returns the least difference of neighbours.
func smallest(sorted []*big.Float) float64 {
	var least *big.Float
	for i := 1; i < len(sorted); i++ {
		d := new(big.Float).Sub(sorted[i], sorted[i-1])
		if least == nil || d.Cmp(least) < 0 {
			least = d
		}
	}
	if least == nil {
		return 0
	}
	x, _ := least.Float64()
	return x
}

// smallestOpposed returns the least |f + g| of two values with different signs, by merging
// the positive ones with the absolute values of the negative ones.
func smallestOpposed(f []*big.Float) float64 {
	type signed struct {
		size *big.Float
		sign int
	}
	all := make([]signed, len(f))
	for i, x := range f {
		all[i] = signed{new(big.Float).Abs(x), x.Sign()}
	}
	slices.SortFunc(all, func(a, b signed) int { return cmp.Or(a.size.Cmp(b.size), a.sign-b.sign) })
	var least *big.Float
	for i := 1; i < len(all); i++ {
		if all[i].sign == all[i-1].sign {
			continue
		}
		d := new(big.Float).Sub(all[i].size, all[i-1].size)
		if least == nil || d.Cmp(least) < 0 {
			least = d
		}
	}
	if least == nil {
		return 2 * magnitudeOf(all[0].size)
	}
	x, _ := least.Float64()
	return x
}

func magnitudeOf(x *big.Float) float64 {
	f, _ := x.Float64()
	return f
}

// Laurent is an integer polynomial by exponents, as in the proof of Theorem 17:
// p = Σ_s x_s X^{x_s x_t} and q = Σ_s X^{x_s x_t}, whose value at X = e gives f = p/q.
type Laurent map[int]int

// attentionPolynomials returns p and q for integers x.
func attentionPolynomials(x []int) (p, q Laurent) {
	p, q = Laurent{}, Laurent{}
	last := x[len(x)-1]
	for _, v := range x {
		p[v*last] += v
		q[v*last]++
	}
	return p, q
}

// coefficient returns that of X^e in p_a q_b - p_b q_a.
func coefficient(pa, qa, pb, qb Laurent, e int) int {
	sum := 0
	for i, c := range pa {
		sum += c * qb[e-i]
	}
	for i, c := range pb {
		sum -= c * qa[e-i]
	}
	return sum
}

// LengthCoefficient returns the coefficient of X^{|α|²+|β|²} in p_α q_β - p_β q_α at z = 0,
// u = (1, ..., T), which the proof of Theorem 17 gives as |α| - |β|.
func LengthCoefficient(a, b []int) int {
	ones := func(s []int) []int {
		x := make([]int, len(s))
		for p := range x {
			x[p] = p + 1
		}
		return x
	}
	pa, qa := attentionPolynomials(ones(a))
	pb, qb := attentionPolynomials(ones(b))
	return coefficient(pa, qa, pb, qb, len(a)*len(a)+len(b)*len(b))
}

// TokenCoefficient returns, for α and β of one length with last position τ, z = (1, ..., ζ)
// and u = ζ e_s, the coefficient of
//
//	X^{(α_s+ζ)(α_τ+ζ[s=τ]) + (β_s+ζ)(β_τ+ζ[s=τ])}
//
// in p_α q_β - p_β q_α, which the proof gives as α_s - β_s.
func TokenCoefficient(a, b []int, zeta, s int) int {
	shifted := func(c []int) []int {
		x := make([]int, len(c))
		for p, token := range c {
			x[p] = token + 1
		}
		x[s] += zeta
		return x
	}
	xa, xb := shifted(a), shifted(b)
	pa, qa := attentionPolynomials(xa)
	pb, qb := attentionPolynomials(xb)
	last := len(a) - 1
	return coefficient(pa, qa, pb, qb, xa[s]*xa[last]+xb[s]*xb[last])
}
