package capacity

import (
	"math"
	"math/big"
	"testing"
)

// float64Tol is a few units of the last place of float64.
const float64Tol = 1e-14

// bits is the precision of these tests, and bitTol a few units of its last place.
const bits = Prec(200)

var bitTol = math.Ldexp(1, -194)

// apart returns |a - b|/max(1, |b|).
func apart(a, b *big.Float) float64 {
	d := new(big.Float).SetPrec(1000).Sub(a, b)
	f, _ := d.Abs(d).Float64()
	g, _ := b.Float64()
	return f / max(1, math.Abs(g))
}

func TestPrecAgainstFloat64(t *testing.T) {
	for _, x := range []float64{-30, -8.3, -2, -0.7, -1e-9, 0, 1e-30, 0.3, 1, 2.5, 11} {
		b := bits.New(x)
		for name, pair := range map[string][2]float64{
			"exp":      {value(bits.Exp(b)), math.Exp(x)},
			"erf":      {value(bits.Erf(b)), math.Erf(x)},
			"gelu":     {value(bits.GELU(b)), GELU.At(x)},
			"tanh":     {value(bits.Tanh(b)), math.Tanh(x)},
			"logistic": {value(bits.Logistic(b)), Logistic.At(x)},
		} {
			if !(math.Abs(pair[0]-pair[1]) <= 20*float64Tol*math.Abs(pair[1])) {
				t.Errorf("%s(%g) = %g, want %g", name, x, pair[0], pair[1])
			}
		}
	}
}

func value(x *big.Float) float64 { f, _ := x.Float64(); return f }

func TestPrecIdentities(t *testing.T) {
	one := bits.New(1)
	for _, x := range []float64{-9.1, -0.4, 1e-20, 0.03, 1.7, 20} {
		for _, y := range []float64{0.6, -3.3} {
			a, b := bits.New(x), bits.New(y)
			sum := new(big.Float).SetPrec(1000).Add(a, b)
			product := bits.zero().Mul(bits.Exp(a), bits.Exp(b))
			if d := apart(product, bits.Exp(sum)); !(d <= bitTol) {
				t.Errorf("e^%g e^%g is off by %g", x, y, d)
			}
			ta, tb := bits.Tanh(a), bits.Tanh(b)
			whole := bits.zero().Add(ta, tb)
			whole.Quo(whole, bits.zero().Add(one, bits.zero().Mul(ta, tb)))
			if d := apart(whole, bits.Tanh(sum)); !(d <= 1e10*bitTol) { // the denominator cancels 1e-9
				t.Errorf("tanh(%g + %g) is off by %g", x, y, d)
			}
		}
		b := bits.New(x)
		if d := apart(bits.Log(bits.Exp(b)), b); !(d <= bitTol) {
			t.Errorf("log exp %g is off by %g", x, d)
		}
		odd := bits.zero().Add(bits.Erf(b), bits.Erf(bits.New(-x)))
		if odd.Sign() != 0 {
			t.Errorf("erf is not odd at %g", x)
		}
		even := new(big.Float).SetPrec(1000).Sub(bits.GELU(b), bits.GELU(bits.New(-x)))
		if d := apart(even, b); !(d <= bitTol) {
			t.Errorf("GELU(x) - GELU(-x) - x is %g at %g", d, x)
		}
		both := bits.zero().Add(bits.Logistic(b), bits.Logistic(bits.New(-x)))
		if d := apart(both, one); !(d <= bitTol) {
			t.Errorf("σ(x) + σ(-x) - 1 is %g at %g", d, x)
		}
	}
	// erfc(12) = 1.4e-64 is below 2^-200, so erf(12) rounds to 1 within that: π is right.
	if d := apart(bits.Erf(bits.New(12)), one); !(d <= bitTol) {
		t.Errorf("erf(12) - 1 is %g", d)
	}
}

