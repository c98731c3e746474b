package attention

import (
	"context"
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Subset is the max-margin solution of the constraints of some sequences only,
// W_A = Σ α_{i,t} V_{i,t} over i in A.
type Subset struct {
	Of    []int     // A, increasing
	Norm  float64   // ‖W_A‖
	Alpha []float64 // a row a constraint of all sequences, zero outside A
	A     []float64 // margins a_{i,t}(W_A), of all sequences
	// Residual is that of the certificate of the program.
	Residual float64
	// Value is the largest over the sequences outside A of min_t a_{i,t}(W_A): below
	// -1 the subset is a trap. It is -Inf if A holds all sequences.
	Value float64
}

// trapLimit is the value below which a subset is a trap.
const trapLimit = -1

// Trap tells whether the subset is a trap: a proper subset A such that every sequence
// outside has a margin below -1 under W_A.
//
// Gradient flow, normalized descent and gradient descent with bounded steps, started
// at c W_A for c large, then stay near that direction for ever: W̄_t → W̄_A, and
// φ_{i,opt} → 0 outside A. A sequence that W_A leaves with a margin m R, -1 < m < 0, at
// size R pulls with e^{-|m|R}, more than A's own e^{-R}, and is called back; one with
// m < -1 pulls less, and summably so (derived here).
func (s *Subset) Trap() bool { return s.Value < trapLimit && !math.IsInf(s.Value, -1) }

// Subset solves the program of the sequences of A. An error wraps ErrInfeasible or what
// the solver returned.
func (k *Kernel) Subset(ctx context.Context, A []int) (*Subset, error) {
	m := k.T - 1
	in := make([]bool, k.N)
	for at, i := range A {
		if i < 0 || i >= k.N || at > 0 && i <= A[at-1] {
			return nil, malformed("sequences %v: want increasing numbers of 0..%d", A, k.N-1)
		}
		in[i] = true
	}
	if len(A) == 0 {
		return nil, malformed("a max-margin program of no sequences")
	}
	var rows []int
	for _, i := range A {
		for t := range m {
			rows = append(rows, i*m+t)
		}
	}
	K := mat.NewSymDense(len(rows), nil)
	for a, r := range rows {
		for b := a; b < len(rows); b++ {
			K.SetSym(a, b, k.K.At(r, rows[b]))
		}
	}
	alpha, residual, err := maxMargin(ctx, K)
	if err != nil {
		return nil, fmt.Errorf("sequences %v: %w", A, err)
	}
	s := &Subset{Of: append([]int(nil), A...), Alpha: make([]float64, k.Rows()), A: make([]float64, k.Rows()), Residual: residual, Value: math.Inf(-1)}
	for a, r := range rows {
		s.Alpha[r] = alpha[a]
	}
	mat.NewVecDense(k.Rows(), s.A).MulVec(k.K, mat.NewVecDense(k.Rows(), s.Alpha))
	s.Norm = math.Sqrt(floats.Dot(s.A, s.Alpha))
	for i := range k.N {
		if !in[i] {
			s.Value = math.Max(s.Value, floats.Min(s.A[i*m:(i+1)*m]))
		}
	}
	return s, nil
}

// Corr returns ⟨W̄, W̄_A⟩ for a W with margins a and the given norm.
func (s *Subset) Corr(a []float64, norm float64) float64 {
	return floats.Dot(s.Alpha, a) / (norm * s.Norm)
}

// mostSequences bounds the sequences whose subsets are enumerated: 2¹² programs.
const mostSequences = 12

// Traps solves the program of every proper non-empty subset and returns those that are
// traps. A problem without one has no direction that is known to hold a run; whether it
// can then be proved to converge from every W_0 is open beyond two sequences (derived
// here).
func (k *Kernel) Traps(ctx context.Context) ([]*Subset, error) {
	if k.N > mostSequences {
		return nil, malformed("%d sequences have too many subsets to try them all: want at most %d", k.N, mostSequences)
	}
	var traps []*Subset
	for bits := 1; bits < 1<<k.N-1; bits++ {
		var A []int
		for i := range k.N {
			if bits>>i&1 == 1 {
				A = append(A, i)
			}
		}
		s, err := k.Subset(ctx, A)
		if err != nil {
			return nil, err
		}
		if s.Trap() {
			traps = append(traps, s)
		}
	}
	return traps, nil
}

// certify returns the residual of multipliers α of min ‖w‖²/2 over ⟨v_r, w⟩ ≥ 1 for vectors
// with Gram matrix K: the largest of 1 - min Kα, |α (Kα - 1)| and |1ᵀα - αᵀKα|, the last
// two relative to αᵀKα.
func certify(K *mat.SymDense, alpha []float64) float64 {
	var Ka mat.VecDense
	Ka.MulVec(K, mat.NewVecDense(len(alpha), alpha))
	margins := Ka.RawVector().Data
	square := floats.Dot(alpha, margins)
	worst := math.Abs(floats.Sum(alpha)/square - 1)
	for r, a := range alpha {
		worst = max(worst, 1-margins[r], math.Abs(a*(margins[r]-1))/square)
	}
	return worst
}

// maxMargin returns the multipliers of that program and their residual.
func maxMargin(ctx context.Context, K *mat.SymDense) (alpha []float64, residual float64, err error) {
	n := K.SymmetricDim()
	if alpha := maxmargin.AllActive(K); alpha != nil {
		if r := certify(K, alpha); r <= residualTol {
			return alpha, r, nil
		}
	}
	if alpha, err = multipliers(ctx, K); err != nil {
		return nil, 0, err
	}
	residual = certify(K, alpha)
	if residual > solverTol {
		return nil, residual, fmt.Errorf("attention: max-margin program of %d constraints: residual %.2g, want at most %.2g", n, residual, solverTol)
	}
	return alpha, residual, nil
}

// All returns the max-margin solution of all sequences, W_mm.
func (k *Kernel) All(ctx context.Context) (*Subset, error) {
	A := make([]int, k.N)
	for i := range A {
		A[i] = i
	}
	return k.Subset(ctx, A)
}

// Active counts the constraints with a positive multiplier.
func (s *Subset) Active() int {
	count, largest := 0, floats.Max(s.Alpha)
	for _, a := range s.Alpha {
		if a > activeTol*largest {
			count++
		}
	}
	return count
}
