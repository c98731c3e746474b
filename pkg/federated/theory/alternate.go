package theory

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Alternation minimises the objective of [Design.Joint] over u and over all v_g in turn, each
// exactly: block-coordinate descent, what the two stages of training do with networks.
type Alternation struct {
	X      Design
	Y      [][]float64 // outputs of each group
	Lambda float64

	u     *mat.VecDense
	v     []*mat.VecDense
	s     []*mat.SymDense // S_g = X_gᵀ X_g
	b     []*mat.VecDense // X_gᵀ y_g
	inner []mat.Cholesky  // of S_g + λ
	all   mat.Cholesky    // of S = Σ S_g
	total *mat.SymDense   // S
}

// condTol is one over the largest condition number of XᵀX: above it hardly a digit is left.
const condTol = 1e-13

// NewAlternation begins at u = 0, v = 0. The stacked inputs need rank d, and λ > 0.
func NewAlternation(X Design, Y [][]float64, lambda float64) (*Alternation, error) {
	G, n, d := X.size()
	if G == 0 || len(Y) != G || !(lambda > 0) {
		return nil, fmt.Errorf("theory: %d groups, outputs of %d, λ = %v: want at least one group, outputs of each and a positive λ", G, len(Y), lambda)
	}
	a := &Alternation{X: X, Y: Y, Lambda: lambda, u: mat.NewVecDense(d, nil), total: mat.NewSymDense(d, nil), inner: make([]mat.Cholesky, G)}
	for g, x := range X {
		if r, _ := x.Dims(); len(Y[g]) != r {
			return nil, fmt.Errorf("theory: group %d has %d outputs for %d inputs", g, len(Y[g]), r)
		}
		s, b, with := mat.NewSymDense(d, nil), mat.NewVecDense(d, nil), mat.NewSymDense(d, nil)
		s.SymOuterK(1, x.T())
		b.MulVec(x.T(), mat.NewVecDense(len(Y[g]), Y[g]))
		with.CopySym(s)
		for j := range d {
			with.SetSym(j, j, s.At(j, j)+lambda)
		}
		if !a.inner[g].Factorize(with) {
			return nil, fmt.Errorf("theory: XᵀX + λ of group %d is not positive definite: are there NaN among its inputs?", g)
		}
		a.total.AddSym(a.total, s)
		a.s, a.b, a.v = append(a.s, s), append(a.b, b), append(a.v, mat.NewVecDense(d, nil))
	}
	if !a.all.Factorize(a.total) || !(a.all.Cond()*condTol < 1) {
		return nil, fmt.Errorf("theory: the %d inputs of all groups together do not have rank %d", n, d)
	}
	return a, nil
}

// Shared minimises over u, or goes step times as far: more than twice as far, and the
// objective grows.
func (a *Alternation) Shared(step float64) {
	_, _, d := a.X.size()
	best, s := mat.NewVecDense(d, nil), mat.NewVecDense(d, nil)
	for g := range a.X {
		s.MulVec(a.s[g], a.v[g])
		best.AddVec(best, a.b[g])
		best.SubVec(best, s)
	}
	solve(&a.all, s, best)
	s.SubVec(s, a.u)
	a.u.AddScaledVec(a.u, step, s)
}

// Own minimises over every v_g.
func (a *Alternation) Own() {
	_, _, d := a.X.size()
	s := mat.NewVecDense(d, nil)
	for g := range a.X {
		s.MulVec(a.s[g], a.u)
		s.SubVec(a.b[g], s)
		solve(&a.inner[g], a.v[g], s)
	}
}

// Sweep minimises over every v_g and then over u.
func (a *Alternation) Sweep() {
	a.Own()
	a.Shared(1)
}

// From begins at another u; every v_g is 0 until the first sweep.
func (a *Alternation) From(u []float64) {
	a.u = mat.NewVecDense(len(u), append([]float64{}, u...))
	for g := range a.v {
		a.v[g].Zero()
	}
}

