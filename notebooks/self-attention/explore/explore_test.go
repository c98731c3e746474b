package explore

import (
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/notebooks/self-attention/study"
	"github.com/marginalia-ml/marginalia/pkg/explore/exploretest"
)

func TestCornersAreDrawn(t *testing.T) { exploretest.Corners(t, Idea()) }

// No direction has a larger least margin than W_mm, and the kernel of the pair is what is said of it.
func TestMarginsStayBelowTheLargest(t *testing.T) {
	for _, k := range []float64{0, 0.3, 0.9} {
		in, err := study.Opposed(k)
		if err != nil {
			t.Fatal(err)
		}
		if K := in.Kernel.K; math.Abs(K.At(0, 1)/K.At(0, 0)+k) > 1e-12 {
			t.Errorf("k = %g: the kernel is %v", k, K.RawSymmetric().Data)
		}
		for _, eta := range []float64{0.5, 1.5} {
			margins, norm, err := Walked(in, k, eta*Stable(k, in), 1, 40)
			if err != nil {
				t.Fatal(err)
			}
			if share := min(margins[0][40], margins[1][40]) * in.Omega / norm; !(share > 0) || share > 1+1e-9 {
				t.Errorf("k = %g, η = %g η*: share %g of the largest margin", k, eta, share)
			}
		}
	}
}

// Below η* the difference of the margins shrinks, above it swings on for ever.
func TestStableStepIsTheBorder(t *testing.T) {
	for _, k := range []float64{0.3, 0.6, 0.9} {
		in, err := study.Opposed(k)
		if err != nil {
			t.Fatal(err)
		}
		for eta, settles := range map[float64]bool{0.9: true, 1.1: false} {
			margins, _, err := Walked(in, k, eta*Stable(k, in), 1, 2000)
			if err != nil {
				t.Fatal(err)
			}
			n := len(margins[0]) - 1
			if d := math.Abs(margins[0][n] - margins[1][n]); settles != (d < 1e-6) {
				t.Errorf("k = %g, η = %g η*: after %d steps the margins are %g apart", k, eta, n, d)
			}
		}
	}
}
