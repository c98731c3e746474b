package ntp

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// basis is F given by the anchor rows vec((e_a - e_z) h_jᵀ), a the first token of S_j and
// z the others. Where d exceeds m they are written in coordinates of the span of the
// embeddings, V·m numbers a row instead of V·d.
type basis struct {
	in         *Instance
	rows       *mat.Dense // nil if there is none
	frame      *mat.Dense // d×r with orthonormal columns that span those of H; nil for I
	projection *convex.Projection
}

// maxBasis bounds the numbers of the anchor rows: 1 GiB of them.
const maxBasis = 1 << 27

func newBasis(in *Instance) (*basis, error) {
	V, d, m := in.Dims()
	b := &basis{in: in}
	H := in.H
	if d > m {
		b.frame = frameOf(H)
		H = mat.NewDense(m, m, nil)
		H.Mul(b.frame.T(), in.H)
	}
	r, _ := H.Dims()
	n := in.Equalities()
	if n*V*r > maxBasis {
		return nil, fmt.Errorf("ntp: the embeddings of contexts that share a token are linearly dependent, and a basis of F needs %d×%d numbers: take d ≥ m or fewer contexts", n, V*r)
	}
	b.rows = mat.NewDense(n, V*r, nil)
	i := 0
	for j, s := range in.S {
		for _, z := range s[1:] {
			for k := range r {
				b.rows.Set(i, s[0]*r+k, H.At(k, j))
				b.rows.Set(i, z*r+k, -H.At(k, j))
			}
			i++
		}
	}
	var err error
	b.projection, err = convex.RowSpace(b.rows)
	return b, err
}

// frameOf returns the Q of the thin QR factorization of H, d ≥ m.
func frameOf(H *mat.Dense) *mat.Dense {
	d, m := H.Dims()
	var qr mat.QR
	qr.Factorize(H)
	var Q mat.Dense
	qr.QTo(&Q)
	return mat.DenseCopyOf(Q.Slice(0, d, 0, m))
}

// project returns P_F(X).
func (b *basis) project(X mat.Matrix) *mat.Dense {
	V, _, _ := b.in.Dims()
	x := mat.DenseCopyOf(X)
	if b.frame != nil {
		_, r := b.frame.Dims()
		x = mat.NewDense(V, r, nil)
		x.Mul(X, b.frame)
	}
	flat := x.RawMatrix().Data
	b.projection.Apply(flat, flat)
	return b.lift(x)
}

// solve returns the element W of F with (e_z - e_z')ᵀ W h_j = D[z][j] - D[z'][j] for
// z, z' ∈ S_j, in the sense of least squares.
func (b *basis) solve(D *mat.Dense) (*mat.Dense, error) {
	var right []float64
	for j, s := range b.in.S {
		for _, z := range s[1:] {
			right = append(right, D.At(s[0], j)-D.At(z, j))
		}
	}
	ls, err := convex.MinNorm(b.rows, right)
	if err != nil {
		return nil, err
	}
	V, _, _ := b.in.Dims()
	return b.lift(mat.NewDense(V, len(ls.X)/V, ls.X)), nil
}

// lift takes a V×r matrix from the coordinates of the frame to R^{V×d}.
func (b *basis) lift(x *mat.Dense) *mat.Dense {
	if b.frame == nil {
		return x
	}
	V, d, _ := b.in.Dims()
	W := mat.NewDense(V, d, nil)
	W.Mul(x, b.frame.T())
	return W
}