// solve leaves the condition number, which [NewAlternation] could not refuse, to the answer.
func solve(c *mat.Cholesky, x, b *mat.VecDense) {
	if err := c.SolveVecTo(x, b); err != nil {
		x.CloneFromVec(b)
		x.ScaleVec(math.NaN(), x)
	}
}

// U returns u.
func (a *Alternation) U() []float64 { return append([]float64{}, a.u.RawVector().Data...) }

// Objective returns Σ_g ‖y_g − X_g (u + v_g)‖² + λ Σ_g ‖v_g‖².
func (a *Alternation) Objective() float64 {
	sum := 0.0
	for g, x := range a.X {
		var w, r mat.VecDense
		w.AddVec(a.u, a.v[g])
		r.MulVec(x, &w)
		r.SubVec(mat.NewVecDense(len(a.Y[g]), a.Y[g]), &r)
		sum += mat.Dot(&r, &r) + a.Lambda*mat.Dot(a.v[g], a.v[g])
	}
	return sum
}

// reduced returns T = Σ_g S_g (S_g + λ)⁻¹ S_g.
func (a *Alternation) reduced() *mat.SymDense {
	_, _, d := a.X.size()
	T := mat.NewSymDense(d, nil)
	for g := range a.X {
		var k, t mat.Dense
		if err := a.inner[g].SolveTo(&k, a.s[g]); err != nil {
			k.Scale(math.NaN(), a.s[g])
		}
		t.Mul(a.s[g], &k)
		for i := range d {
			for j := i; j < d; j++ {
				T.SetSym(i, j, T.At(i, j)+t.At(i, j))
			}
		}
	}
	return T
}

// Factor returns ρ = λ_max(S⁻¹ Σ_g S_g (S_g + λ)⁻¹ S_g), S = Σ_g S_g, by which every sweep
// multiplies the error of u in the norm ‖e‖_S = √(eᵀ S e), at most:
//
//	u' − u* = S⁻¹ T (u − u*),   ‖u' − u*‖_S ≤ ρ ‖u − u*‖_S
//
// and exactly in the long run, unless the start has no share in the slowest direction.
func (a *Alternation) Factor() (float64, error) {
	_, _, d := a.X.size()
	var L mat.TriDense
	a.all.LTo(&L)
	var half, both mat.Dense
	if err := half.Solve(&L, a.reduced()); err != nil {
		return 0, err
	}
	if err := both.Solve(&L, half.T()); err != nil {
		return 0, err
	}
	sym := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			sym.SetSym(i, j, (both.At(i, j)+both.At(j, i))/2)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(sym, false) {
		return 0, fmt.Errorf("theory: the eigenvalues of S⁻¹T did not converge")
	}
	values := e.Values(nil)
	return values[d-1], nil
}

// Minimiser returns the u of the joint minimum in closed form,
//
//	(S − T) u = Σ_g (I − S_g (S_g + λ)⁻¹) X_gᵀ y_g
func (a *Alternation) Minimiser() ([]float64, error) {
	_, _, d := a.X.size()
	right := mat.NewVecDense(d, nil)
	for g := range a.X {
		var k, s mat.VecDense
		if err := a.inner[g].SolveVecTo(&k, a.b[g]); err != nil {
			return nil, err
		}
		s.MulVec(a.s[g], &k)
		right.AddVec(right, a.b[g])
		right.SubVec(right, &s)
	}
	left := a.reduced()
	left.ScaleSym(-1, left)
	left.AddSym(left, a.total)
	var c mat.Cholesky
	if !c.Factorize(left) {
		return nil, fmt.Errorf("theory: S − T is not positive definite: λ = %v is lost beside the inputs", a.Lambda)
	}
	var u mat.VecDense
	if err := c.SolveVecTo(&u, right); err != nil {
		return nil, err
	}
	return append([]float64{}, u.RawVector().Data...), nil
}

// Distance returns ‖u − to‖_S.
func (a *Alternation) Distance(to []float64) float64 {
	var e, s mat.VecDense
	e.SubVec(a.u, mat.NewVecDense(len(to), to))
	s.MulVec(a.total, &e)
	return math.Sqrt(mat.Dot(&e, &s))
}
