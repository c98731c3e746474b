package ntp

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// How training approaches its limits (derived here). Write μ_{j,v} = -U[v][j] ≥ 0 for the
// multipliers of the NTP-SVM and n_{j,v}(k) = η k π_j σ_v(W_k h_j), v ∉ S_j, for the masses
// off the supports along gradient descent. On F⊥ the gradient moves W by Σ n c, c_{j,v}
// the gradient of the margin of (j, v), and a mass is exp(-margin) times a constant. So in
// the time τ = log k the masses of the active margins follow a Lotka–Volterra equation,
//
//	dn/dτ = n ∘ (1 - K n),    K = Gram matrix of the c,    K μ = 1,
//
// whose rest point is μ, and the others die out as k^{1-margin}.

// ForbiddenMass returns π_j σ_v(W h_j) for every pair (j, v ∉ S_j), ordered as Margins.
func (in *Instance) ForbiddenMass(W mat.Matrix) []float64 {
	Q := in.Probabilities(W)
	return in.offSupport(func(v, j int) float64 { return in.Pi[j] * Q.At(v, j) })
}

// Multipliers returns -U[v][j] for every pair (j, v ∉ S_j), ordered as Margins.
func (in *Instance) Multipliers(U mat.Matrix) []float64 {
	return in.offSupport(func(v, j int) float64 { return -U.At(v, j) })
}

func (in *Instance) offSupport(f func(v, j int) float64) []float64 {
	V, _, _ := in.Dims()
	values := make([]float64, 0, in.Inequalities())
	for j := range in.S {
		for v := range V {
			if !in.Follows(v, j) {
				values = append(values, f(v, j))
			}
		}
	}
	return values
}

// Strictness returns min over the pairs (j, v ∉ S_j) of max(μ_{j,v}, margin_{j,v} - 1). It
// is positive if every active margin has a positive multiplier, which is what the
// expansion W_k = W* + W^mm log(η k) + O(1) needs: where a margin is active and its
// multiplier zero, the remainder may grow like log log k.
func (in *Instance) Strictness() (float64, error) {
	svm, err := in.Wmm()
	if err != nil {
		return 0, err
	}
	margins, least := in.Margins(svm.W), math.Inf(1)
	for i, mu := range in.Multipliers(svm.Dual) {
		least = math.Min(least, math.Max(mu, margins[i]-1))
	}
	return least, nil
}

// Mode is the slowest way in which the masses off the supports approach their multipliers.
type Mode struct {
	// Kappa is the exponent of k^{-κ}: the least of the eigenvalues of diag(μ)K at the active
	// margins, and of margin - 1 at the others.
	Kappa float64
	// Weight, ordered as Margins, gives the combination Σ weight (n - μ) of the deviations
	// that decays with that exponent alone, to first order.
	Weight []float64
}

// Relaxation returns the slowest mode of (n - μ). It needs strictness.
func (in *Instance) Relaxation() (*Mode, error) {
	svm, err := in.Wmm()
	if err != nil {
		return nil, err
	}
	margins, mu := in.Margins(svm.W), in.Multipliers(svm.Dual)
	gradients, err := in.marginGradients()
	if err != nil {
		return nil, err
	}
	slowest := &Mode{Kappa: math.Inf(1), Weight: make([]float64, len(mu))}
	var active []int
	inactive := -1
	for i, margin := range margins {
		if margin <= 1+activeTol {
			active = append(active, i)
			gradients[i].Scale(math.Sqrt(math.Max(mu[i], 0)), gradients[i])
		} else if margin-1 < slowest.Kappa {
			slowest.Kappa, inactive = margin-1, i
		}
	}
	if len(active) == 0 {
		return nil, errors.New("ntp: no margin is active: every support is the whole vocabulary")
	}
	A := mat.NewSymDense(len(active), nil) // √μ K √μ, similar to diag(μ)K
	for a, i := range active {
		for b, l := range active[:a+1] {
			A.SetSym(a, b, matrix.Inner(gradients[i], gradients[l]))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(A, true) {
		return nil, errors.New("ntp: eigenvalues of the Gram matrix of active margins did not converge")
	}
	if least := eigen.Values(nil)[0]; least < slowest.Kappa {
		slowest.Kappa, inactive = least, -1
		var vectors mat.Dense
		eigen.VectorsTo(&vectors)
		for a, i := range active {
			slowest.Weight[i] = vectors.At(a, 0) / math.Sqrt(mu[i])
		}
	}
	if inactive >= 0 {
		slowest.Weight[inactive] = 1
	}
	return slowest, nil
}

// marginGradients returns the projections of ((1/s_j) 1_{S_j} - e_v) h_jᵀ on F⊥, ordered as
// Margins.
func (in *Instance) marginGradients() ([]*mat.Dense, error) {
	F, err := in.Subspace()
	if err != nil {
		return nil, err
	}
	V, d, _ := in.Dims()
	var gradients []*mat.Dense
	for j, s := range in.S {
		h := mat.Col(nil, j, in.H)
		mean := mat.NewDense(V, d, nil)
		for _, z := range s {
			floats.AddScaled(mean.RawRowView(z), 1/float64(len(s)), h)
		}
		for v := range V {
			if !in.Follows(v, j) {
				C := mat.DenseCopyOf(mean)
				floats.AddScaled(C.RawRowView(v), -1, h)
				gradients = append(gradients, F.Complement(C))
			}
		}
	}
	return gradients, nil
}

// Correction returns E in F, the first correction to W* of gradient descent on F
// (derived here):
//
//	η k (P_F W_k - W*) → E,   (e_z - e_z')ᵀ E h_j = U[z'][j]/(π_j p_{j,z'}) - U[z][j]/(π_j p_{j,z})
//
// for z, z' ∈ S_j, U the multipliers of the NTP-SVM. In words: the probabilities inside a
// support miss p_{j,z} by U[z][j]/(η k π_j). On the ridge path R λ takes the place of
// 1/(η k), R the length of Ŵ along W^mm in units of ‖W^mm‖. E is zero in symmetric cases,
// such as orthonormal embeddings with uniform p_j.
func (in *Instance) Correction() (*mat.Dense, error) {
	svm, err := in.Wmm()
	if err != nil {
		return nil, err
	}
	F, err := in.Subspace()
	if err != nil {
		return nil, err
	}
	D := mat.DenseCopyOf(in.P)
	for j, s := range in.S {
		for _, z := range s {
			D.Set(z, j, -svm.Dual.At(z, j)/(in.Pi[j]*in.P.At(z, j)))
		}
	}
	E, err := F.solve(D)
	if err != nil {
		return nil, err
	}
	missed := matrix.Add(in.Logits(E), -1, D)
	if worst, size := in.largestSpread(missed), max(1, in.largestSpread(D)); !(worst <= compatTol*size) {
		return nil, fmt.Errorf("ntp: no element of F has the in-support differences of the first correction: it misses one by %.3g, want at most %.1g of %.3g: the embeddings are linearly dependent", worst, compatTol, size)
	}
	return E, nil
}
