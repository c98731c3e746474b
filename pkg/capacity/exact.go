package capacity

import (
	"math/big"

	"github.com/marginalia-ml/marginalia/pkg/parallel"
)

// Exact is a scalar model with V of many bits.
type Exact struct {
	*Scalar
	Bits Prec
	V    [][]*big.Float // m rows of ζ
}

// Features returns f(α) for each context at the precision p.
func (s *Scalar) Features(p Prec, contexts [][]int) []*big.Float {
	f := make([]*big.Float, len(contexts))
	for i, context := range contexts {
		f[i] = s.BigFeature(p, context)
	}
	return f
}

// Activations returns the n×m matrix ψ(w_j f_i + η) at the precision p.
func (s *Scalar) Activations(p Prec, contexts [][]int) [][]*big.Float {
	eta, A := p.New(s.Eta), make([][]*big.Float, len(contexts))
	parallel.Each(len(contexts), func(i int) {
		f := s.BigFeature(p, contexts[i])
		for _, w := range s.W {
			x := p.zero().Mul(p.New(w), f)
			A[i] = append(A[i], s.Psi.Big(p, x.Add(x, eta)))
		}
	})
	return A
}

// InterpolateExact is Interpolate in arithmetic of the given number of bits: Gaussian
// elimination with complete pivoting. Of m > n neurons it uses n and gives the others
// weight zero. The targets are divided by their sums first, which float64 keeps near one.
func (s *Scalar) InterpolateExact(bits uint, t *Task) (*Exact, error) {
	if err := t.check(len(s.W), len(s.U)); err != nil {
		return nil, err
	}
	p := Prec(bits)
	A := s.Activations(p, t.Contexts)
	n, m := len(A), len(s.W)
	for i, y := range t.bigTargets(p) {
		for _, q := range y {
			A[i] = append(A[i], p.Log(q))
		}
	}
	order := make([]int, m)
	for j := range order {
		order[j] = j
	}
	if rank := reduce(p, A, order); rank < n {
		return nil, bad("ψ(w fᵀ + η) has rank %d of %d at %d bits: take more bits, another draw, or another shift η", rank, n, bits)
	}
	e := &Exact{Scalar: s, Bits: p, V: make([][]*big.Float, m)}
	for j, column := range order {
		e.V[column] = make([]*big.Float, t.Zeta)
		for z := range t.Zeta {
			e.V[column][z] = p.zero()
			if j < n {
				e.V[column][z] = A[j][m+z]
			}
		}
	}
	return e, nil
}

// bigTargets returns y_i/Σ y_i.
func (t *Task) bigTargets(p Prec) [][]*big.Float {
	Y := make([][]*big.Float, len(t.Targets))
	for i, y := range t.Targets {
		sum := p.zero()
		for _, q := range y {
			sum.Add(sum, p.New(q))
		}
		for _, q := range y {
			Y[i] = append(Y[i], p.zero().Quo(p.New(q), sum))
		}
	}
	return Y
}

// reduce turns the columns order[0..n-1] of the n rows into the identity and applies the
// same steps to the columns behind order. It returns the rank at which a pivot came out
// below 2^{-p/2} of the first: too few bits are left to call it different from zero.
func reduce(p Prec, A [][]*big.Float, order []int) (rank int) {
	n := len(A)
	position := make([]int, n)
	for i := range position {
		position[i] = i
	}
	first := 0
	t := p.zero()
	for k := range n {
		r, c := k, k
		for i := k; i < n; i++ {
			for j := k; j < len(order); j++ {
				if cmpAbs(A[i][order[j]], A[r][order[c]]) > 0 {
					r, c = i, j
				}
			}
		}
		A[k], A[r] = A[r], A[k]
		order[k], order[c] = order[c], order[k]
		pivot := A[k][order[k]]
		if k == 0 {
			first = pivot.MantExp(nil)
		}
		if pivot.Sign() == 0 || pivot.MantExp(nil) < first-int(p)/2 {
			return k
		}
		inverse := p.zero().Quo(p.New(1), pivot)
		for j := range A[k] {
			A[k][j].Mul(A[k][j], inverse)
		}
		for i := range n {
			if i == k || A[i][order[k]].Sign() == 0 {
				continue
			}
			factor := p.Round(A[i][order[k]])
			for j := range A[i] {
				A[i][j].Sub(A[i][j], t.Mul(factor, A[k][j]))
			}
		}
	}
	return n
}

// cmpAbs compares |a| with |b|.
func cmpAbs(a, b *big.Float) int {
	x, y := *a, *b
	return x.Abs(&x).Cmp(y.Abs(&y))
}

// Error returns the largest |h(α_i) - y_i|, with everything but the parameters computed
// anew with 64 bits more: round-off of the features and activations counts as error too.
func (e *Exact) Error(t *Task) float64 {
	p := e.Bits + guard
	worst, Y := p.zero(), t.bigTargets(p)
	for i, row := range e.Activations(p, t.Contexts) {
		logits := make([]*big.Float, t.Zeta)
		for z := range logits {
			logits[z] = p.zero()
			for j, h := range row {
				logits[z].Add(logits[z], p.zero().Mul(h, e.V[j][z]))
			}
		}
		for z, q := range p.Softmax(logits) {
			if q.Sub(q, Y[i][z]).Abs(q).Cmp(worst) > 0 {
				worst.Set(q)
			}
		}
	}
	f, _ := worst.Float64()
	return f
}

// Largest returns the largest |V_jz|: the smaller it is against 2^bits, the more is left of
// the bits.
func (e *Exact) Largest() float64 {
	top := e.Bits.zero()
	for _, row := range e.V {
		for _, v := range row {
			if cmpAbs(v, top) > 0 {
				top.Abs(v)
			}
		}
	}
	f, _ := top.Float64()
	return f
}

// Nonsingular returns an upper bound of ‖I - X A‖ in the norm of largest row sums, X a
// computed inverse of the n×n matrix A: below 1 it proves that A is nonsingular. The
// entries of A may be off by the relative error that Prec states, which the bound adds as
// ‖X‖ 2^{1-p} Σ|A|; the product is formed with twice the bits, and its own round-off, n
// 2^{-2p} ‖X‖‖A‖, is covered by the same term.
func Nonsingular(p Prec, A [][]*big.Float) float64 {
	n := len(A)
	work, order := make([][]*big.Float, n), make([]int, n)
	for i := range work {
		order[i] = i
		for j := range 2 * n {
			x := p.zero()
			if j < n {
				x.Set(A[i][j])
			} else if j == n+i {
				x.SetInt64(1)
			}
			work[i] = append(work[i], x)
		}
	}
	if reduce(p, work, order) < n {
		return 1
	}
	X := make([][]*big.Float, n) // row of unknown order[k] is row k of the reduced system
	for k, unknown := range order {
		X[unknown] = work[k][n:]
	}
	w := 2 * p
	worst := w.zero()
	for i := range n {
		sum := w.zero()
		for j := range n {
			entry, size := w.zero(), w.zero()
			for k := range n {
				t := w.zero().Mul(X[i][k], A[k][j])
				entry.Add(entry, t)
				size.Add(size, t.Abs(t))
			}
			if i == j {
				entry.Sub(entry, w.New(1))
			}
			sum.Add(sum, entry.Abs(entry))
			sum.Add(sum, size.SetMantExp(size, 2-int(p)))
		}
		if sum.Cmp(worst) > 0 {
			worst = sum
		}
	}
	f, _ := worst.Float64()
	return f
}
