package machine

import (
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/marginalia-ml/marginalia/xla"
)

func TestLeast(t *testing.T) {
	t.Parallel()
	p := Peak{Flops: 100, Bytes: 10}
	if a, b := p.Least(50, 1), p.Least(50, 20); a != 0.5 || b != 2 {
		t.Errorf("least times %v and %v, want 0.5 (operations) and 2 (bytes)", a, b)
	}
}

// A peak is worth its name: any machine does more than a million operations a second, and
// none that this runs on a million times a million million.
func TestMeasure(t *testing.T) {
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.Kind == xla.KindGo {
		t.Skip("pure Go is no measure of a machine, and slow")
	}
	p, err := Measure(t.Context(), b, dtypes.Float32)
	if err != nil {
		t.Fatal(err)
	}
	if !(p.Flops > 1e6 && p.Flops < 1e18 && p.Bytes > 1e6 && p.Bytes < 1e15) {
		t.Errorf("%v", p)
	}
}
