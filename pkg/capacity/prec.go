package capacity

import (
	"math"
	"math/big"
)

// Prec is a number of bits, and the functions of that precision. Each returns its value
// with a relative error of at most 2^{1-p}: it works with guard bits that cover what its
// comment counts, and rounds once at the end.
type Prec uint

// guard is the number of extra bits of every computation. The sums below have at most 2^10
// terms and the squarings of Exp at most 2^5 doublings, each of a few roundings: 2^50
// units of the last place are far more than they lose.
const guard = 64

// smallExponent is the size to which Exp reduces its argument, 2^-16.
const smallExponent = -16

// New returns x, rounded to the precision.
func (p Prec) New(x float64) *big.Float { return p.zero().SetFloat64(x) }

func (p Prec) zero() *big.Float { return new(big.Float).SetPrec(uint(p)) }

// Round returns x at the precision.
func (p Prec) Round(x *big.Float) *big.Float { return p.zero().Set(x) }

// magnitude is the least e with |x| < 2^e, at least zero.
func magnitude(x *big.Float) uint { return uint(max(0, x.MantExp(nil))) }

// Exp returns e^x = (Σ_k r^k/k!)^{2^s} with r = x/2^s below 2^-16. All terms but for a
// negative r are positive, and e^r is near 1. A squaring doubles the relative error: the s
// squarings cost s = 16 + magnitude(x) bits, which are added to the guard.
func (p Prec) Exp(x *big.Float) *big.Float {
	if x.Sign() == 0 {
		return p.New(1)
	}
	s := max(0, x.MantExp(nil)-smallExponent)
	w := p + guard + Prec(magnitude(x))
	r := w.Round(x)
	r.SetMantExp(r, -s)
	sum, term := w.New(1), w.New(1)
	for k := 1; term.MantExp(nil) > -int(w); k++ {
		term.Mul(term, r).Quo(term, w.New(float64(k)))
		sum.Add(sum, term)
	}
	for range s {
		sum.Mul(sum, sum)
	}
	return p.Round(sum)
}

// Log returns log y for y > 0 by Halley's iteration x ← x + 2 (y - e^x)/(y + e^x), whose
// error e turns into e³/12: from the 50 bits of a float64 four rounds reach 4000 bits. Near
// y = 1 the result is small; the guard bits of a difference from 1 are added.
func (p Prec) Log(y *big.Float) *big.Float {
	if y.Sign() <= 0 {
		panic("capacity: logarithm of a number that is not positive")
	}
	one := p.New(1)
	off := new(big.Float).SetPrec(y.Prec()+uint(p)).Sub(y, one)
	if off.Sign() == 0 {
		return p.zero()
	}
	w := p + guard + Prec(max(0, -off.MantExp(nil)))
	mantissa := new(big.Float)
	exponent := y.MantExp(mantissa)
	f, _ := mantissa.Float64()
	x := w.New(math.Log(f) + float64(exponent)*math.Ln2)
	for bits := Prec(45); bits < 3*w; bits *= 3 {
		e := w.Exp(x)
		step := w.zero().Sub(y, e)
		step.Quo(step, e.Add(e, y))
		x.Add(x, step.Add(step, step))
	}
	return p.Round(x)
}

// Pi returns π = 16 arctan(1/5) - 4 arctan(1/239) (Machin).
func (p Prec) Pi() *big.Float {
	w := p + guard
	arctan := func(n float64) *big.Float { // of 1/n
		power := w.zero().Quo(w.New(1), w.New(n))
		square, sum := w.New(n*n), w.Round(power)
		for k := 3.0; power.MantExp(nil) > -int(w); k += 2 {
			power.Quo(power, square)
			power.Neg(power)
			sum.Add(sum, w.zero().Quo(power, w.New(k)))
		}
		return sum
	}
	a, b := arctan(5), arctan(239)
	a.Mul(a, w.New(16))
	return p.Round(a.Sub(a, b.Mul(b, w.New(4))))
}

// Erf returns the error function by the series
//
//	erf(x) = 2/√π e^{-x²} Σ_k 2^k x^{2k+1}/(1·3·5···(2k+1)),
//
// whose terms have one sign, so that nothing cancels.
func (p Prec) Erf(x *big.Float) *big.Float {
	if x.Sign() == 0 {
		return p.zero()
	}
	w := p + guard
	square := w.zero().Mul(x, x)
	twice := w.zero().Add(square, square)
	term, sum := w.Round(x), w.Round(x)
	for k := 3.0; term.MantExp(nil) > sum.MantExp(nil)-int(w); k += 2 {
		term.Mul(term, twice).Quo(term, w.New(k))
		sum.Add(sum, term)
	}
	sum.Mul(sum, w.Exp(square.Neg(square)))
	root := w.zero().Sqrt(w.Pi())
	return p.Round(sum.Quo(sum.Add(sum, sum), root))
}

// GELU returns x Φ(x) = x (1 + erf(x/√2))/2. For negative x the sum 1 + erf is as small as
// e^{-x²/2}/(1+|x|); the bits that this cancels are added to the guard.
func (p Prec) GELU(x *big.Float) *big.Float {
	f, _ := x.Float64()
	w := p + guard
	if f < 0 {
		w += Prec(f*f) + Prec(magnitude(x))
	}
	e := w.Erf(w.zero().Quo(x, w.zero().Sqrt(w.New(2))))
	e.Add(e, w.New(1)).Mul(e, x)
	return p.Round(e.SetMantExp(e, -1))
}

// Tanh returns (e^{2x} - 1)/(e^{2x} + 1); the bits that the difference cancels near zero are
// added to the guard.
func (p Prec) Tanh(x *big.Float) *big.Float {
	if x.Sign() == 0 {
		return p.zero()
	}
	w := p + guard + Prec(max(0, -x.MantExp(nil)))
	e := w.Exp(w.zero().Add(x, x))
	return p.Round(w.zero().Quo(w.zero().Sub(e, w.New(1)), e.Add(e, w.New(1))))
}

// Logistic returns 1/(1 + e^{-x}).
func (p Prec) Logistic(x *big.Float) *big.Float {
	w := p + guard
	e := w.Exp(w.zero().Neg(x))
	return p.Round(w.zero().Quo(w.New(1), e.Add(e, w.New(1))))
}

// Softmax returns e^{l_z}/Σ e^{l}. Terms below e^{-2p} of the largest are zero.
func (p Prec) Softmax(l []*big.Float) []*big.Float {
	w := p + guard
	top := l[0]
	for _, x := range l {
		if x.Cmp(top) > 0 {
			top = x
		}
	}
	sum, q := w.zero(), make([]*big.Float, len(l))
	for z, x := range l {
		q[z] = w.zero().Sub(x, top)
		if q[z].Cmp(w.New(-2*float64(p))) < 0 {
			q[z].SetInt64(0)
		} else {
			q[z] = w.Exp(q[z])
		}
		sum.Add(sum, q[z])
	}
	for z := range q {
		q[z] = p.Round(q[z].Quo(q[z], sum))
	}
	return q
}
