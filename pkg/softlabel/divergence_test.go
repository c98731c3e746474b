package softlabel

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

func TestExpm1xSeries(t *testing.T) {
	for _, x := range []float64{seriesBelow * 0.999999, -seriesBelow * 0.999999} {
		// Above the threshold the closed form loses 1/x² of 1e-16.
		near(t, "exp(x)-1-x over x²/2", expm1x(x)/(math.Expm1(x)-x), 1, 1e-13)
	}
	near(t, "leading term", expm1x(1e-9)/(0.5e-18), 1, 1e-9)
	if expm1x(0) != 0 {
		t.Error("expm1x(0) is not zero")
	}
}

// KL is the divergence of its definition, zero at the logarithm of p, and where little mass
// leaves the support it is that mass, to all digits.
func TestKL(t *testing.T) {
	rng := newRand(960)
	for range 20 {
		p, l := Dirichlet(6, rng), make([]float64, 6)
		p[2] += p[4]
		p[4] = 0
		for z := range l {
			l[z] = 3 * rng.NormFloat64()
		}
		P, Q := mat.NewDense(6, 1, p), mat.NewDense(6, 1, nil)
		for z, x := range l {
			Q.Set(z, 0, math.Exp(x-floats.LogSumExp(l)))
		}
		near(t, "KL", KL(p, l), Divergence(P, Q, []float64{1}), identityTol)
		for z := range l {
			l[z] = math.Log(p[z])
		}
		near(t, "KL at log p", KL(p, l), 0, 1e-30) // squares of round-off
		l[4] = -40                                 // e^-40 is far below the round-off of the entropy, far above its square
		near(t, "KL over the mass off the support", KL(p, l)/math.Exp(-40), 1, identityTol)
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic for a missing logit")
		}
	}()
	KL([]float64{0.5, 0.5}, []float64{0})
}

// Labels with a full support have a loss, and no pattern of which a margin could be asked.
func TestFullSupport(t *testing.T) {
	P := mat.NewDense(2, 2, []float64{0.5, 1, 0.5, 0})
	s := must(WithSupports(P, []float64{0.5, 0.5}, [][]int{{1, 0}, {0}}))(t)
	near(t, "entropy", s.Entropy(), math.Ln2/2, identityTol)
	near(t, "excess at zero", s.Excess(mat.NewDense(2, 2, nil)), math.Ln2/2, identityTol)
	if _, err := New(P, []float64{0.5, 0.5}); !errors.Is(err, ErrLabels) {
		t.Errorf("error %v, want one that wraps ErrLabels", err)
	}
}
