package ntp

import (
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Subspace is the data subspace F of an instance with its orthogonal projections.
//
// An element of F is A Hᵀ with A in T, the V×m matrices whose column j is supported on
// S_j and sums to zero. So the projection of X is A Hᵀ with P_T(A HᵀH) = P_T(X H), and
// the solution of the log-odds equations in F is A Hᵀ with P_T(A HᵀH) = L^in (derived
// here). Both are solved in T by blocks, see blocks; where the embeddings of contexts
// that share a token are linearly dependent, a basis of F is computed from the anchor
// rows instead.
type Subspace struct {
	in     *Instance
	blocks *blocks
	basis  *basis // used if blocks is nil
}

// Subspace returns F, computed on first use.
func (in *Instance) Subspace() (*Subspace, error) { return in.subspace() }

func newSubspace(in *Instance) (*Subspace, error) {
	if b := newBlocks(in); b != nil {
		return &Subspace{in: in, blocks: b}, nil
	}
	b, err := newBasis(in)
	if err != nil {
		return nil, err
	}
	return &Subspace{in: in, basis: b}, nil
}

// Rank returns dim F. It is Σ_j (s_j - 1) unless embeddings are linearly dependent.
func (f *Subspace) Rank() int {
	if f.blocks != nil {
		return f.in.Equalities()
	}
	return f.basis.projection.Rank()
}

// Project returns P_F(X).
func (f *Subspace) Project(X mat.Matrix) *mat.Dense {
	f.in.checkDecoder(X)
	if f.blocks == nil {
		return f.basis.project(X)
	}
	return f.in.fromT(f.blocks.solve(f.in.centreOnSupports(f.in.supportLogits(X))))
}

// solve returns the element W of F with (e_z - e_z')ᵀ W h_j = D[z][j] - D[z'][j] for
// z, z' ∈ S_j, in the sense of least squares where there is none.
func (f *Subspace) solve(D *mat.Dense) (*mat.Dense, error) {
	if f.blocks == nil {
		return f.basis.solve(D)
	}
	return f.in.fromT(f.blocks.solve(f.in.centreOnSupports(D))), nil
}

// Complement returns P_⊥(X) = X - P_F(X).
func (f *Subspace) Complement(X mat.Matrix) *mat.Dense { return matrix.Add(X, -1, f.Project(X)) }

// supportLogits returns X H on the supports and zero off them, V×m: a product of length d
// for every support token.
func (in *Instance) supportLogits(X mat.Matrix) *mat.Dense {
	V, _, m := in.Dims()
	D := mat.DenseCopyOf(X)
	L := mat.NewDense(V, m, nil)
	for j, s := range in.S {
		h := in.rows.RawRowView(j)
		for _, z := range s {
			L.Set(z, j, floats.Dot(D.RawRowView(z), h))
		}
	}
	return L
}

// fromT returns A Hᵀ for A that is zero off the supports.
func (in *Instance) fromT(A *mat.Dense) *mat.Dense {
	W := in.Zero()
	for j, s := range in.S {
		h := in.rows.RawRowView(j)
		for _, z := range s {
			floats.AddScaled(W.RawRowView(z), A.At(z, j), h)
		}
	}
	return W
}

// centreOnSupports returns P_T(L): column j minus its mean over S_j on S_j, zero off it.
func (in *Instance) centreOnSupports(L mat.Matrix) *mat.Dense { return in.labels.Project(L) }

// LogOdds returns L^in, V×m: log p_{j,z} minus its mean over S_j on the support, zero
// off it. Every solution W of the log-odds equations has P_T(W H) = L^in.
func (in *Instance) LogOdds() *mat.Dense { return in.labels.Lin() }