// The alternating series of erf, with rational terms, is another way to the same number.
func TestErfAgainstRationalSeries(t *testing.T) {
	x := big.NewRat(3, 4)
	sum, power, factorial := new(big.Rat), new(big.Rat).Set(x), big.NewRat(1, 1)
	for k := range int64(60) {
		term := new(big.Rat).Quo(power, factorial)
		sum.Add(sum, term.Quo(term, big.NewRat(2*k+1, 1)))
		power.Mul(power, new(big.Rat).Neg(new(big.Rat).Mul(x, x)))
		factorial.Mul(factorial, big.NewRat(k+1, 1))
	}
	w := bits + guard
	want := w.zero().SetRat(sum)
	want.Mul(want, w.New(2)).Quo(want, w.zero().Sqrt(w.Pi()))
	if d := apart(bits.Erf(bits.New(0.75)), want); !(d <= bitTol) {
		t.Errorf("erf(3/4) is off by %g", d)
	}
}

func TestTaylorSums(t *testing.T) {
	s := new(big.Rat)
	s.SetFloat64(1 / math.Sqrt(2*math.Pi))
	x := big.NewRat(1, 4)
	for _, a := range []Activation{GELU, Tanh, Logistic} {
		got, _ := Polynomial(a.Taylor(24, s)).At(x).Float64()
		if want := a.At(0.25); !(math.Abs(got-want) <= float64Tol) {
			t.Errorf("Taylor sum of %s at 1/4 is %g, want %g", a, got, want)
		}
	}
}

func TestRationalRank(t *testing.T) {
	A := Rationals{Ints(1, 2, 3), Ints(2, 4, 6), Ints(0, 1, 1)}
	if got := A.Rank(); got != 2 {
		t.Errorf("rank %d, want 2", got)
	}
	if got := A.Det(); got.Sign() != 0 {
		t.Errorf("determinant %v, want 0", got)
	}
	if got := A.Kruskal(); got != 2 {
		t.Errorf("Kruskal rank %d, want 2", got)
	}
	if got := (Rationals{Ints(1, 2), Ints(2, 4)}).Kruskal(); got != 1 {
		t.Errorf("Kruskal rank %d of parallel columns, want 1", got)
	}
	half := Rationals{{big.NewRat(0, 1), big.NewRat(1, 2)}, {big.NewRat(3, 1), big.NewRat(1, 3)}}
	if got := half.Det(); got.Cmp(big.NewRat(-3, 2)) != 0 {
		t.Errorf("determinant %v, want -3/2", got)
	}
	// det of a Vandermonde matrix is the product of differences.
	a := Ints(2, 3, 5, 11)
	want := big.NewRat(1, 1)
	for i := range a {
		for j := range i {
			want.Mul(want, new(big.Rat).Sub(a[i], a[j]))
		}
	}
	if got := Vandermonde(a, []int{0, 1, 2, 3}).Det(); got.Cmp(want) != 0 {
		t.Errorf("Vandermonde determinant %v, want %v", got, want)
	}
	if got := len(Subsets(7, 3)); got != 35 {
		t.Errorf("%d subsets of 3 out of 7, want 35", got)
	}
}

func TestCauchyBinet(t *testing.T) {
	p := Monomials(0, 1, 3, 4, 6)
	a, b := []*big.Rat{big.NewRat(1, 2), big.NewRat(-2, 3), big.NewRat(5, 1)}, Ints(1, 2, -3)
	if got, want := p.CauchyBinet(a, b), p.Outer(a, b).Det(); got.Cmp(want) != 0 || want.Sign() == 0 {
		t.Errorf("sum %v, determinant %v: want equal and not zero", got, want)
	}
}

func TestNonsingular(t *testing.T) {
	hilbert := make([][]*big.Float, 12) // condition about 1e16
	for i := range hilbert {
		for j := range hilbert {
			hilbert[i] = append(hilbert[i], bits.zero().Quo(bits.New(1), bits.New(float64(i+j+1))))
		}
	}
	if got := Nonsingular(bits, hilbert); !(got < 1e-30) {
		t.Errorf("the Hilbert matrix has the bound %g, want far below 1", got)
	}
	hilbert[11] = hilbert[10]
	if got := Nonsingular(bits, hilbert); got < 1 {
		t.Errorf("two equal rows have the bound %g, want 1 or more", got)
	}
}
