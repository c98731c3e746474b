package attention

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
)

// ErrInfeasible reports sequences whose chosen tokens no W can tell from the rest.
var ErrInfeasible = errors.New("attention: no W separates the chosen tokens")

const (
	// activeTol is the dual value, relative to the largest, above which a
	// constraint counts as active: the solver's residual is far below it.
	activeTol = 1e-8

	// solverTol is the residual, relative to the small value of the program, that a
	// solution must have: the solver's own residual of 1e-10 is absolute where the
	// value is below 1.
	solverTol = 1e-6

	// rankTol is the eigenvalue of a Gram matrix, relative to the largest, that counts as
	// zero: sums of d products of float64 are not exact to more.
	rankTol = 1e-13

	// residualTol is the KKT residual at which one Cholesky factorization is taken
	// for the answer: float64 with a condition number up to about 1e6.
	residualTol = 1e-9
)

// SVM is a max-margin solution.
type SVM struct {
	W     *mat.Dense // the solution, D×D
	Norm  float64    // ‖W‖
	Alpha []float64  // dual variables, [N, T], zero at the chosen tokens
	// Active counts the constraints with a positive dual variable, of Rows.
	Active, Rows int
	// Method is "cholesky" where all constraints are active and one linear system
	// gives the solution, else "qp".
	Method string
	convex.Certificate
}

// SVM returns W_mm, the solution for the optimal tokens.
func (p *Problem) SVM(ctx context.Context) (*SVM, error) { return p.Select(ctx, p.Opt) }

// Select returns the W of least norm with (x_{i,chosen} - x_{i,t})ᵀ W x_{i,1} ≥ 1
// for all t other than the chosen token of sequence i. By duality
//
//	W = Σ α_{i,t} (x_{i,chosen} - x_{i,t}) x_{i,1}ᵀ,   α = argmax_{α ≥ 0} 1ᵀα - ½ αᵀKα,
//	K_{(i,t),(j,s)} = ⟨x_{i,chosen} - x_{i,t}, x_{j,chosen} - x_{j,s}⟩ ⟨x_{i,1}, x_{j,1}⟩,
//
// and if K⁻¹1 is positive, it is α. An error wraps ErrData, ErrInfeasible or what
// the solver returned.
func (a *Data) Select(ctx context.Context, chosen []int) (*SVM, error) {
	rows, err := a.attentionRows(chosen)
	if err != nil {
		return nil, err
	}
	K := rows.gram()
	if alpha := maxmargin.AllActive(K); alpha != nil {
		if s := rows.solution(alpha); s.Residual <= residualTol {
			s.Method = "cholesky"
			return s, nil
		}
	}
	return rows.dual(ctx, K)
}

// SelectQP is Select without the shortcut by one linear system.
func (a *Data) SelectQP(ctx context.Context, chosen []int) (*SVM, error) {
	rows, err := a.attentionRows(chosen)
	if err != nil {
		return nil, err
	}
	return rows.dual(ctx, rows.gram())
}

// margins are the constraints of Select: differences Δ and the index of each.
type margins struct {
	*Data
	chosen []int
	at     []int      // token i·T + t of a row
	diff   *mat.Dense // rows x_{i,chosen} - x_{i,t}
}

func (a *Data) attentionRows(chosen []int) (*margins, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	if len(chosen) != a.N {
		return nil, malformed("%d chosen tokens for %d sequences", len(chosen), a.N)
	}
	m := &margins{Data: a, chosen: chosen, diff: mat.NewDense(a.N*(a.T-1), a.D, nil)}
	for i, c := range chosen {
		if c < 0 || c >= a.T {
			return nil, malformed("chosen token %d of sequence %d, want 0..%d", c, i, a.T-1)
		}
		for t := range a.T {
			if t != c {
				floats.SubTo(m.diff.RawRowView(len(m.at)), a.Token(i, c), a.Token(i, t))
				m.at = append(m.at, i*a.T+t)
			}
		}
	}
	return m, nil
}

// gram returns K.
func (m *margins) gram() *mat.SymDense {
	var diffs, queries mat.SymDense
	diffs.SymOuterK(1, m.diff)
	Q := mat.NewDense(m.N, m.D, nil)
	for i := range m.N {
		Q.SetRow(i, m.Query(i))
	}
	queries.SymOuterK(1, Q)
	for a, at := range m.at {
		for b := a; b < len(m.at); b++ {
			diffs.SetSym(a, b, diffs.At(a, b)*queries.At(at/m.T, m.at[b]/m.T))
		}
	}
	return &diffs
}

// dual solves the program from the inner products of its rows. Multipliers that prove them
// contradictory prove it for the constraints on W.
func (m *margins) dual(ctx context.Context, K *mat.SymDense) (*SVM, error) {
	sol, err := maxmargin.Kernel(ctx, K, nil)
	if errors.Is(err, convex.ErrInfeasible) {
		return nil, m.infeasible(sol.Alpha)
	}
	if err != nil {
		return nil, fmt.Errorf("attention: max-margin program of %d constraints: %w", len(m.at), err)
	}
	s := m.solution(sol.Alpha)
	s.Method, s.Iterations = "qp", sol.Iterations
	return s, nil
}

