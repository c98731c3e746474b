package maxmargin

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// Nuclear is the max-margin program of next-token prediction over
// logits: with the support S_j of every context j,
//
//	minimize    ‖L‖_*
//	subject to  L[z, j] = L[z', j],        z, z' ∈ S_j
//	            L[z, j] - L[v, j] ≥ 1,     z ∈ S_j, v ∉ S_j
//
// over V by m matrices, tokens by contexts. It is the (NTP-SVM) of Zhao, Behnia,
// Vakilian and Thrampoulidis, "Implicit Geometry of Next-token Prediction" (2024).
// Its dual, derived from ‖L‖_* = max ⟨A, L⟩ over ‖A‖₂ ≤ 1, is
//
//	maximize    -Σ_{j, v ∉ S_j} A[v, j]
//	subject to  ‖A‖₂ ≤ 1,  1ᵀ A = 0,  A[v, j] ≤ 0 for v ∉ S_j
//
// and both have the same value, since the primal is always strictly feasible.
//
// A context whose support is every token has no competitor: its column is zero in
// every solution. A token in every support is nothing special.
//
// In every solution contexts of equal support have equal columns, and tokens that
// are in the same supports equal rows: replacing two such columns a, b by their
// mean keeps L feasible and takes 1/2 (a - b)(a - b)ᵀ off L Lᵀ, which lowers
// ‖L‖_* = tr (L Lᵀ)^½ unless a = b. So n contexts and r tokens alike are solved for
// as one column and one row:
//
//	‖L‖_* = ‖ diag(√r) L̄ diag(√n) ‖_*
type Nuclear struct {
	tokens   int
	supports [][]int // sorted
	outside  [][]int // their complements
	merged   *merged
}

// NewNuclear returns the program for the given number of tokens and the
// support of every context.
func NewNuclear(tokens int, supports [][]int) (*Nuclear, error) {
	if tokens < 1 || len(supports) == 0 {
		return nil, malformed("%d tokens and %d supports: one or more of both are needed", tokens, len(supports))
	}
	p := &Nuclear{tokens: tokens}
	for j, s := range supports {
		sorted, err := sortedSupport(j, s, tokens)
		if err != nil {
			return nil, err
		}
		p.supports = append(p.supports, sorted)
		p.outside = append(p.outside, complement(sorted, tokens))
	}
	p.merged = merge(tokens, p.supports)
	return p, nil
}

// sortedSupport returns the support of context j in increasing order, with an
// error unless it is a set of tokens that is not empty.
func sortedSupport(j int, support []int, tokens int) ([]int, error) {
	s := slices.Sorted(slices.Values(support))
	if len(s) == 0 || s[0] < 0 || s[len(s)-1] >= tokens || len(slices.Compact(slices.Clone(s))) != len(s) {
		return nil, malformed("support of context %d is %v: one or more different tokens of 0 to %d are needed",
			j, support, tokens-1)
	}
	return s, nil
}

// complement returns the numbers from 0 to n-1 that sorted does not hold.
func complement(sorted []int, n int) []int {
	out := make([]int, 0, n-len(sorted))
	for v := range n {
		if len(sorted) > 0 && sorted[0] == v {
			sorted = sorted[1:]
			continue
		}
		out = append(out, v)
	}
	return out
}

// Dims returns the shape of L.
func (p *Nuclear) Dims() (tokens, contexts int) { return p.tokens, len(p.supports) }

// Proxy returns the centred support matrix (I - 1 1ᵀ/V) S, whose margins are all
// one, and which is near the solution, or equal to it.
func (p *Nuclear) Proxy() *mat.Dense {
	x := mat.NewDense(p.tokens, len(p.supports), nil)
	for j, s := range p.supports {
		share := float64(len(s)) / float64(p.tokens)
		for _, v := range s {
			x.Set(v, j, 1-share)
		}
		for _, v := range p.outside[j] {
			x.Set(v, j, -share)
		}
	}
	return x
}

