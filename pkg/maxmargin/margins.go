package maxmargin

import (
	"context"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

const (
	// marginTol is how much a margin of one may miss.
	marginTol = 1e-8
	// tightenings bounds the number of times that more is asked of margins; one is usual.
	tightenings = 4
	// farBeyond is how much farther than a W that misses margins a proof that there is none
	// must reach.
	farBeyond = 1e6
)

// margins are the margins of a W, by the rows of the inequalities.
type margins struct {
	at    []float64
	least int // the row of the smallest
}

// marginsOf measures the rows of W in x.
func (m *NextToken) marginsOf(x []float64) margins {
	out := margins{at: make([]float64, len(m.off))}
	m.gather(out.at, m.off, m.logits(x))
	for i, v := range out.at {
		if v < out.at[out.least] {
			out.least = i
		}
	}
	return out
}

// rounding returns what rounding can take of each margin, in any order of summation:
// (d + 2) 2^-52 (‖w_a‖ + ‖w_v‖) ‖h‖.
func (m *NextToken) rounding(x []float64) []float64 {
	token, context := make([]float64, m.v), make([]float64, m.m)
	for v := range token {
		token[v] = floats.Norm(x[v*m.d:(v+1)*m.d], 2)
	}
	for j := range context {
		context[j] = mat.Norm(m.h.ColView(j), 2)
	}
	out := make([]float64, len(m.off))
	for i, c := range m.off {
		out[i] = float64(m.d+2) * 0x1p-52 * (token[m.supports[c.context][0]] + token[c.token]) * context[c.context]
	}
	return out
}

// missed reports whether a margin is less than one.
func (m margins) missed() bool { return len(m.at) > 0 && !(m.at[m.least] >= 1-marginTol) }

// tightened returns the answer whose margins are one for whoever computes them. A solver's residual
// is measured by the farthest constraint; contexts that are 2^40 times as long as others are as
// much nearer, and W is rounded by more than that. So more is asked of margins that are missed, by what
// they miss and by rounding, which makes W longer by as little as rounding is beside the farthest
// constraint. The certificate is that of the program as it is.
func (m *NextToken) tightened(ctx context.Context, o convex.Options, sol *convex.Solution) (*convex.Solution, error) {
	at := m.marginsOf(sol.X)
	if !at.missed() {
		return sol, nil
	}
	p, harder := m.QP(), m.QP()
	systems := sol.Iterations
	for n := 0; at.missed(); n++ {
		if n == tightenings {
			sol.Status = convex.Inaccurate
			c := m.off[at.least]
			return sol, fmt.Errorf("%w: context %d has margin %.9g against token %d, asked for 1: embeddings differ in length by more than float64 resolves; scale each context",
				convex.ErrInaccurate, c.context, at.at[at.least], c.token)
		}
		rounding := m.rounding(sol.X)
		for i, v := range at.at {
			harder.H[i] = max(harder.H[i], 1+2*max(0, 1-v)+2*rounding[i])
		}
		next, err := harder.Solve(ctx, &o)
		if next == nil {
			return nil, err
		}
		systems += next.Iterations
		next.Iterations = systems
		if errors.Is(err, convex.ErrInfeasible) {
			return contradiction(next, sol)
		}
		if err != nil {
			return next, err
		}
		cert, err := p.Certify(next.X, next.Mu, next.Lambda)
		if err != nil {
			return nil, err
		}
		cert.Status, cert.Iterations = convex.Optimal, systems
		next.Certificate, sol = cert, next
		if !(cert.Residual <= o.Tolerance) {
			sol.Status = convex.Inaccurate
			return sol, fmt.Errorf("%w: KKT residual %.2g with all margins above 1, asked for %.2g", convex.ErrInaccurate, cert.Residual, o.Tolerance)
		}
		at = m.marginsOf(sol.X)
	}
	return sol, nil
}

// contradiction returns the proof that harder margins cannot be had as one for margins of one, which it
// is for any positive ones, or, where it does not reach farther than the W that misses them, that W.
func contradiction(proof, missing *convex.Solution) (*convex.Solution, error) {
	sum := floats.Sum(proof.Mu)
	floats.Scale(1/sum, proof.Mu)
	floats.Scale(1/sum, proof.Lambda)
	proof.Residual /= sum
	if proof.Residual*farBeyond*floats.Norm(missing.X, 1) > 1 {
		missing.Status, missing.Iterations = convex.Inaccurate, proof.Iterations
		return missing, fmt.Errorf("%w: not all margins are 1, and no W with Σ|W| below %.2g has them: embeddings differ in length by more than float64 resolves; scale each context",
			convex.ErrInaccurate, 1/proof.Residual)
	}
	return proof, fmt.Errorf("%w: the multipliers combine the constraints to 0 ≥ 1 up to %.2g; no point of ‖W‖₁ below %.2g exists",
		convex.ErrInfeasible, proof.Residual, 1/proof.Residual)
}
