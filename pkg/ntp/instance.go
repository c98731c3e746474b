package ntp

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// ErrInstance is what every error about malformed data wraps.
var ErrInstance = errors.New("ntp: malformed instance")

// Instance is a data set of next-token prediction. Its data are fixed once New has
// returned: F, W* and W^mm are computed on first use and kept.
type Instance struct {
	H  *mat.Dense // embeddings of the contexts, d×m
	P  *mat.Dense // next-token distributions, V×m, columns sum to one
	Pi []float64  // frequencies of the contexts, length m, sum to one
	S  [][]int    // supports, sorted: S[j] are the tokens with P[z][j] > 0

	Words    []string // names of the tokens, nil or length V
	Contexts []string // names of the contexts, nil or length m

	rows   *mat.Dense        // Hᵀ, its rows without gaps
	labels *softlabel.Labels // the same without embeddings, for functions of logits

	curvature func() float64
	subspace  func() (*Subspace, error)
	compat    func() (*Compat, error)
	svm       func() (*SVM, error)
}

// New returns the instance with embeddings H (d×m), next-token distributions P (V×m)
// and frequencies pi (length m). Supports may be nil: they are where P is positive. If
// they are given, P must be positive on them and zero elsewhere. H, P and pi are
// copied. Every error wraps ErrInstance.
func New(H, P *mat.Dense, pi []float64, supports [][]int) (*Instance, error) {
	labels, err := softlabel.WithSupports(P, pi, supports)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInstance, err)
	}
	if err := checkEmbeddings(H, len(labels.S)); err != nil {
		return nil, err
	}
	in := &Instance{H: mat.DenseCopyOf(H), P: labels.P, Pi: labels.Pi, S: labels.S, labels: labels}
	in.rows = mat.DenseCopyOf(in.H.T())
	in.curvature = sync.OnceValue(func() float64 { return curvature(in) })
	in.subspace = sync.OnceValues(func() (*Subspace, error) { return newSubspace(in) })
	in.compat = sync.OnceValues(func() (*Compat, error) { return newCompat(in) })
	in.svm = sync.OnceValues(func() (*SVM, error) { return newSVM(in) })
	return in, nil
}

// Dims returns the size of the vocabulary, the dimension of the embeddings and the
// number of contexts.
func (in *Instance) Dims() (V, d, m int) {
	V, m = in.P.Dims()
	d, _ = in.H.Dims()
	return V, d, m
}

// Follows tells whether token z is in S_j.
func (in *Instance) Follows(z, j int) bool { return in.labels.Follows(z, j) }

// SupportMatrix returns S in {0,1}^{V×m}, S[z][j] = 1 where z ∈ S_j.
func (in *Instance) SupportMatrix() *mat.Dense { return in.labels.SupportMatrix() }

// Centred returns (I - 11ᵀ/V) S, the support matrix with every column centred: V-s_j
// over V on the support, -s_j over V off it.
func (in *Instance) Centred() *mat.Dense { return in.labels.Proxy() }

// Equalities returns Σ_j (s_j - 1), the number of independent in-support differences
// a context gives in anchor form.
func (in *Instance) Equalities() int { return in.labels.Equalities() }

// Inequalities returns Σ_j (V - s_j), the number of margin constraints in anchor form.
func (in *Instance) Inequalities() int {
	V, _, _ := in.Dims()
	n := 0
	for _, s := range in.S {
		n += V - len(s)
	}
	return n
}

// Entropy returns Hent = -Σ_j π_j Σ_z p_{j,z} log p_{j,z} in nats.
func (in *Instance) Entropy() float64 { return in.labels.Entropy() }

// MaxNorm returns M = √2 max_j ‖h_j‖, the norm that bounds a difference of logits:
// |(e_z - e_v)ᵀ W h_j| ≤ M ‖W‖.
func (in *Instance) MaxNorm() float64 {
	_, _, m := in.Dims()
	longest := 0.0
	for j := range m {
		longest = math.Max(longest, mat.Norm(in.H.ColView(j), 2))
	}
	return math.Sqrt2 * longest
}

// Curvature returns λ_max(H diag(π) Hᵀ), computed on first use.
func (in *Instance) Curvature() float64 { return in.curvature() }

func curvature(in *Instance) float64 {
	_, d, m := in.Dims()
	X := mat.NewDense(d, m, nil)
	X.Apply(func(_, j int, h float64) float64 { return h * math.Sqrt(in.Pi[j]) }, in.H)
	var gram mat.SymDense
	if d < m {
		gram.SymOuterK(1, X)
	} else {
		gram.SymOuterK(1, X.T())
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(&gram, false) {
		return math.NaN()
	}
	return slices.Max(eigen.Values(nil))
}

// Smoothness returns L = ½ λ_max(H diag(π) Hᵀ), a Lipschitz constant of the gradient
// of CE: the Hessian of the log-sum-exp has spectral norm at most ½ (derived here).
// Gradient descent decreases CE for every step below 2/L; the paper's theorems ask for
// 1/(2L).
func (in *Instance) Smoothness() float64 { return in.Curvature() / 2 }

func (in *Instance) checkDecoder(W mat.Matrix) {
	V, d, _ := in.Dims()
	if r, c := W.Dims(); r != V || c != d {
		panic(fmt.Sprintf("ntp: decoder is %d×%d, want V×d = %d×%d", r, c, V, d))
	}
}
