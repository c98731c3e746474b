package ntp

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Logits returns L = W H, V×m.
func (in *Instance) Logits(W mat.Matrix) *mat.Dense {
	in.checkDecoder(W)
	V, _, m := in.Dims()
	L := mat.NewDense(V, m, nil)
	L.Mul(W, in.H)
	return L
}

// Probabilities returns σ(W h_j) in column j, V×m.
func (in *Instance) Probabilities(W mat.Matrix) *mat.Dense {
	Q := in.Logits(W)
	_, m := Q.Dims()
	for j := range m {
		l := mat.Col(nil, j, Q)
		lse := floats.LogSumExp(l)
		for z, x := range l {
			Q.Set(z, j, math.Exp(x-lse))
		}
	}
	return Q
}

// CE returns the cross-entropy -Σ_j π_j Σ_{z∈S_j} p_{j,z} log σ_z(W h_j). For its
// distance from Hent use Excess, which does not cancel.
func (in *Instance) CE(W mat.Matrix) float64 { return in.soft.CE(in.Logits(W)) }

// InSupportCE returns CE_F(W), the cross-entropy of the softmax restricted to the
// supports,
//
//	CE_F(W) = Σ_j π_j Σ_{z∈S_j} p_{j,z} log Σ_{z'∈S_j} exp(-(e_z - e_z')ᵀ W h_j) ≤ CE(W).
func (in *Instance) InSupportCE(W mat.Matrix) float64 {
	return in.soft.InSupportCE(in.Logits(W))
}

// Excess returns CE(W) - Hent = Σ_j π_j KL(p_j ‖ σ(W h_j)) with relative accuracy.
func (in *Instance) Excess(W mat.Matrix) float64 {
	inside, outside := in.split(in.Logits(W))
	return inside + outside
}

// InSupportExcess returns CE_F(W) - Hent with relative accuracy. It vanishes exactly on
// the solutions of the log-odds equations.
func (in *Instance) InSupportExcess(W mat.Matrix) float64 {
	inside, _ := in.split(in.Logits(W))
	return inside
}

// OffSupportExcess returns CE(W) - CE_F(W) = Σ_j π_j log(1 + x_j(W)) with relative
// accuracy.
func (in *Instance) OffSupportExcess(W mat.Matrix) float64 {
	_, outside := in.split(in.Logits(W))
	return outside
}

// split is Soft.split of logits L.
func (in *Instance) split(L *mat.Dense) (inside, outside float64) { return in.soft.split(L) }

// Gradient returns ∇CE(W) = -(P - σ(W H)) diag(π) Hᵀ, V×d.
func (in *Instance) Gradient(W mat.Matrix) *mat.Dense {
	R := in.soft.Gradient(in.Logits(W))
	V, d, _ := in.Dims()
	G := mat.NewDense(V, d, nil)
	G.Mul(R, in.H.T())
	return G
}

// OffSupportMass returns Σ_{v∉S_j} σ_v(W h_j), one number a context.
func (in *Instance) OffSupportMass(W mat.Matrix) []float64 {
	L := in.Logits(W)
	mass := make([]float64, len(in.S))
	for j := range mass {
		_, x := in.soft.context(L, j)
		mass[j] = x / (1 + x)
	}
	return mass
}

// ExcessAlong returns Excess(W + R D) for every R.
func (in *Instance) ExcessAlong(W, D mat.Matrix, R []float64) []float64 {
	excess := make([]float64, len(R))
	for i, r := range R {
		excess[i] = in.Excess(matrix.Add(W, r, D))
	}
	return excess
}

// seriesBelow is where expm1x sums its series: from there on the closed form loses
// less than two digits, below it nine terms reach 1e-16.
const seriesBelow = 0.05

// expm1x returns exp(x) - 1 - x ≥ 0 with relative accuracy.
func expm1x(x float64) float64 {
	if math.Abs(x) >= seriesBelow {
		return math.Expm1(x) - x
	}
	sum := 1.0
	for n := 11.0; n >= 3; n-- {
		sum = 1 + x/n*sum
	}
	return x * x / 2 * sum
}
