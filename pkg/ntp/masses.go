package ntp

import (
	"errors"
	"fmt"
	"math"

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

// Relaxation returns κ, the exponent of k^{-κ} with which the masses off the supports
// approach their multipliers: the least of the eigenvalues of diag(μ)K at the active
// margins, and of margin - 1 at the others. It needs strictness.
func (in *Instance) Relaxation() (float64, error) {
	svm, err := in.Wmm()
	if err != nil {
		return 0, err
	}
	F, err := in.Subspace()
	if err != nil {
		return 0, err
	}
	kappa := math.Inf(1)
	margins, mu := in.Margins(svm.W), in.Multipliers(svm.Dual)
	var active []*mat.Dense // √μ c
	i := 0
	V, d, _ := in.Dims()
	for j, s := range in.S {
		h := mat.Col(nil, j, in.H)
		for v := range V {
			if in.Follows(v, j) {
				continue
			}
			if margins[i] > 1+activeTol {
				kappa = math.Min(kappa, margins[i]-1)
			} else {
				C := mat.NewDense(V, d, nil)
				for _, z := range s {
					for k, x := range h {
						C.Set(z, k, x/float64(len(s)))
					}
				}
				for k, x := range h {
					C.Set(v, k, -x)
				}
				C = F.Complement(C)
				C.Scale(math.Sqrt(math.Max(mu[i], 0)), C)
				active = append(active, C)
			}
			i++
		}
	}
	if len(active) == 0 {
		return 0, errors.New("ntp: no margin is active: every support is the whole vocabulary")
	}
	K := mat.NewSymDense(len(active), nil)
	for a, A := range active {
		for b := range a + 1 {
			K.SetSym(a, b, matrix.Inner(A, active[b]))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(K, false) {
		return 0, errors.New("ntp: eigenvalues of the Gram matrix of active margins did not converge")
	}
	return math.Min(kappa, eigen.Values(nil)[0]), nil
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
