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
func (in *Instance) CE(W mat.Matrix) float64 { return in.labels.CE(in.Logits(W)) }

// InSupportCE returns CE_F(W), the cross-entropy of the softmax restricted to the
// supports,
//
//	CE_F(W) = Σ_j π_j Σ_{z∈S_j} p_{j,z} log Σ_{z'∈S_j} exp(-(e_z - e_z')ᵀ W h_j) ≤ CE(W).
func (in *Instance) InSupportCE(W mat.Matrix) float64 {
	return in.labels.InSupportCE(in.Logits(W))
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

// split is Split of logits L.
func (in *Instance) split(L *mat.Dense) (inside, outside float64) { return in.labels.Split(L) }

// Gradient returns ∇CE(W) = -(P - σ(W H)) diag(π) Hᵀ, V×d.
func (in *Instance) Gradient(W mat.Matrix) *mat.Dense {
	R := in.labels.Gradient(in.Logits(W))
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
		x := in.labels.OffSupportOdds(L, j)
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
