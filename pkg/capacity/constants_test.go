package capacity

import (
	"math"
	"math/big"
	"testing"
)

// At k = (ζ-1) ζ^p the corpus of Theorem 13 meets its bound but for 1 + 1/(ζ-1): with
// n' = ζ^p + 1 and T = p + 1 it has n' + (ζ^T - 1)/(ζ-1) contexts.
func TestEmpiricalBoundIsMet(t *testing.T) {
	for zeta := 2; zeta <= 6; zeta++ {
		for p, power := 1, zeta; p <= 5; p, power = p+1, power*zeta {
			k := (zeta - 1) * power
			h, err := Theorem13(k, zeta)
			if err != nil {
				t.Fatal(err)
			}
			left, want := UpperEmpirical(k, zeta)-float64(h.Contexts), 1+1/float64(zeta-1)
			if h.Prefixes != power+1 || h.Length != p+1 || !(math.Abs(left-want) <= 1e-9) {
				t.Errorf("ζ = %d, k = %d: %+v is %g below the bound, want %g", zeta, k, h, left, want)
			}
			if u := Upper(k, zeta); u != float64(power) || float64(h.Prefixes*(zeta-1)) <= float64(k) {
				t.Errorf("ζ = %d, k = %d: upper bound %g for %d prefixes", zeta, k, u, h.Prefixes)
			}
		}
	}
}

// A first entry that is tiny is no pivot: with it a matrix as harmless as [[ε, 1], [1, 1]]
// would lose all bits.
func TestPivots(t *testing.T) {
	const p = Prec(128)
	tiny := p.zero().SetMantExp(p.New(1), -300)
	A := [][]*big.Float{{tiny, p.New(1)}, {p.New(1), p.New(1)}}
	if bound := Nonsingular(p, A); !(bound < 1e-30) {
		t.Errorf("‖I - X A‖ is bounded by %g alone", bound)
	}
}

// Gaps by their definitions, pair by pair.
func TestGapsByDefinition(t *testing.T) {
	for _, f := range [][]float64{{1, -1.5, 3}, {2, 2.25, -7}, {-1, -4, -4.5}, {0.5, -0.75, 1, -1.0625}} {
		between, zero, opposed := math.Inf(1), math.Inf(1), math.Inf(1)
		var values []*big.Float
		for i, x := range f {
			values = append(values, big.NewFloat(x))
			zero, opposed = min(zero, math.Abs(x)), min(opposed, 2*math.Abs(x))
			for _, y := range f[:i] {
				between, opposed = min(between, math.Abs(x-y)), min(opposed, math.Abs(x+y))
			}
		}
		if got, want := MeasureGaps(values), (Gaps{between, zero, opposed}); got != want {
			t.Errorf("%v: gaps %+v, want %+v", f, got, want)
		}
	}
}

// An entry of the identity may be off by 2^{1-p}, so no honest bound of ‖I - X A‖ is below it,
// although the computed product is exact.
func TestNonsingularCountsTheEntries(t *testing.T) {
	const p = Prec(64)
	A := [][]*big.Float{{p.New(1), p.zero()}, {p.zero(), p.New(1)}}
	if bound, entry := Nonsingular(p, A), math.Ldexp(1, 1-64); !(bound >= entry && bound <= 4*entry) {
		t.Errorf("‖I - X A‖ of the identity is bounded by %g, its entries may be off by %g", bound, entry)
	}
}

// Deviations of 1e-9 count as reached and of 1e-7 do not: KL is Σ δ²/2y to second order.
func TestReachedKL(t *testing.T) {
	for delta, want := range map[float64]bool{1e-9: true, 1e-7: false} {
		task := &Task{Zeta: 4, Contexts: [][]int{{0}}, Targets: [][]float64{{0.25 + delta, 0.25 - delta, 0.25 + delta, 0.25 - delta}}}
		kl := task.KL(func([]int) []float64 { return make([]float64, 4) })
		if got := kl <= ReachedKL; got != want || !(math.Abs(kl/(8*delta*delta)-1) <= 1e-3) {
			t.Errorf("a deviation of %g has the divergence %g: reached is %v", delta, kl, got)
		}
	}
}

// The sensitivity by its definition, with difference quotients, and the roundings that reach it.
func TestSensitivity(t *testing.T) {
	p, err := Random(small, GELU, generator())
	if err != nil {
		t.Fatal(err)
	}
	contexts, theta, want := Sequences(3, 2), p.Flat(), 0.0
	for _, context := range contexts {
		sums := make([]float64, small.Zeta)
		for i, x := range theta {
			const h = 1e-6
			theta[i] = x + h
			up := p.With(theta).Logits(context)
			theta[i] = x - h
			down := p.With(theta).Logits(context)
			theta[i] = x
			for z := range sums {
				sums[z] += math.Abs((up[z] - down[z]) / (2 * h) * x)
			}
		}
		for _, s := range sums {
			want = max(want, s)
		}
	}
	if got := p.Sensitivity(contexts); !(math.Abs(got/want-1) <= 1e-6) {
		t.Errorf("sensitivity %g, by difference quotients %g", got, want)
	}
	if moved := p.Worst(contexts, 1e-6); !(math.Abs(moved/(1e-6*want)-1) <= 1e-3) {
		t.Errorf("shares of 1e-6 move a logit by %g, want %g", moved, 1e-6*want)
	}
}

// Columns of many bits are those of float64, the shift included.
func TestBigOuter(t *testing.T) {
	a, b, eta := []*big.Rat{big.NewRat(1, 2), big.NewRat(-3, 4)}, Ints(3, -2), big.NewRat(1, 4)
	for i, row := range BigOuter(bits, Tanh, a, b, eta) {
		for j, x := range row {
			u, _ := a[i].Float64()
			v, _ := b[j].Float64()
			if want := Tanh.At(u*v + 0.25); !(math.Abs(value(x)-want) <= float64Tol) {
				t.Errorf("entry %d, %d is %g, want %g", i, j, value(x), want)
			}
		}
	}
}

// Models with fewer neurons than dimensions have at most the dimensions of that with as many.
func TestDimensionsOfFewNeurons(t *testing.T) {
	c := Config{Zeta: 4, T: 4, D: 3, M: 3, D1: 3, D0: 3, Heads: 1}
	want, err := c.Effective()
	if err != nil || want >= c.Params() {
		t.Fatalf("k_eff = %d, error %v", want, err)
	}
	for c.M = 1; c.M < c.D; c.M++ {
		if got := c.Dimensions(); got != want {
			t.Errorf("%d neurons: at most %d dimensions, want %d", c.M, got, want)
		}
	}
}
