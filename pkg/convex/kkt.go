package convex

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
)

const (
	// kktEntries is the number of entries up to which a program is solved by sparse factors.
	kktEntries = 4 << 20
	// kktDelta regularizes both blocks of the systems, whose entries are near one.
	kktDelta = 1e-9
	// kktSweeps bounds the sweeps of refinement, which end at the residual kktResidual
	// or where they no longer halve it.
	kktSweeps, kktResidual = 5, 1e-14
	// dropped is the weight of a row that is left out.
	dropped = 1e20
)

// kkt is the system of the optimality conditions,
//
//	[P  Cᵀ; C  -W] [x; v] = [a; b]
//
// with a diagonal W ≥ 0, objective and rows being scaled by powers of two.
type kkt struct {
	*program
	m     int
	sigma float64   // of the objective
	rows  []float64 // of the rows
	cost  []float64 // σ q
	right []float64 // rows c
	form  []Entry   // σ P, lower triangle
	c     *CSR
	fixed []float64 // values of the entries of the factor, diagonals without δ and W
	diag  []int     // places of the diagonals among them
	sign  []float64
	ldl   *sparseLDL
	schur *schur // in its place, or nil
	w     []float64

	above                   float64   // krylovAbove or krylovFine
	leaves                  bool      // for a proof that there is no solution, whose multipliers δ keeps small
	hard                    bool      // δ has stopped the refinement of a system of this factor
	rest, next, trial, part []float64 // of improve and residual
}

// newKKT returns nil where the program is too large, its entries are not known or ctx has ended.
func newKKT(ctx context.Context, p *program) *kkt {
	if !storable(p) || ctx.Err() != nil {
		return nil
	}
	k := &kkt{program: p, m: len(p.c), sigma: 1, above: krylovAbove, c: &CSR{cols: p.n, ptr: make([]int, 1, len(p.c)+1)}}
	for _, v := range p.norm {
		s := 1.0
		if v > 0 {
			_, e := math.Frexp(v)
			s = math.Ldexp(1, -e)
		}
		k.rows = append(k.rows, s)
	}
	if entries := known(p.g) + known(p.a); entries <= kktEntries {
		k.c.idx, k.c.val = make([]int, 0, entries), make([]float64, 0, entries)
	}
	first, many := 0, false
	for _, part := range []Matrix{p.g, p.a} {
		if part == nil {
			continue
		}
		eachEntry(part, func(i, j int, v float64) {
			for len(k.c.ptr) <= first+i {
				k.c.ptr = append(k.c.ptr, len(k.c.idx))
			}
			if many = len(k.c.idx) > kktEntries; v != 0 && !many {
				k.c.idx, k.c.val = append(k.c.idx, j), append(k.c.val, v*k.rows[first+i])
			}
		})
		r, _ := part.Dims()
		first += r
	}
	for len(k.c.ptr) <= k.m {
		k.c.ptr = append(k.c.ptr, len(k.c.idx))
	}
	if many || p.n*p.n > storeLimit {
		return nil
	}
	k.objective()
	k.w = make([]float64, k.m)
	if k.schur = newSchur(k); k.schur == nil && !k.analyse(ctx) {
		return nil
	}
	return k
}

// objective stores the scaled form and cost.
func (k *kkt) objective() {
	size := maxAbs(k.q)
	note := func(i, j int, v float64) {
		if v != 0 {
			k.form = append(k.form, Entry{i, j, v})
			size = max(size, math.Abs(v))
		}
	}
	for i := range k.n {
		switch q := k.quad; {
		case q.sym != nil:
			for j := range i + 1 {
				note(i, j, q.sym.At(i, j))
			}
		case q.diag != nil:
			note(i, i, q.diag[i])
		default:
			note(i, i, 1)
		}
	}
	if size > 0 {
		_, e := math.Frexp(size)
		k.sigma = math.Ldexp(1, -e)
	}
	for i := range k.form {
		k.form[i].Value *= k.sigma
	}
	k.cost = floats.ScaleTo(make([]float64, k.n), k.sigma, k.q)
	k.right = floats.MulTo(make([]float64, k.m), k.rows, k.program.c)
}

// analyse prepares the factor. It reports whether it came to an end before ctx did.
func (k *kkt) analyse(ctx context.Context) bool {
	var places []place
	add := func(i, j int, v float64) {
		places, k.fixed = append(places, place{i, j}), append(k.fixed, v)
	}
	for i := range k.n + k.m {
		k.diag = append(k.diag, i)
		add(i, i, 0)
	}
	for _, e := range k.form {
		if e.Row == e.Col {
			k.fixed[e.Row] = e.Value
		} else {
			add(e.Row, e.Col, e.Value)
		}
	}
	for i := range k.m {
		idx, val := k.c.row(i)
		for a, j := range idx {
			add(k.n+i, j, val[a])
		}
	}
	if k.ldl = newSparseLDL(ctx, k.n+k.m, places); k.ldl == nil {
		return false
	}
	k.sign = make([]float64, k.n+k.m)
	for i, at := range k.ldl.place {
		k.sign[at] = 1
		if i >= k.n {
			k.sign[at] = -1
		}
	}
	return true
}

