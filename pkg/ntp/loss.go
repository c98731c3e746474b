package ntp

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
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
func (in *Instance) CE(W mat.Matrix) float64 {
	L := in.Logits(W)
	sum := 0.0
	for j, s := range in.S {
		l := mat.Col(nil, j, L)
		lse := floats.LogSumExp(l)
		for _, z := range s {
			sum += in.Pi[j] * in.P.At(z, j) * (lse - l[z])
		}
	}
	return sum
}

// InSupportCE returns CE_F(W), the cross-entropy of the softmax restricted to the
// supports,
//
//	CE_F(W) = Σ_j π_j Σ_{z∈S_j} p_{j,z} log Σ_{z'∈S_j} exp(-(e_z - e_z')ᵀ W h_j) ≤ CE(W).
func (in *Instance) InSupportCE(W mat.Matrix) float64 {
	L := in.Logits(W)
	sum := 0.0
	for j, s := range in.S {
		l := pick(L, j, s)
		lse := floats.LogSumExp(l)
		for i, z := range s {
			sum += in.Pi[j] * in.P.At(z, j) * (lse - l[i])
		}
	}
	return sum
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

// split returns Σ_j π_j KL(p_j ‖ softmax over S_j) and Σ_j π_j log(1+x_j) of logits L.
func (in *Instance) split(L *mat.Dense) (inside, outside float64) {
	for j := range in.S {
		kl, x := in.context(L, j)
		inside += in.Pi[j] * kl
		outside += in.Pi[j] * math.Log1p(x)
	}
	return inside, outside
}

// context returns, for context j at logits L, KL(p_j ‖ softmax over S_j) and x_j.
// With δ_z = log q_z - log p_z, q the in-support softmax,
//
//	KL = Σ_z p_z (exp(δ_z) - 1 - δ_z),
//
// as both sum to one; every term is nonnegative.
func (in *Instance) context(L *mat.Dense, j int) (kl, x float64) {
	lse := floats.LogSumExp(pick(L, j, in.S[j]))
	V, _ := L.Dims()
	for z := range V {
		if in.in[j][z] {
			p := in.P.At(z, j)
			kl += p * expm1x(L.At(z, j)-lse-math.Log(p))
		} else {
			x += math.Exp(L.At(z, j) - lse)
		}
	}
	return kl, x
}

// Gradient returns ∇CE(W) = -(P - σ(W H)) diag(π) Hᵀ, V×d.
func (in *Instance) Gradient(W mat.Matrix) *mat.Dense {
	R := in.residual(in.Logits(W))
	V, d, _ := in.Dims()
	R.Apply(func(_, j int, r float64) float64 { return -in.Pi[j] * r }, R)
	G := mat.NewDense(V, d, nil)
	G.Mul(R, in.H.T())
	return G
}

// residual returns P - σ(L), V×m. On the support it is -p expm1(log σ - log p): no
// cancellation where the two are close.
func (in *Instance) residual(L *mat.Dense) *mat.Dense {
	V, m := L.Dims()
	R := mat.NewDense(V, m, nil)
	for j := range m {
		lse := floats.LogSumExp(mat.Col(nil, j, L))
		for z := range V {
			logq := L.At(z, j) - lse
			if in.in[j][z] {
				p := in.P.At(z, j)
				R.Set(z, j, -p*math.Expm1(logq-math.Log(p)))
			} else {
				R.Set(z, j, -math.Exp(logq))
			}
		}
	}
	return R
}

// OffSupportMass returns Σ_{v∉S_j} σ_v(W h_j), one number a context.
func (in *Instance) OffSupportMass(W mat.Matrix) []float64 {
	L := in.Logits(W)
	mass := make([]float64, len(in.S))
	for j := range mass {
		_, x := in.context(L, j)
		mass[j] = x / (1 + x)
	}
	return mass
}

// ExcessAlong returns Excess(W + R D) for every R.
func (in *Instance) ExcessAlong(W, D mat.Matrix, R []float64) []float64 {
	excess := make([]float64, len(R))
	for i, r := range R {
		excess[i] = in.Excess(Add(W, r, D))
	}
	return excess
}

// pick returns the entries of column j of L in rows s.
func pick(L *mat.Dense, j int, s []int) []float64 {
	l := make([]float64, len(s))
	for i, z := range s {
		l[i] = L.At(z, j)
	}
	return l
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
