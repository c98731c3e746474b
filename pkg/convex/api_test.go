package convex

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// toy returns the three contexts at 90, 210 and 330 degrees of Figure 1 of
// Thrampoulidis (2024), whose supports are forced by its caption.
func toy(t *testing.T) *Margins {
	t.Helper()
	h := mat.NewDense(2, 3, nil)
	for j, deg := range []float64{90, 210, 330} {
		h.Set(0, j, math.Cos(deg*math.Pi/180))
		h.Set(1, j, math.Sin(deg*math.Pi/180))
	}
	m, err := NewMargins(h, 5, [][]int{{1, 2, 3}, {0, 1, 4}, {0, 3, 4}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMarginsToy(t *testing.T) {
	got, err := toy(t).Solve(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r3 := math.Sqrt(3)
	want := []float64{0, -6. / 5, -2 / r3, 4. / 5, 0, 4. / 5, 2 / r3, 4. / 5, 0, -6. / 5} // derived by hand
	if diff := floats.Distance(got.W.RawMatrix().Data, want, math.Inf(1)); !(diff <= 1e-10) {
		t.Errorf("W is off by %g: %v", diff, mat.Formatted(got.W))
	}
	if v := 2 * got.Primal; !(math.Abs(v-112./15) <= 1e-10) {
		t.Errorf("‖W‖² = %v, want 112/15", v)
	}
}

func TestInfeasibleToy(t *testing.T) {
	h := mat.NewDense(1, 2, []float64{1, 1})
	m, err := NewMargins(h, 2, [][]int{{0}, {1}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Solve(context.Background(), nil)
	if !errors.Is(err, ErrInfeasible) || got.Status != PrimalInfeasible || got.W != nil {
		t.Errorf("got %v, %v: want %v", got, err, ErrInfeasible)
	}
}
