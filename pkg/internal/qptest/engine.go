package qptest

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// EngineTol bounds the difference of an engine and a dense solver on systems whose
// condition number is below 1e4.
const EngineTol = 1e-9

// Engine is convex.Engine: what solves the Newton systems of a program's dual.
type Engine interface {
	Mul(dst, y []float64, delta float64)
	Factorize(weight []float64, delta float64) error
	Solve(d, r []float64)
}

// CheckEngine compares the products and the Newton systems of an engine with the dense
// matrix Q + δ R, R by the products of the engine: active sets of all sizes among the first
// inequalities rows, with and without weights.
func CheckEngine(tb testing.TB, e Engine, q mat.Symmetric, inequalities int) {
	tb.Helper()
	rng := Rand(9)
	m := q.SymmetricDim()
	metric := metricOf(e, m)
	const delta = 1e-3
	full := mat.NewDense(m, m, nil)
	full.Scale(delta, metric)
	full.Add(full, q)
	for _, share := range []float64{1, 0.8, 0.3, 0} {
		for _, finite := range []bool{false, true} {
			y, r := NormalVec(rng, m), NormalVec(rng, m)
			got := make([]float64, m)
			e.Mul(got, y, delta)
			var want mat.VecDense
			want.MulVec(full, mat.NewVecDense(m, y))
			CheckSame(tb, "product", got, want.RawVector().Data, EngineTol)

			weight := make([]float64, m)
			for i := range inequalities {
				switch {
				case rng.Float64() > share:
					weight[i] = math.Inf(1)
				case finite:
					weight[i] = math.Exp(3 * rng.NormFloat64())
				}
			}
			if err := e.Factorize(weight, delta); err != nil {
				tb.Fatal(err)
			}
			e.Solve(got, r)
			CheckSame(tb, fmt.Sprintf("solution for a share of %g", share), got, newton(tb, full, weight, r), EngineTol)
		}
	}
}

// metricOf returns R, by the products of the engine.
func metricOf(e Engine, m int) *mat.Dense {
	r := mat.NewDense(m, m, nil)
	unit, one, zero := make([]float64, m), make([]float64, m), make([]float64, m)
	for j := range m {
		unit[j] = 1
		e.Mul(one, unit, 1)
		e.Mul(zero, unit, 0)
		unit[j] = 0
		for i := range m {
			r.Set(i, j, one[i]-zero[i])
		}
	}
	return r
}

// newton solves (full + diag(weight))_FF d = r by a general solver, d = 0 outside the rows
// F of finite weight.
func newton(tb testing.TB, full *mat.Dense, weight, r []float64) []float64 {
	tb.Helper()
	m := len(r)
	a, b := mat.NewDense(m, m, nil), mat.NewVecDense(m, nil)
	for i := range m {
		if math.IsInf(weight[i], 1) {
			a.Set(i, i, 1)
			continue
		}
		b.SetVec(i, r[i])
		for j := range m {
			if !math.IsInf(weight[j], 1) {
				a.Set(i, j, full.At(i, j))
			}
		}
		a.Set(i, i, a.At(i, i)+weight[i])
	}
	var d mat.VecDense
	if err := d.SolveVec(a, b); err != nil {
		tb.Fatal(err)
	}
	return d.RawVector().Data
}
