package generalization

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

// Margin is the margin of a sample in the features of the tangent kernel,
//
//	γ = max_{‖v‖=1} min_i y_i ⟨∇Φ(w_0, x_i), v⟩,
//
// with its certificate: for every α ≥ 0 with 1ᵀα = 1, γ ≤ ‖Σ α_i y_i ∇Φ(w_0, x_i)‖.
type Margin struct {
	Gamma float64   // min_i y_i ⟨∇Φ_i, v⟩, computed from v
	V     []float64 // of norm one
	Alpha []float64 // ≥ 0, of sum one
	Upper float64   // ‖Σ α_i y_i ∇Φ_i‖
}

// NotSeparable says that the tangent kernel does not separate a sample: a mixture of the rows y_i ∇Φ_i, α ≥ 0 of sum one,
// is zero up to Norm, so that no v has all ⟨y_i ∇Φ_i, v⟩ > Norm ‖v‖.
type NotSeparable struct {
	Alpha []float64
	Norm  float64
}

func (e *NotSeparable) Error() string {
	return fmt.Sprintf("generalization: the tangent kernel does not separate the sample: a mixture of the %d gradients y_i ∇Φ_i has norm %.2g; "+
		"take a wider network, or leave out examples that contradict each other", len(e.Alpha), e.Norm)
}

// separated is the share of the largest gradient's norm below which a margin counts as none: the square root of what
// the eigenvalues of a Gram matrix lose.
const separated = 1e-6

// TangentMargin returns the margin of the objective's sample at w_0. The error is a *NotSeparable where there is none.
func TangentMargin(ctx context.Context, o *Objective, w0 []float64) (*Margin, error) {
	rows := o.Gradients(w0)
	for i, y := range o.Sample.Y {
		floats.Scale(y, rows.RawRowView(i))
	}
	n := o.Sample.N()
	var gram mat.SymDense
	gram.SymOuterK(1, rows)
	largest := 0.0
	for i := range n {
		largest = math.Max(largest, math.Sqrt(gram.At(i, i)))
	}
	if largest == 0 {
		return nil, &NotSeparable{mean(n), 0}
	}
	gram.ScaleSym(1/(largest*largest), &gram)
	sol, err := maxmargin.Kernel(ctx, &gram, nil)
	if err != nil && !errors.Is(err, convex.ErrInfeasible) {
		return nil, fmt.Errorf("generalization: margin of the tangent kernel: %w", err)
	}
	m := &Margin{Alpha: sol.Alpha}
	floats.Scale(1/floats.Sum(m.Alpha), m.Alpha)
	v := mat.NewVecDense(o.Net.Size(), nil)
	v.MulVec(rows.T(), mat.NewVecDense(n, m.Alpha))
	m.V = v.RawVector().Data
	m.Upper = floats.Norm(m.V, 2)
	if err != nil || m.Upper < separated*largest {
		return nil, &NotSeparable{m.Alpha, m.Upper}
	}
	floats.Scale(1/m.Upper, m.V)
	margins := mat.NewVecDense(n, nil)
	margins.MulVec(rows, v)
	m.Gamma = floats.Min(margins.RawVector().Data)
	return m, nil
}

func mean(n int) []float64 {
	a := make([]float64, n)
	floats.AddConst(1/float64(n), a)
	return a
}

// Toward returns w_0 + ρ v.
func (m *Margin) Toward(w0 []float64, rho float64) []float64 {
	w := append([]float64(nil), w0...)
	floats.AddScaled(w, rho, m.V)
	return w
}
