package optim

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// Every schedule at every step is its formula: to a few roundings of float64 in
// float64, to one of float32 in float32.
func TestSchedules(t *testing.T) {
	const steps = 30
	cases := []struct {
		s    Schedule
		want func(k float64) float64
	}{
		{Constant(0.3), func(float64) float64 { return 0.3 }},
		{Power(2, 0.75), func(k float64) float64 { return 2 / math.Pow(k+1, 0.75) }},
		{Power(2, 1), func(k float64) float64 { return 2 / (k + 1) }},
		{InverseSqrt(0.3), func(k float64) float64 { return 0.3 / math.Sqrt(k+1) }},
		{Cosine(0.3, 20), func(k float64) float64 {
			if k >= 20 {
				return 0
			}
			return 0.3 * math.Pow(math.Cos(math.Pi*k/40), 2)
		}},
		{Linear(0.3, 20), func(k float64) float64 { return 0.3 * math.Max(0, 20-k) / 20 }},
		{Milestones(0.4, 0.5, 3, 17), func(k float64) float64 {
			switch {
			case k < 3:
				return 0.4
			case k < 17:
				return 0.2
			}
			return 0.1
		}},
		{Warmup(Constant(0.3), 8), func(k float64) float64 { return 0.3 * math.Min(1, (k+1)/8) }},
		{Warmup(InverseSqrt(0.3), 8), func(k float64) float64 { return 0.3 * math.Min(1, (k+1)/8) / math.Sqrt(k+1) }},
	}
	b := open(t)
	for dtype, tol := range map[dtypes.DType]float64{dtypes.Float64: 1e-15, dtypes.Float32: 2 * 0x1p-24} {
		step := func(_ *Node, state, _ []*Node) []*Node { return state }
		values := func(k *Node, _, _ []*Node) []*Node {
			var row []*Node
			for _, c := range cases {
				v := c.s(k, dtype)
				if v.DType() != dtype || !v.IsScalar() {
					t.Errorf("a schedule of shape %s, want a scalar of %s", v.Shape(), dtype)
				}
				row = append(row, v)
			}
			return row
		}
		l, err := xla.NewLoop(b, step, values)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Start([]*tensors.Tensor{tensors.FromScalar(0.0)}, nil); err != nil {
			t.Fatal(err)
		}
		for k := range steps {
			row, err := l.Measure()
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range cases {
				if want := c.want(float64(k)); !(math.Abs(row[i]-want) <= tol) {
					t.Errorf("schedule %d, step %d, %s: %g, want %g", i, k, dtype, row[i], want)
				}
			}
			if err := l.Run(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
