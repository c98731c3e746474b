package convex

import (
	"errors"
	"math"
	"testing"
)

func TestFeasible(t *testing.T) {
	for _, test := range []struct {
		name     string
		p        *QP
		feasible bool
	}{
		{"strip", &QP{G: FromRows([]float64{1, 0}, []float64{-1, 0}), H: []float64{1, -2}}, true},
		{"line", &QP{A: FromRows([]float64{1, 1}), B: []float64{3}}, true},
		{"a single point", &QP{G: FromRows([]float64{1}, []float64{-1}), H: []float64{2, -2}}, true},
		{"empty strip", &QP{G: FromRows([]float64{1, 0}, []float64{-1, 0}), H: []float64{2, -1}}, false},
		{"contradicting lines", &QP{A: FromRows([]float64{1, 1}, []float64{1, 1}), B: []float64{3, 4}}, false},
		{"line outside a half-plane", &QP{G: FromRows([]float64{-1, -1}), H: []float64{0}, A: FromRows([]float64{1, 1}), B: []float64{1}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := test.p
			f, err := Feasible(background, p.G, p.H, p.A, p.B)
			if err != nil {
				t.Fatal(err)
			}
			if f.Feasible != test.feasible {
				t.Fatalf("got %v, want %v", f.Feasible, test.feasible)
			}
			if !f.Feasible {
				checkFarkas(t, p, f.Mu, f.Lambda)
				if f.X != nil || !(f.Defect <= farkasTol) {
					t.Errorf("point %v and defect %g with a proof of infeasibility", f.X, f.Defect)
				}
				return
			}
			slack, residual := slacks(p, f.X)
			if slack != f.Slack || residual != f.Residual {
				t.Errorf("slack %g and residual %g are said to be %g and %g", slack, residual, f.Slack, f.Residual)
			}
			if !(slack >= -exactTol) || !(residual <= exactTol) || f.Mu != nil {
				t.Errorf("slack %g, residual %g, multipliers %v", slack, residual, f.Mu)
			}
			if p.G == nil && !math.IsInf(slack, 1) {
				t.Errorf("slack %g without inequalities", slack)
			}
		})
	}
	if _, err := Feasible(background, nil, nil, nil, nil); !errors.Is(err, ErrInput) {
		t.Errorf("got error %v, want %v", err, ErrInput)
	}
}