// Project stores the feasible matrix nearest to l in dst, which may be l.
func (p *Nuclear) Project(dst, l *mat.Dense) {
	p.checkDims(l)
	p.checkDims(dst)
	column, ones := make([]float64, p.tokens), make([]float64, p.tokens)
	for i := range ones {
		ones[i] = 1
	}
	for j, s := range p.supports {
		mat.Col(column, j, l)
		projectMargins(column, ones, s, p.outside[j])
		dst.SetCol(j, column)
	}
}

// Violation returns the largest violation of a constraint by l.
func (p *Nuclear) Violation(l *mat.Dense) float64 {
	p.checkDims(l)
	worst := 0.0
	for j, s := range p.supports {
		low, high := math.Inf(1), math.Inf(-1)
		for _, z := range s {
			low, high = math.Min(low, l.At(z, j)), math.Max(high, l.At(z, j))
		}
		worst = math.Max(worst, high-low)
		for _, v := range p.outside[j] {
			worst = math.Max(worst, 1-(low-l.At(v, j)))
		}
	}
	return worst
}

// OffSupport returns the largest entry of a off the supports, -Inf if there is
// none. The proxy solves the program if and only if it is at most zero for the
// polar factor of the proxy ([convex.Polar]).
func (p *Nuclear) OffSupport(a *mat.Dense) float64 {
	p.checkDims(a)
	most := math.Inf(-1)
	for j, out := range p.outside {
		for _, v := range out {
			most = math.Max(most, a.At(v, j))
		}
	}
	return most
}

func (p *Nuclear) checkDims(x *mat.Dense) {
	if r, c := x.Dims(); r != p.tokens || c != len(p.supports) {
		panic(fmt.Sprintf("maxmargin: %d by %d matrix for %d tokens and %d contexts", r, c, p.tokens, len(p.supports)))
	}
}

// NuclearSolution is the solution of a nuclear-norm max-margin program.
type NuclearSolution struct {
	// L is the solution, feasible up to rounding. Its columns sum to zero.
	L *mat.Dense
	// A is the dual solution, feasible up to rounding: ‖A‖₂ is DualNorm, the
	// largest |1ᵀ A| DualSum, and the largest entry off the supports DualOff,
	// -Inf if there is none.
	A                          *mat.Dense
	DualNorm, DualSum, DualOff float64
	// Singular are the min(V, m) singular values of L in decreasing order.
	Singular []float64

	// Primal is ‖L‖_* and Dual the dual value of A. As both are feasible, the
	// optimal value lies between the two, whatever the iteration did.
	convex.Certificate
}

// nuclearTolerance is the gap at which a nuclear-norm solve stops by default.
const nuclearTolerance = 1e-10

// Solve solves the program from a matrix to start at, which need not be feasible;
// from the proxy when it is nil. The norm is not strictly convex: should the
// solution not be unique, another start may lead to another one. It was unique for
// all patterns of two and three supports over up to five tokens. Options.Tolerance is for the largest part of the
// certificate, 1e-10 when zero, and Options.Iterations bounds the iterations,
// 20,000 when zero. The error wraps ErrInput, ErrInaccurate or the error of the
// context; with the last two the best answer is returned as well.
func (p *Nuclear) Solve(ctx context.Context, opts *convex.Options, start *mat.Dense) (*NuclearSolution, error) {
	o, err := opts.WithDefaults(nuclearTolerance, splittingLimit)
	if err != nil {
		return nil, err
	}
	if start == nil {
		start = p.Proxy()
	}
	if r, c := start.Dims(); r != p.tokens || c != len(p.supports) {
		return nil, malformed("start of %d by %d for %d tokens and %d contexts", r, c, p.tokens, len(p.supports))
	}
	if err := checkFinite(start); err != nil {
		return nil, err
	}
	if len(p.merged.n) == 0 {
		return p.answer(nil, nil)
	}
	ctx, cancel := o.Bound(ctx)
	defer cancel()
	return newSplitting(p, o).run(ctx, p.merged.gather(start))
}

// String returns the certificate in one line.
func (s *NuclearSolution) String() string {
	return fmt.Sprintf("%v: ‖L‖_* = %.12g, dual value %.12g, residual %.2g after %d iterations",
		s.Status, s.Primal, s.Dual, s.Residual, s.Iterations)
}
