package convex

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestQPInput(t *testing.T) {
	nan, infinity := math.NaN(), math.Inf(1)
	row := fromRows([]float64{1, 2})
	for _, test := range []struct {
		name string
		p    *QP
		opts *Options
		want error
		says string // what the message must name
	}{
		{"empty", &QP{}, nil, ErrInput, "no variables"},
		{"NaN in Q", &QP{Q: []float64{0, nan}}, nil, ErrInput, "Q[1]"},
		{"infinity in H", &QP{G: row, H: []float64{infinity}}, nil, ErrInput, "H[0]"},
		{"NaN in B", &QP{A: row, B: []float64{nan}}, nil, ErrInput, "B[0]"},
		{"NaN in G", &QP{G: fromRows([]float64{1, 2}, []float64{1, nan}), H: []float64{1, 1}}, nil, ErrInput, "row 1 of G"},
		{"infinity in A", &QP{A: fromRows([]float64{infinity, 2}), B: []float64{1}}, nil, ErrInput, "row 0 of A"},
		{"NaN in a sparse matrix", &QP{G: NewCSR(1, 2, []Entry{{0, 1, nan}}), H: []float64{1}}, nil, ErrInput, "row 0 of G"},
		{"NaN in P", &QP{P: mat.NewSymDense(2, []float64{1, nan, 0, 1})}, nil, ErrInput, "P["},
		{"NaN in diagonal P", &QP{P: mat.NewDiagDense(2, []float64{1, nan})}, nil, ErrInput, "P[1, 1]"},
		{"too many right sides", &QP{G: row, H: []float64{1, 2}}, nil, ErrInput, "2 values in H"},
		{"missing right side", &QP{A: row}, nil, ErrInput, "0 in B"},
		{"right side without rows", &QP{Q: []float64{1}, H: []float64{1}}, nil, ErrInput, "1 values in H"},
		{"widths differ", &QP{Q: []float64{1, 2, 3}, G: row, H: []float64{1}}, nil, ErrInput, "G has 2 variables"},
		{"negative curvature", &QP{P: mat.NewSymDense(2, []float64{0, 1, 1, 0})}, nil, ErrNotConvex, "P of 2 variables"},
		{"negative diagonal", &QP{P: mat.NewDiagDense(2, []float64{1, -1})}, nil, ErrNotConvex, "P of 2 variables"},
		{"negative tolerance", &QP{Q: []float64{1}}, &Options{Tolerance: -1}, ErrInput, "tolerance"},
		{"NaN tolerance", &QP{Q: []float64{1}}, &Options{Tolerance: nan}, ErrInput, "tolerance"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sol, err := test.p.Solve(background, test.opts)
			if !errors.Is(err, test.want) || sol != nil {
				t.Fatalf("got %v, error %v: want %v", sol, err, test.want)
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q does not name %q", err, test.says)
			}
		})
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	cancel()
	for name, p := range map[string]*QP{
		"Newton's method":    randomQP(2, 30, 10, 0),
		"interior point too": randomQP(1, 10, 200, 0),
	} {
		sol, err := p.Solve(ctx, nil)
		if !errors.Is(err, context.Canceled) || sol == nil || sol.Status != Canceled {
			t.Errorf("%s: got %v, error %v: want %v", name, sol, err, context.Canceled)
		}
	}
}

// TestTime: a solve ends when its time is over, with the status of one that is stopped.
func TestTime(t *testing.T) {
	forms := []mat.Symmetric{nil, mat.NewDiagDense(30, nil)}
	for _, form := range forms {
		p := randomQP(1, 30, 200, 0)
		p.P = form
		sol, err := p.Solve(background, &Options{Time: 1})
		if !errors.Is(err, context.DeadlineExceeded) || sol == nil || sol.Status != Canceled {
			t.Errorf("got %v, error %v: want %v", sol, err, context.DeadlineExceeded)
		}
	}
}

// TestLimits asks for the impossible: an answer with its certificate must come
// back, marked as what it is.
func TestLimits(t *testing.T) {
	p := randomQP(1, 10, 200, 0)
	for name, o := range map[string]*Options{
		"iterations": {Iterations: 3},
		"tolerance":  {Tolerance: 1e-40},
	} {
		sol, err := p.Solve(background, o)
		if !errors.Is(err, ErrInaccurate) || sol == nil || sol.Status != Inaccurate {
			t.Fatalf("%s: got %v, error %v: want %v", name, sol, err, ErrInaccurate)
		}
		if o.Iterations == 0 && !(sol.Residual <= DefaultTolerance) {
			t.Errorf("%s: stopped at %v", name, sol.Certificate)
		}
		if o.Iterations != 0 && sol.Iterations > o.Iterations+1 {
			t.Errorf("%s: %d systems for a limit of %d", name, sol.Iterations, o.Iterations)
		}
	}
}

func TestStatusString(t *testing.T) {
	for s, want := range map[Status]string{
		Unsolved: "unsolved", Optimal: "optimal", Inaccurate: "inaccurate", PrimalInfeasible: "primal infeasible",
		DualInfeasible: "dual infeasible", Canceled: "canceled", 77: "Status(77)",
	} {
		if s.String() != want {
			t.Errorf("got %q, want %q", s, want)
		}
	}
	if s := (Certificate{Status: Optimal, Primal: 1.5, Residual: 1e-12}).String(); !strings.Contains(s, "optimal: primal 1.5") {
		t.Errorf("certificate reads %q", s)
	}
}

// TestCanceledBefore: a context that is over is heard before P is factorized, and so before it is known not
// to be convex, and after the data are looked at.
func TestCanceledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	cancel()
	p := &QP{P: mat.NewSymDense(2, []float64{1, 2, 2, 1}), G: fromRows([]float64{1, 0}), H: []float64{1}}
	sol, err := p.Solve(ctx, nil)
	if !errors.Is(err, context.Canceled) || sol == nil || sol.Status != Canceled || len(sol.X) != 2 || len(sol.Mu) != 1 {
		t.Errorf("%v, %v: want an answer with status canceled", sol, err)
	}
	p.H[0] = math.NaN()
	if _, err := p.Solve(ctx, nil); !errors.Is(err, ErrInput) {
		t.Errorf("%v, want %v", err, ErrInput)
	}
}
