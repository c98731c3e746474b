package geometry

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

func TestGeometry(t *testing.T) {
	rng := newRand(920)
	A, B := matrix.Gaussian(9, 4, rng), matrix.Gaussian(4, 7, rng)
	var L mat.Dense
	L.Mul(A, B)
	g := must(New(&L))(t)
	if g.Rank() != 4 {
		t.Fatalf("rank %d of a product of rank 4", g.Rank())
	}
	var WH mat.Dense
	W, H := g.W(), g.H()
	WH.Mul(W, H)
	nearMatrix(t, "W H", &WH, &L, 100*identityTol)
	near(t, "½(‖W‖² + ‖H‖²)", (math.Pow(matrix.Norm(W), 2)+math.Pow(matrix.Norm(H), 2))/2, g.Nuclear(), 100*identityTol)
	near(t, "nuclear norm", matrix.Nuclear(&L), g.Nuclear(), 100*identityTol)
	near(t, "spectral norm", matrix.Spectral(&L), g.Sigma[0], 100*identityTol)
	near(t, "<U Qᵀ, L>", matrix.Inner(g.Polar(), &L), g.Nuclear(), 100*identityTol)
	near(t, "‖U Qᵀ‖₂", matrix.Spectral(g.Polar()), 1, identityTol)
	var square, LL mat.Dense
	square.Mul(g.GramW(), g.GramW())
	LL.Mul(&L, L.T())
	nearMatrix(t, "(W Wᵀ)²", &square, &LL, 1000*identityTol)
	nearMatrix(t, "Hᵀ H", g.GramH(), outer(mat.DenseCopyOf(H.T())), identityTol)
	for _, bad := range []*mat.Dense{mat.NewDense(3, 3, nil), mat.NewDense(1, 1, []float64{math.NaN()})} {
		if _, err := New(bad); err == nil {
			t.Errorf("no error for %v", bad.RawMatrix().Data)
		}
	}
}

func TestCosines(t *testing.T) {
	A := mat.NewDense(3, 2, []float64{2, 0, 3, 3, 0, 0})
	C := RowCosines(A)
	near(t, "cosine of 45°", C.At(0, 1), math.Sqrt2/2, identityTol)
	near(t, "cosine with itself", C.At(1, 1), 1, identityTol)
	if !math.IsNaN(C.At(0, 2)) {
		t.Errorf("cosine with the zero vector is %g, want NaN", C.At(0, 2))
	}
	nearMatrix(t, "columns", ColumnCosines(mat.DenseCopyOf(A.T())).Slice(0, 2, 0, 2), C.Slice(0, 2, 0, 2), 0)
}

func TestSIM(t *testing.T) {
	rng := newRand(921)
	X, Y := matrix.Gaussian(5, 5, rng), matrix.Gaussian(5, 5, rng)
	// With itself it is one but for the divisors N and N-1 and the constant.
	near(t, "SIM(X, X)", SIM(X, X), 24./25, 1e-6)
	near(t, "SIM and correlation", SIM(X, Y), 24./25*stat.Correlation(X.RawMatrix().Data, Y.RawMatrix().Data, nil), 1e-4)
	minus := mat.DenseCopyOf(X)
	minus.Scale(-1, minus)
	if s := SIM(X, minus); !(s < -0.9) {
		t.Errorf("SIM(X, -X) = %g", s)
	}
}

// Align undoes a rotation.
func TestAlign(t *testing.T) {
	rng := newRand(922)
	A, Q := matrix.Gaussian(8, 3, rng), matrix.Orthonormal(3, 3, rng)
	var B, back mat.Dense
	B.Mul(A, Q)
	back.Mul(&B, Align(&B, A))
	nearMatrix(t, "rotated back", &back, A, 10*identityTol)
}