// factorize prepares solve for the weights w.
func (k *kkt) factorize(ctx context.Context, w []float64) error {
	copy(k.w, w)
	k.hard = false
	if k.schur != nil {
		return k.schur.factorize(ctx)
	}
	for e, at := range k.ldl.at {
		v := k.fixed[e]
		switch {
		case e < k.n:
			v += kktDelta
		case e < k.n+k.m:
			v -= w[e-k.n] + kktDelta
		}
		k.ldl.val[at] = v
	}
	return k.ldl.factorize(ctx, k.sign)
}

// times stores C x in dst, or Cᵀ x, of the scaled rows.
func (k *kkt) times(dst []float64, trans bool, x []float64) {
	if k.schur != nil {
		k.schur.product(dst, trans, x)
		return
	}
	k.c.MulVecTo(dst, trans, x)
}

// solve overwrites b with the solution for the factor.
func (k *kkt) solve(b []float64) {
	if k.schur != nil {
		k.schur.solve(b)
		return
	}
	k.ldl.solve(b)
}

// cheap reports whether the method may be tried before others.
func (k *kkt) cheap() bool {
	if k.schur != nil {
		return k.schur.flops <= cheapFlops
	}
	return k.ldl.flops <= cheapFlops
}

// mulP stores σ P x in dst.
func (k *kkt) mulP(dst, x []float64) {
	clear(dst)
	for _, e := range k.form {
		dst[e.Row] += e.Value * x[e.Col]
		if e.Row != e.Col {
			dst[e.Col] += e.Value * x[e.Row]
		}
	}
}

// residual stores b - K z in dst.
func (k *kkt) residual(dst, z, b []float64) {
	x, v := z[:k.n], z[k.n:]
	if k.part == nil {
		k.part = make([]float64, k.n)
	}
	t := k.part
	k.mulP(dst[:k.n], x)
	k.times(t, true, v)
	floats.Add(dst[:k.n], t)
	k.times(dst[k.n:], false, x)
	for i, w := range k.w {
		if w >= dropped {
			dst[k.n+i] = b[k.n+i]
		} else {
			dst[k.n+i] -= w * v[i]
		}
	}
	floats.SubTo(dst, b, dst)
}

// improve refines z, and z = 0 gives the solution for the right side b; of a single sweep not more than
// the factor can is expected.
func (k *kkt) improve(z, b []float64, sweeps int) {
	if k.rest == nil {
		k.rest, k.next, k.trial = make([]float64, len(z)), make([]float64, len(z)), make([]float64, len(z))
	}
	r, next, trial := k.rest, k.next, k.trial
	size := maxAbs(b)
	if maxAbs(z) == 0 {
		copy(r, b)
	} else {
		k.residual(r, z, b)
	}
	last := maxAbs(r)
	for range sweeps {
		if last <= kktResidual*size {
			return
		}
		copy(trial, r)
		k.solve(trial)
		floats.AddTo(next, z, trial)
		k.drop(next)
		k.residual(trial, next, b)
		now := maxAbs(trial)
		if !(now < last) && last > 0 {
			break
		}
		copy(z, next)
		r, trial = trial, r
		if now > last/2 {
			last = now
			break
		}
		last = now
	}
	if sweeps > 1 && !k.leaves && last > k.above*size {
		k.hard = true
		k.krylov(z, b, r)
	}
}

// point returns x and the multipliers of an iterate in the units of the program.
func (k *kkt) point(x, y []float64, tau float64) ([]float64, []float64) {
	px, py := floats.ScaleTo(make([]float64, k.n), 1/tau, x), floats.ScaleTo(make([]float64, k.m), 1/(tau*k.sigma), y)
	floats.Mul(py, k.rows)
	for i := range py[:k.mi] {
		py[i] = max(py[i], 0)
	}
	return px, py
}

// answer is the point with its certificate.
func (k *kkt) answer(x, y []float64, tau float64) *Solution {
	px, py := k.point(x, y, tau)
	if len(k.form) == 0 && maxAbs(k.cost) == 0 {
		clear(py) // any point is optimal, and forces have no unit
	}
	if firstNotFinite(px) >= 0 || firstNotFinite(py) >= 0 {
		return &Solution{Certificate: Certificate{Residual: math.Inf(1)}}
	}
	return &Solution{X: px, Mu: py[:k.mi:k.mi], Lambda: py[k.mi:], Certificate: k.certify(px, py)}
}
