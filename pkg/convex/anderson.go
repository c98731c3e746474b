package convex

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Constants of the acceleration.
const (
	// andersonMemory is the number of steps remembered. With 5 the programs of
	// the tests take up to twice as many iterations, with 20 as many as with 10.
	andersonMemory = 10
	// andersonRidge is added to the Gram matrix of the changes, which get as
	// parallel as the machine resolves, relative to its trace and ‖g‖². Where g
	// does not change, the point just walks on.
	andersonRidge = 1e-12
	// andersonScale and andersonPower are the D and 1 + ε of the rule that
	// accepts an extrapolation.
	andersonScale, andersonPower = 10, 1.1
)

// Anderson accelerates a fixed-point iteration s ← s + g(s) (Anderson, "Iterative
// procedures for nonlinear integral equations", 1965; Walker and Ni, "Anderson
// acceleration for fixed-point iterations", 2011, type II): from the last steps
// Δs and the changes Δg of the residual that they made, it goes to
//
//	s + g - Σ γ (Δs + Δg),   γ = argmin ‖ g - Σ γ Δg ‖
//
// An extrapolation is accepted while its residual is below D ‖g₀‖ (k+1)^-(1+ε), k
// being the number accepted before, which keeps the convergence of the plain
// iteration (Zhang, O'Donoghue and Boyd, "Globally convergent type-I Anderson
// acceleration for nonsmooth fixed-point iterations", 2020). Its user takes a step by
// Extrapolate, measures the residual there, and either calls Accept, where it is at most
// Bound, or Forget and takes s + g instead; Record follows either.
type Anderson struct {
	steps, changes [][]float64
	gram           *mat.SymDense
	next           int // slot of the next pair
	first          float64
	accepted       int
}

// NewAnderson returns the acceleration of an iteration whose first residual has the norm
// first.
func NewAnderson(first float64) *Anderson {
	return &Anderson{first: first, gram: mat.NewSymDense(andersonMemory, nil)}
}

// Bound returns the norm of the residual up to which the next extrapolation is accepted.
func (a *Anderson) Bound() float64 {
	return andersonScale * a.first * math.Pow(float64(a.accepted+1), -andersonPower)
}

// Accept counts an extrapolation that was taken.
func (a *Anderson) Accept() { a.accepted++ }

// Forget drops the memory.
func (a *Anderson) Forget() { a.steps, a.changes, a.next = nil, nil, 0 }

// Record remembers the step ds and the change dg of the residual, and keeps both.
func (a *Anderson) Record(ds, dg []float64) {
	if len(a.steps) < andersonMemory {
		a.steps, a.changes = append(a.steps, ds), append(a.changes, dg)
	} else {
		a.steps[a.next], a.changes[a.next] = ds, dg
	}
	for i, c := range a.changes {
		a.gram.SetSym(a.next, i, floats.Dot(dg, c))
	}
	a.next = (a.next + 1) % andersonMemory
}

// Extrapolate stores the next point in dst and reports whether it is other than
// s + g.
func (a *Anderson) Extrapolate(dst, s, g []float64) bool {
	floats.AddTo(dst, s, g)
	k := len(a.steps)
	if k == 0 {
		return false
	}
	m := mat.NewSymDense(k, nil)
	right := mat.NewVecDense(k, nil)
	scale := floats.Dot(g, g)
	for i := range k {
		scale += a.gram.At(i, i)
		right.SetVec(i, floats.Dot(a.changes[i], g))
	}
	for i := range k {
		for j := i; j < k; j++ {
			m.SetSym(i, j, a.gram.At(i, j))
		}
		m.SetSym(i, i, m.At(i, i)+andersonRidge*scale)
	}
	var chol mat.Cholesky
	if !chol.Factorize(m) {
		a.Forget()
		return false
	}
	var gamma mat.VecDense
	_ = chol.SolveVecTo(&gamma, right) // the ridge bounds the condition number
	for i := range k {
		floats.AddScaled(dst, -gamma.AtVec(i), a.steps[i])
		floats.AddScaled(dst, -gamma.AtVec(i), a.changes[i])
	}
	return true
}
