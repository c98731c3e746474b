package matrix

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

// identityTol is the error that a few dozen float64 operations on numbers of order one
// leave in an identity.
const identityTol = 1e-13

func newRand() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= identityTol) {
		t.Errorf("%s: got %.17g, want %.17g", what, got, want)
	}
}

func TestInnerProduct(t *testing.T) {
	rng := newRand()
	A, B := Gaussian(4, 3, rng), Gaussian(4, 3, rng)
	var product mat.Dense
	product.Mul(A.T(), B)
	near(t, "<A, B>", Inner(A, B), mat.Trace(&product))
	near(t, "‖A‖²", Norm(A)*Norm(A), Inner(A, A))
	near(t, "‖A + 2B‖²", Inner(Add(A, 2, B), Add(A, 2, B)), Inner(A, A)+4*Inner(A, B)+4*Inner(B, B))
	near(t, "norm of the unit matrix", Norm(Unit(A)), 1)
	near(t, "cosine of a multiple", Corr(A, Add(A, -3, A)), -1)
	if zero := mat.NewDense(4, 3, nil); !math.IsNaN(Corr(A, zero)) {
		t.Error("the cosine with zero is a number")
	}
	if got, want := Pick(A, 1, []int{3, 0}), []float64{A.At(3, 1), A.At(0, 1)}; got[0] != want[0] || got[1] != want[1] {
		t.Errorf("picked %v, want %v", got, want)
	}
}

// The nuclear norm and the spectral norm are dual: <A, B> ≤ ‖A‖_* ‖B‖₂, with equality for
// the polar factor, which an orthonormal matrix is of itself.
func TestNorms(t *testing.T) {
	rng := newRand()
	Q := Orthonormal(5, 3, rng)
	var gram mat.Dense
	gram.Mul(Q.T(), Q)
	near(t, "QᵀQ - I", MaxAbs(Add(&gram, -1, mat.NewDiagDense(3, []float64{1, 1, 1}))), 0)
	near(t, "‖Q‖_*", Nuclear(Q), 3)
	near(t, "‖Q‖₂", Spectral(Q), 1)
	near(t, "<Q, Q>", Inner(Q, Q), Nuclear(Q)*Spectral(Q))
	for range 20 {
		A, B := Gaussian(5, 3, rng), Gaussian(5, 3, rng)
		if Inner(A, B) > Nuclear(A)*Spectral(B)*(1+identityTol) {
			t.Errorf("<A, B> = %g, above ‖A‖_* ‖B‖₂ = %g", Inner(A, B), Nuclear(A)*Spectral(B))
		}
	}
}

func TestShapes(t *testing.T) {
	defer func() {
		if recover() != mat.ErrShape {
			t.Error("no panic for matrices of different shapes")
		}
	}()
	Inner(mat.NewDense(2, 3, nil), mat.NewDense(3, 2, nil))
}

func TestSVD(t *testing.T) {
	A := Gaussian(5, 3, newRand())
	u, values, v, err := SVD(A)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := SingularValues(A)
	if err != nil {
		t.Fatal(err)
	}
	var product mat.Dense
	product.Mul(u, mat.NewDiagDense(3, values))
	product.Mul(&product, v.T())
	near(t, "U diag(values) Vᵀ - A", MaxAbs(Add(&product, -1, A)), 0)
	for i := range values {
		near(t, "singular value", alone[i], values[i])
	}
}

// A block of a positive definite matrix, factorized, solves its equations; scattered back
// it is where it came from.
func TestSymmetricBlocks(t *testing.T) {
	var full mat.Dense
	A := Gaussian(6, 6, newRand())
	full.Mul(A, A.T())
	idx := []int{1, 2, 5}
	block, back := NewSymmetric(3), NewSymmetric(6)
	GatherSymmetric(block, full.RawMatrix(), idx)
	ScatterSymmetric(back, block, idx)
	for i := range 6 {
		for j := i; j < 6; j++ {
			want := 0.0
			if slices.Contains(idx, i) && slices.Contains(idx, j) {
				want = full.At(i, j)
			}
			near(t, "scattered entry", back.Data[i*back.Stride+j], want)
		}
	}
	if _, ok := lapack64.Potrf(block); !ok {
		t.Fatal("a Gram matrix is not positive definite")
	}
	x := []float64{1, -2, 3}
	SolveCholesky(block, x)
	for a, want := range []float64{1, -2, 3} {
		got := 0.0
		for b, j := range idx {
			got += full.At(idx[a], j) * x[b]
		}
		near(t, "right side", got, want)
	}
}

func TestMaxAbs(t *testing.T) {
	A := mat.NewDense(2, 2, []float64{1, -3, 2, 0})
	near(t, "largest entry", MaxAbs(A), 3)
	if A.Set(0, 0, math.NaN()); !math.IsNaN(MaxAbs(A)) {
		t.Error("a NaN does not show")
	}
}

// Blocks that overlap add up: Σ E_Iᵀ A_I E_I, in the upper triangle.
func TestScatterAdds(t *testing.T) {
	var full mat.Dense
	A := Gaussian(4, 4, newRand())
	full.Mul(A, A.T())
	sum, want := NewSymmetric(4), mat.NewDense(4, 4, nil)
	for _, idx := range [][]int{{0, 1, 3}, {1, 2, 3}, {1}} {
		block := NewSymmetric(len(idx))
		GatherSymmetric(block, full.RawMatrix(), idx)
		ScatterSymmetric(sum, block, idx)
		for _, i := range idx {
			for _, j := range idx {
				want.Set(i, j, want.At(i, j)+full.At(i, j))
			}
		}
	}
	for i := range 4 {
		for j := i; j < 4; j++ {
			near(t, "sum of blocks", sum.Data[i*sum.Stride+j], want.At(i, j))
		}
	}
}
