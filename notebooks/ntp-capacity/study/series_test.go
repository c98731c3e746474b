package study

import (
	"slices"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Pairs b, −b leave each activation one rank short at 0, and a certificate only away from it.
func TestMeasureSeries(t *testing.T) {
	r := MeasureSeries(random.Stream(1, "series"), 0.3)
	if want := []string{"(1, −1, 2)", "(1, −1, 2, −2)", "(1, −1, 2, −2)"}; !slices.Equal(r.Pairs, want) || len(r.Psi) != 3 {
		t.Fatalf("%v with b = %v, want %v", r.Psi, r.Pairs, want)
	}
	for i, psi := range r.Psi {
		if r.Off[i] != 0 || r.Same[i] != -1 {
			t.Errorf("%s: ranks less what they may be: %g for distinct |b|, %g for pairs, want 0 and −1", psi, r.Off[i], r.Same[i])
		}
		if !(r.Certificate[i] < 1 && r.Shifted[i] < 1) || r.Centred[i] < 1 {
			t.Errorf("%s: ‖I − XA‖ = %g for distinct |b|, %g for pairs at η, %g for pairs at 0", psi, r.Certificate[i], r.Shifted[i], r.Centred[i])
		}
	}
	if still := MeasureSeries(random.Stream(1, "series"), 0); !slices.Equal(still.Shifted, still.Centred) || !slices.Equal(still.Certificate, r.Certificate) {
		t.Errorf("without a shift: %v and %v", still.Shifted, still.Centred)
	}
}