// multipliers solves min ½‖w‖² subject to F w ≥ 1 with F Fᵀ = K. Where its error wraps
// ErrInfeasible, they are the proof.
func multipliers(ctx context.Context, K *mat.SymDense) ([]float64, error) {
	sol, err := maxmargin.Kernel(ctx, K, nil)
	switch {
	case errors.Is(err, convex.ErrInfeasible):
		return sol.Alpha, fmt.Errorf("%w: %d constraints contradict each other", ErrInfeasible, K.SymmetricDim())
	case err != nil:
		return nil, fmt.Errorf("attention: max-margin program of %d constraints: %w", K.SymmetricDim(), err)
	}
	return sol.Alpha, nil
}

// infeasible states the contradiction: α ≥ 0 with 1ᵀα = 1 and Σ α Δ x_1ᵀ ≈ 0, while
// every margin ≥ 1 would make ⟨Σ α Δ x_1ᵀ, W⟩ ≥ 1.
func (m *margins) infeasible(ray []float64) error {
	worst := floats.MaxIdx(ray)
	defect := mat.Norm(m.combine(ray), 2)
	return fmt.Errorf("%w: constraints weighted by α ≥ 0 with sum 1 combine to a matrix of norm %.2g, so ‖W‖ would exceed %.2g; the heaviest is token %d of sequence %d against token %d (equal tokens, or sequences that ask for opposite choices?)",
		ErrInfeasible, defect, 1/defect, m.chosen[m.at[worst]/m.T], m.at[worst]/m.T, m.at[worst]%m.T)
}

// combine returns Σ α Δ x_1ᵀ.
func (m *margins) combine(alpha []float64) *mat.Dense {
	c := make([]float64, m.N*m.T)
	for row, at := range m.at {
		c[at] -= alpha[row]
		c[at/m.T*m.T+m.chosen[at/m.T]] += alpha[row]
	}
	return m.outer(c)
}

// solution returns the W of dual variables α with its certificate, evaluated on W
// itself and not on K.
func (m *margins) solution(alpha []float64) *SVM {
	s := &SVM{W: m.combine(alpha), Alpha: make([]float64, m.N*m.T), Rows: len(alpha)}
	s.Norm = mat.Norm(s.W, 2)
	h := m.LogitsOf(s.W)
	short, slack, square := 0.0, 0.0, s.Norm*s.Norm
	for row, at := range m.at {
		s.Alpha[at] = alpha[row]
		margin := h[at/m.T*m.T+m.chosen[at/m.T]] - h[at]
		short = math.Max(short, 1-margin)
		slack = math.Max(slack, math.Abs(alpha[row]*(margin-1)))
		if alpha[row] > activeTol*floats.Max(alpha) {
			s.Active++
		}
	}
	c := convex.Certificate{Status: convex.Optimal, Primal: square / 2, Dual: floats.Sum(alpha) - square/2}
	c.PrimalResidual = short
	c.Complementarity = slack / c.Primal
	c.Gap = math.Abs(c.Primal-c.Dual) / c.Primal
	c.Residual = max(c.PrimalResidual, c.Complementarity, c.Gap)
	if c.Residual > solverTol {
		c.Status = convex.Inaccurate
	}
	s.Certificate = c
	return s
}

// Margin returns min_{i,t} (x_{i,chosen} - x_{i,t})ᵀ W x_{i,1} over t ≠ chosen.
func (a *Data) Margin(W *mat.Dense, chosen []int) float64 {
	h, least := a.LogitsOf(W), math.Inf(1)
	for at, v := range h {
		if i := at / a.T; at%a.T != chosen[i] {
			least = math.Min(least, h[i*a.T+chosen[i]]-v)
		}
	}
	return least
}

// DecoderSVM returns u_mm = argmin ‖u‖ subject to y_i uᵀ x_{i,chosen} ≥ 1.
func (a *Data) DecoderSVM(ctx context.Context, chosen []int) ([]float64, convex.Certificate, error) {
	if err := a.check(); err != nil {
		return nil, convex.Certificate{}, err
	}
	if len(chosen) != a.N {
		return nil, convex.Certificate{}, malformed("%d chosen tokens for %d sequences", len(chosen), a.N)
	}
	G, h := mat.NewDense(a.N, a.D, nil), make([]float64, a.N)
	for i, t := range chosen {
		G.SetRow(i, a.Token(i, t))
		floats.Scale(a.Y[i], G.RawRowView(i))
		h[i] = 1
	}
	sol, err := (&convex.QP{G: convex.FromDense(G), H: h}).Solve(ctx, nil)
	if err != nil {
		return nil, convex.Certificate{}, fmt.Errorf("attention: decoder's max-margin program: %w", err)
	}
	return sol.X, sol.Certificate, nil
}
