package qptest

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// FarkasTol is the largest entry of |Gᵀ μ + Aᵀ λ|, beside the sum of the |multiplier| ‖row‖
// that cancel in it, that counts as zero in a proof of infeasibility.
const FarkasTol = 1e-9

// Matrix is a matrix of which products are known: M x, or Mᵀ x if trans, is stored in dst.
type Matrix interface {
	Dims() (r, c int)
	MulVecTo(dst []float64, trans bool, x []float64)
}

// Program is a quadratic program; P = I where it is nil. Its fields are those of convex.QP,
// so that Program[convex.Matrix](*p) is the program p.
type Program[M Matrix] struct {
	P mat.Symmetric
	Q []float64
	G M
	H []float64
	A M
	B []float64
}

// Answer is what a solver said: minimizer, multipliers of G and of A, both values, and the
// residual of its own certificate.
type Answer struct {
	X, Mu, Lambda          []float64
	Primal, Dual, Residual float64
}

// Densely returns the program with every entry of its rows stored, which hides their
// structure from the solver; from makes a matrix of the solver's.
func (p Program[M]) Densely(from func(mat.Matrix) M) Program[M] {
	if any(p.G) != nil {
		p.G = from(Dense(p.G))
	}
	if any(p.A) != nil {
		p.A = from(Dense(p.A))
	}
	return p
}

// Dense returns m with every entry stored, by its products alone.
func Dense(m Matrix) *mat.Dense {
	r, c := m.Dims()
	out, unit := mat.NewDense(r, c, nil), make([]float64, r)
	for i := range r {
		unit[i] = 1
		m.MulVecTo(out.RawRowView(i), true, unit)
		unit[i] = 0
	}
	return out
}

// Form returns P x.
func (p Program[M]) Form(x []float64) []float64 {
	out := make([]float64, len(x))
	if p.P == nil {
		copy(out, x)
		return out
	}
	for i := range out {
		for j := range x {
			out[i] += p.P.At(i, j) * x[j]
		}
	}
	return out
}

// CheckOptimal tests feasibility, the signs of the multipliers, stationarity,
// complementarity, both objective values and the gap between them, each relative to the
// size of what cancels in it and at most tol.
func (p Program[M]) CheckOptimal(tb testing.TB, a Answer, tol float64) {
	tb.Helper()
	stat := p.Form(a.X)
	px := maxAbs(stat)
	primal := 0.5 * floats.Dot(a.X, stat)
	dual := -primal
	scale := 1.0
	for i, q := range p.Q {
		stat[i] += q
		primal += q * a.X[i]
		scale = max(scale, math.Abs(q))
	}
	worst := map[string]float64{}
	note := func(name string, v float64) { worst[name] = max(worst[name], v) } // NaN stays
	far, reach := 0.0, 0.0                                                     // distances from the constraints and of their zero, by rows of norm one
	rows := func(m M, rhs, mult []float64, eq bool) {
		if any(m) == nil {
			return
		}
		dense := Dense(m)
		for i, b := range rhs {
			row := dense.RawRowView(i)
			value := floats.Dot(row, a.X)
			norm := floats.Norm(row, 2)
			if norm == 0 {
				norm = 1
			}
			far, reach = max(far, math.Abs(b)/norm), max(reach, math.Abs(value)/norm)
			if eq {
				note("violation", math.Abs(value-b)/norm)
			} else {
				note("violation", (b-value)/norm)
				note("sign", -mult[i])
				note("complementarity", math.Abs((value-b)*mult[i])/max(1, math.Abs(primal)))
			}
			floats.AddScaled(stat, -mult[i], row)
			dual += b * mult[i]
		}
	}
	rows(p.G, p.H, a.Mu, false)
	rows(p.A, p.B, a.Lambda, true)
	if worst["violation"] > 0 {
		worst["violation"] /= max(far, reach)
	}
	note("stationarity", maxAbs(stat)/max(scale, px))
	note("primal value", math.Abs(a.Primal-primal)/max(1, math.Abs(primal)))
	note("dual value", math.Abs(a.Dual-dual)/max(1, math.Abs(primal)))
	note("gap", math.Abs(primal-dual)/max(1, math.Abs(primal)))
	note("residual", a.Residual)
	for name, v := range worst {
		if !(v <= tol) {
			tb.Errorf("%s is off by %g, more than %g", name, v, tol)
		}
	}
}

// CheckFarkas tests that multipliers mu of the inequalities and lambda of the equalities
// prove that no point is feasible: a point x would have 0 < 1 ≤ (Gᵀ mu + Aᵀ lambda)ᵀ x.
func (p Program[M]) CheckFarkas(tb testing.TB, mu, lambda []float64) {
	tb.Helper()
	if len(mu) != len(p.H) || len(lambda) != len(p.B) {
		tb.Fatalf("%d and %d multipliers for %d and %d rows", len(mu), len(lambda), len(p.H), len(p.B))
	}
	var sum []float64
	value, size, terms := 0.0, 0.0, 0.0 // of value, what cancels in it is as large as terms
	add := func(m M, rhs, mult []float64) {
		if any(m) == nil {
			return
		}
		dense := Dense(m)
		if sum == nil {
			sum = make([]float64, dense.RawMatrix().Cols)
		}
		for i, v := range mult {
			floats.AddScaled(sum, v, dense.RawRowView(i))
			value += v * rhs[i]
			terms += math.Abs(v * rhs[i])
			size += math.Abs(v) * floats.Norm(dense.RawRowView(i), 2)
		}
	}
	add(p.G, p.H, mu)
	add(p.A, p.B, lambda)
	for i, v := range mu {
		if !(v >= 0) {
			tb.Errorf("multiplier %d is %g", i, v)
		}
	}
	if !(math.Abs(value-1) <= 1e-9+float64(len(mu)+len(lambda))*0x1p-52*terms) {
		tb.Errorf("right side combines to %g, want 1", value)
	}
	if !(maxAbs(sum) <= FarkasTol*size) {
		tb.Errorf("rows combine to %g, want 0 beside %g", maxAbs(sum), size)
	}
}

// CheckSame tests that two points agree, relative to the size of the second.
func CheckSame(tb testing.TB, what string, got, want []float64, tol float64) {
	tb.Helper()
	if len(got) != len(want) {
		tb.Fatalf("%s: length %d, want %d", what, len(got), len(want))
	}
	d := 0.0
	for i := range got {
		d = max(d, math.Abs(got[i]-want[i])) // NaN stays
	}
	if !(d <= tol*max(1, maxAbs(want))) {
		tb.Errorf("%s: off by %g, more than %g", what, d, tol*max(1, maxAbs(want)))
	}
}

func maxAbs(v []float64) float64 {
	m := 0.0
	for _, x := range v {
		m = max(m, math.Abs(x)) // NaN stays
	}
	return m
}
