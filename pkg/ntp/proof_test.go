package ntp

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

func proofInstance(t *testing.T, seed uint64) (*Instance, *rand.Rand) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 11))
	in, err := Gaussian(Config{V: 7, M: 6, D: 8, Sizes: []int{1, 2, 3, 4, 2, 7}}, rng)
	if err != nil {
		t.Fatal(err)
	}
	return in, rng
}

func TestDivergenceIsTheExcess(t *testing.T) {
	in, rng := proofInstance(t, 1)
	W := in.Start(rng)
	if got, want := softlabel.Divergence(in.P, in.Probabilities(W), in.Pi), in.Excess(W); math.Abs(got-want) > 1e-13 {
		t.Errorf("divergence %v, excess %v", got, want)
	}
}

func TestTransfer(t *testing.T) {
	in, rng := proofInstance(t, 2)
	f, err := in.Subspace()
	if err != nil {
		t.Fatal(err)
	}
	D := f.Complement(in.Start(rng))
	W := in.Start(rng)
	if got, want := in.Transfer(W, D), -matrix.Inner(in.Gradient(W), D); math.Abs(got-want) > 1e-13 {
		t.Errorf("transfer %v, -⟨∇CE, D⟩ = %v", got, want)
	}
}

func TestDecoderHasItsLogits(t *testing.T) {
	in, _ := proofInstance(t, 3)
	W, err := in.Decoder(in.SupportMatrix())
	if err != nil {
		t.Fatal(err)
	}
	var off mat.Dense
	off.Sub(in.Logits(W), in.SupportMatrix())
	if matrix.MaxAbs(&off) > 1e-12 {
		t.Errorf("logits differ by %v", matrix.MaxAbs(&off))
	}
	narrow, err := Gaussian(Config{V: 4, M: 3, D: 2, S: 2}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := narrow.Decoder(narrow.SupportMatrix()); err == nil {
		t.Error("three embeddings in two dimensions: no error")
	}
}

// The eigenvalues bound the curvature of CE_F along every direction of F, and second
// differences along the eigenvectors' span attain values between them.
func TestSupportCurvatureBoundsSecondDifferences(t *testing.T) {
	in, rng := proofInstance(t, 4)
	f, err := in.Subspace()
	if err != nil {
		t.Fatal(err)
	}
	W := in.Start(rng)
	least, most, err := in.SupportCurvature(W)
	if err != nil {
		t.Fatal(err)
	}
	const h = 1e-3 // the error of a second difference is h²/12 times a fourth derivative of order one
	for range 50 {
		X := matrix.Unit(f.Project(in.Start(rng)))
		second := (in.InSupportCE(matrix.Add(W, h, X)) - 2*in.InSupportCE(W) + in.InSupportCE(matrix.Add(W, -h, X))) / (h * h)
		if second < least-1e-5 || second > most+1e-5 {
			t.Errorf("second difference %v outside [%v, %v]", second, least, most)
		}
	}
	if least <= 0 {
		t.Errorf("least curvature on F is %v", least)
	}
}

func TestSupportCurvatureOfOneContext(t *testing.T) {
	// One context, two tokens with odds 1: F is one line, Var = 1/4 · (difference)²,
	// and the unit matrix (e_1-e_2)hᵀ/(√2‖h‖) has difference √2‖h‖.
	H := mat.NewDense(2, 1, []float64{3, 4})
	P := mat.NewDense(3, 1, []float64{0.5, 0.5, 0})
	in, err := New(H, P, []float64{1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	least, most, err := in.SupportCurvature(in.Zero())
	if err != nil || math.Abs(least-12.5) > 1e-12 || math.Abs(most-12.5) > 1e-12 {
		t.Errorf("curvature %v..%v (%v), want 12.5", least, most, err)
	}
}

func TestMeanMarginIsTheSlope(t *testing.T) {
	in, rng := proofInstance(t, 5)
	W := in.Start(rng)
	D, err := in.Decoder(in.SupportMatrix())
	if err != nil {
		t.Fatal(err)
	}
	if got := in.MeanMargin(W, D, 3); math.Abs(got-1) > 1e-12 { // all margins of S·H⁺ are one
		t.Errorf("mean margin %v, want 1", got)
	}
	D2 := matrix.Add(D, 0.3, in.Start(rng))
	f, err := in.Subspace()
	if err != nil {
		t.Fatal(err)
	}
	D2 = f.Complement(D2)
	x := func(R float64) float64 { return math.Log(in.RayConstant(matrix.Add(W, R, D2))) }
	const h = 1e-4
	slope := (x(2+h) - x(2-h)) / (2 * h)
	if got := in.MeanMargin(W, D2, 2); math.Abs(got+slope) > 1e-6 {
		t.Errorf("mean margin %v, slope %v", got, slope)
	}
}

func TestDecayBound(t *testing.T) {
	in, _ := proofInstance(t, 6)
	D, err := in.Decoder(in.SupportMatrix())
	if err != nil {
		t.Fatal(err)
	}
	gamma := []float64{0, 1, 5, 20}
	for i, r := range in.Decay(D, gamma) {
		if !(r <= 1+1e-12) {
			t.Errorf("γ = %v: s e^γ σ = %v", gamma[i], r)
		}
	}
	D.Scale(0.9, D)
	if r := in.Decay(D, gamma)[3]; r <= 1 {
		t.Errorf("margins of 0.9: s e^γ σ = %v, want above one", r)
	}
}
