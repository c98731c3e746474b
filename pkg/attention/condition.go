package attention

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// The conditions of this file can be computed on an instance. Under (A1) and
// [Coupling.FromZero] < 1 a run from W_0 = 0 keeps φ_{i,opt} ≥ 1/T for ever and
// W̄_t → W̄_mm; under (A1) and [Coupling.FromAnywhere] < 1 the same limit is reached
// from every W_0. Both hold for gradient flow (length 0) and for steps along -∇L that
// are no longer than length. They are sufficient; where they fail nothing is said
// (derived here).

// terms are ν'_i, κ'_{(i,t),j} and the most that one step lowers s_i, δ_i.
type terms struct {
	own   float64
	cross *mat.Dense // rows of sequence i, [T-1, N]
	drop  float64
}

// terms returns the terms of sequence i for steps no longer than length: those with
// ν_i, corrected by Hoeffding's lemma,
//
//	ν' = ν_i - l D_i o_ii/8,   κ' = κ_{(i,t),j} + l D_i o_ij/8,
//
// or, uncorrected, those with k_i in place of ν_i. δ_i = l ω max κ', as the impulses
// c_j of a step of length l add up to at most ω l, ω = ‖W_mm‖.
func (c *Coupling) terms(i int, length, omega float64, least bool) terms {
	m := c.T - 1
	t := terms{own: c.Own[i], cross: mat.DenseCopyOf(c.Cross.Slice(i*m, (i+1)*m, 0, c.N))}
	if least {
		t.own = c.Least[i]
	} else {
		t.own -= length * c.Spread[i] * c.Range.At(i, i) / 8
		t.cross.Apply(func(_, j int, v float64) float64 {
			if j == i {
				return 0
			}
			return v + length*c.Spread[i]*c.Range.At(i, j)/8
		}, t.cross)
	}
	if length > 0 {
		t.drop = length * omega * mat.Max(t.cross)
	}
	return t
}

// FromZero returns q0, the largest over i of the right side of
//
//	(G0)  ν'_i min_{[-f, -f+δ_i]} γ_i > max_t Σ_{j≠i} κ'_{(i,t),j} max_{s ≥ -f} γ_j(s),   f = log(T-1) + b,
//
// over the left, for steps no longer than length; omega is ‖W_mm‖ and b a bound on
// the margins |a_{i,t}(W_0)|, 0 from W_0 = 0. Of the two forms of ν' and κ' the better
// is taken for each i. The result is +Inf where ν'_i ≤ 0.
//
// If q0 < 1, every s_i stays at or above -f: a step from [-f, -f+δ_i] does not lower
// s_i, and any other step lowers it by at most δ_i.
func (c *Coupling) FromZero(length, omega, b float64) float64 {
	f := math.Log(float64(c.T-1)) + b
	peak := make([]float64, c.N)
	for j := range peak {
		peak[j] = math.Exp(c.LogPeak(j, -f))
	}
	worst := 0.0
	for i := range c.N {
		best := math.Inf(1)
		for _, least := range []bool{false, true} {
			t := c.terms(i, length, omega, least)
			if t.own <= 0 {
				continue
			}
			right := 0.0
			for row := range c.T - 1 {
				right = math.Max(right, floats.Dot(t.cross.RawRowView(row), peak))
			}
			// γ_i has one maximum: on an interval its least value is at an end
			left := t.own * math.Exp(math.Min(c.LogPull(i, -f), c.LogPull(i, -f+t.drop)))
			best = math.Min(best, right/left)
		}
		worst = math.Max(worst, best)
	}
	return worst
}

// Global is the outcome of condition (G).
type Global struct {
	Q float64   // q = max_i (κ'w)_i, +Inf if w is not positive
	W []float64 // w = (diag ν' - κ')^{-1} 1, nil if not positive
	// Row is max_i Σ_{j≠i} κ_ij/ν_j, of the flow: below 1/2 it implies q < 1.
	Row float64
	// Drop is the most that one step lowers an s_i. For steps of one length the
	// condition asks for Drop < log(1 + 1/q) as well.
	Drop float64
}

// Holds tells whether the condition holds.
func (g Global) Holds() bool { return g.Q < 1 && g.Drop < math.Log1p(1/g.Q) }

// FromAnywhere evaluates
//
//	(G)  w = (diag ν' - κ')^{-1} 1 exists and is positive, and q = max_i (κ' w)_i < 1,
//
// with the N×N matrix κ'_ij = max_t κ'_{(i,t),j}, for steps no longer than length. Of
// the two forms of ν' and κ' the one with the smaller q is taken. omega is ‖W_mm‖.
//
// If it holds, the sequence that has done most of the pulling has s_i ≥ u - C, all
// others s_i ≥ -q u - C, and while one lags behind θ u, θ > q, its pull is
// exponentially larger than the leaders': it catches up.
func (c *Coupling) FromAnywhere(length, omega float64) Global {
	g := Global{Q: math.Inf(1)}
	most := c.Most()
	for i := range c.N {
		row := 0.0
		for j := range c.N {
			if v := most.At(i, j); v > 0 {
				row += v / c.Own[j]
			}
		}
		g.Row = math.Max(g.Row, row)
	}
	for _, least := range []bool{false, true} {
		q, w, drop := c.global(length, omega, least)
		if q < g.Q {
			g.Q, g.W, g.Drop = q, w, drop
		}
	}
	return g
}

// global evaluates one form of the condition.
func (c *Coupling) global(length, omega float64, least bool) (q float64, w []float64, drop float64) {
	kappa, A := mat.NewDense(c.N, c.N, nil), mat.NewDense(c.N, c.N, nil)
	for i := range c.N {
		t := c.terms(i, length, omega, least)
		drop = math.Max(drop, t.drop)
		for j := range c.N {
			kappa.Set(i, j, mat.Max(t.cross.ColView(j)))
		}
		kappa.Set(i, i, 0)
		A.Set(i, i, t.own)
	}
	A.Sub(A, kappa)
	ones := mat.NewVecDense(c.N, nil)
	for i := range c.N {
		ones.SetVec(i, 1)
	}
	var sol, kw mat.VecDense
	if err := sol.SolveVec(A, ones); err != nil || floats.HasNaN(sol.RawVector().Data) || floats.Min(sol.RawVector().Data) <= 0 {
		return math.Inf(1), nil, drop
	}
	kw.MulVec(kappa, &sol)
	return math.Max(0, mat.Max(&kw)), sol.RawVector().Data, drop
}

// longest returns the longest step, to a relative error of 1e-6, up to most, for which
// holds is true, and 0 if it is not true of arbitrarily short ones. holds must not
// become true again once it is false.
func longest(most float64, holds func(length float64) bool) float64 {
	low, high := 0.0, most
	if holds(most) {
		return most
	}
	if !holds(0) {
		return 0
	}
	for high-low > 1e-6*high && high > 1e-12*most {
		if middle := (low + high) / 2; holds(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// LongestFromZero returns the longest step, at most most, that (G0) from W_0 = 0 allows
// for; 0 if not even the flow is covered.
func (c *Coupling) LongestFromZero(omega, most float64) float64 {
	return longest(most, func(l float64) bool { return c.FromZero(l, omega, 0) < 1 })
}

// LongestFromAnywhere returns the same for (G) and every W_0.
func (c *Coupling) LongestFromAnywhere(omega, most float64) float64 {
	return longest(most, func(l float64) bool { return c.FromAnywhere(l, omega).Holds() })
}
