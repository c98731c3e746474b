package imbalance

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/random"
	. "github.com/marginalia-ml/marginalia/pkg/testkit"
)

// kkt is the tolerance of statements that two solved programs agree: the residual of each times its conditioning.
const kkt = 1e-7

// The closed form solves the program for every δ, on samples from two examples up and down to d = n.
func TestClosedForm(t *testing.T) {
	rng := random.Stream(1, "closed form")
	for trial := range 60 {
		n := 2 + trial%12
		d := n + rng.IntN(6)
		s := Must(Mixture{0.1 + 0.8*rng.Float64(), 1, 0.5 + rng.Float64(), 2 * rng.Float64()}.Draw(n, d, rng))(t)
		one := Must(s.SVM(context.Background(), 1, nil))(t)
		delta := math.Exp(4*rng.Float64() - 2)
		v := Must(s.SVM(context.Background(), delta, nil))(t)
		w, b := one.With(delta)
		Near(t, "w", floats.Distance(w, v.W, 2)/v.Norm, 0, kkt)
		Near(t, "b", b, v.B, kkt*(1+math.Abs(v.B)))
		back, b1 := v.With(1)
		Near(t, "back w", floats.Distance(back, one.W, 2)/one.Norm, 0, kkt)
		Near(t, "back b", b1, one.B, kkt*(1+math.Abs(one.B)))
		// certificate on the data as they are: margins, and w from the multipliers
		sum, dual := make([]float64, d), 0.0
		for i, y := range s.Y {
			want := 1.0
			if y > 0 {
				want = delta
			}
			if got := y * (floats.Dot(v.W, s.X.RawRowView(i)) + v.B); got < want-kkt*(1+v.Norm) {
				t.Errorf("margin %g of example %d, want at least %g", got, i, want)
			}
			floats.AddScaled(sum, v.Mu[i]*y, s.X.RawRowView(i))
			dual += v.Mu[i] * y
		}
		Near(t, "w = Σ μ y x", floats.Distance(sum, v.W, 2), 0, kkt*(1+v.Norm))
		Near(t, "Σ μ y", dual, 0, kkt*(1+floats.Sum(v.Mu)))
		Near(t, "threshold", Threshold(delta, one.Norm, one.B), v.B/v.Norm, kkt*(1+math.Abs(v.B/v.Norm)))
	}
}

func TestSVMRefuses(t *testing.T) {
	meet := &Sample{mat.NewDense(4, 1, []float64{0, 2, 1, 3}), []float64{1, 1, -1, -1}}
	v, err := meet.SVM(context.Background(), 1, nil)
	if !errors.Is(err, ErrSeparable) {
		t.Fatalf("classes that overlap: %v", err)
	}
	var x, y float64 // the certificate: a combination of signed (x_i, 1) that is zero
	for i, m := range v.Mu {
		if m < 0 {
			t.Errorf("multiplier %g", m)
		}
		x += m * meet.Y[i] * meet.X.At(i, 0)
		y += m * meet.Y[i]
	}
	Near(t, "Σ μ y x", x, 0, kkt)
	Near(t, "Σ μ y", y, 0, kkt)
	if _, err := (&Sample{mat.NewDense(2, 1, nil), []float64{1, 1}}).SVM(context.Background(), 1, nil); !errors.Is(err, ErrEmptyClass) {
		t.Errorf("one class: %v", err)
	}
	for _, s := range []*Sample{{}, {mat.NewDense(2, 1, nil), []float64{1}}, {mat.NewDense(2, 1, nil), []float64{0, 1}}, {mat.NewDense(2, 1, []float64{1, math.NaN()}), []float64{1, -1}}} {
		if _, err := s.SVM(context.Background(), 1, nil); !errors.Is(err, ErrInput) {
			t.Errorf("%v: %v", s.Y, err)
		}
	}
	for _, delta := range []float64{0, -1, math.Inf(1), math.NaN()} {
		if _, err := meet.SVM(context.Background(), delta, nil); !errors.Is(err, ErrInput) {
			t.Errorf("δ = %g: %v", delta, err)
		}
	}
	if _, err := (Mixture{0, 1, 1, 1}).Draw(3, 3, random.Stream(1, "")); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
}

// E (G + c)_+² and its derivative against numerical integration.
func TestHinge(t *testing.T) {
	for c := -5.0; c <= 5; c += 0.25 {
		var second, first float64
		const h = 1e-3
		for x := -c + h/2; x < 12; x += h {
			second += h * (x + c) * (x + c) * Density(x)
			first += h * (x + c) * Density(x)
		}
		Near(t, "second moment", Hinge2(c), second, 1e-6*(1+second))
		Near(t, "first moment", hinge1(c), first, 1e-6*(1+first))
	}
	Near(t, "far left", Hinge2(-20)/Density(20)*8000/2, 1-6./400+45./160000, 1e-4) // 2 φ(c)/|c|³ (1 − 6/c² + 45/c⁴ − …)
}

// The two roots, their identity, and which of them is the minimum, on hundreds of random mixtures and every sign of m.
func TestThresholds(t *testing.T) {
	rng := random.Stream(1, "thresholds")
	for range 2000 {
		g := Mixture{0.5, math.Exp(rng.NormFloat64()), math.Exp(rng.NormFloat64()), 1}
		m := 2 * rng.NormFloat64()
		best, other, ok := g.Thresholds(m)
		if !ok {
			t.Fatalf("%+v, m = %g: no minimum", g, m)
		}
		for _, x := range []float64{best, other} {
			p, q := (m+x)/g.Plus, (m-x)/g.Minus
			Near(t, "u_−² − u_+²", (q*q-p*p-2*math.Log(g.Plus/g.Minus))/(1+p*p+q*q), 0, IdentityTol)
		}
		if g.Balanced(m, best) > 0.5 || g.Balanced(m, other) < 0.5 { // to the last digit, where the margin is many deviations
			t.Errorf("%+v, m = %g: errors %g at the minimum and %g at the other root, want at most and at least 1/2", g, m, g.Balanced(m, best), g.Balanced(m, other))
		}
		if p, q := g.ClassErrors(m, best); (p > q) != (g.Plus > g.Minus) {
			t.Errorf("%+v, m = %g: errors %g and %g, the noisier class should have the larger", g, m, p, q)
		}
	}
	if best, _, ok := (Mixture{0.5, 1, 1, 1}).Thresholds(0.3); !ok || best != 0 {
		t.Errorf("equal noise: %g", best)
	}
	if _, _, ok := (Mixture{0.5, 1, 1, 1}).Thresholds(-0.3); ok {
		t.Error("equal noise and m < 0 has no minimum")
	}
}

// The best δ is no worse than any other, whichever of its three cases it is, and mirrors.
func TestBestDelta(t *testing.T) {
	rng := random.Stream(1, "best")
	count := map[End]int{}
	for range 3000 {
		g := Mixture{0.5, math.Exp(rng.NormFloat64() / 2), math.Exp(rng.NormFloat64() / 2), 1}
		if rng.IntN(5) == 0 {
			g.Minus = g.Plus
		}
		q, b1, m := math.Exp(rng.NormFloat64()), 2*rng.NormFloat64(), 2*rng.NormFloat64()
		best := g.BestDelta(q, b1, m)
		count[best.At]++
		for k := -60; k <= 60; k++ {
			if e := g.Balanced(m, Threshold(math.Exp(float64(k)/5), q, b1)); e < best.Error-IdentityTol {
				t.Fatalf("%+v q = %g b = %g m = %g: error %.15g at δ = %g, below %.15g at %v", g, q, b1, m, e, math.Exp(float64(k)/5), best.Error, best)
			}
		}
		mirror := g.Mirror().BestDelta(q, -b1, m)
		if mirror.At != -best.At {
			t.Errorf("mirror of %v is %v", best, mirror)
		}
		if best.At == Interior {
			Near(t, "δ times its mirror", best.Delta*mirror.Delta, 1, 1e-9)
			Near(t, "its threshold", Threshold(best.Delta, q, b1), best.T, 1e-9*(1+1/q))
		}
	}
	for _, e := range []End{Zero, Interior, Infinite} {
		if count[e] < 100 {
			t.Errorf("%v: %d cases of 3000", e, count[e])
		}
	}
}

// The smallest sample for which formula (2) alone would return a negative δ, and its mirror.
func TestTwoExamples(t *testing.T) {
	s := &Sample{mat.NewDense(2, 2, []float64{1, 0, 1.5, -2}), []float64{1, -1}}
	v := Must(s.SVM(context.Background(), 1, nil))(t)
	Near(t, "w", v.W[0], -4./17, kkt) // w_1 = 2 (x_+ − x_−)/‖x_+ − x_−‖², by hand
	Near(t, "b", v.B, 21./17, kkt)
	g := Mixture{0.5, 1, 1, 2}
	mu := []float64{0, 2}
	Near(t, "half-gap", v.Along(mu), 2*(16./17)/math.Hypot(4./17, 16./17), kkt)
	best := g.BestOf(v, mu)
	if best.At != Zero || best.Delta != 0 {
		t.Errorf("the best δ is %+v, want 0", best)
	}
	Near(t, "formula (2) alone", (1-v.B)/(1+v.B), -0.1052631, 1e-6)
	mirror := &Sample{mat.NewDense(2, 2, []float64{-1, 0, -1.5, 2}), []float64{-1, 1}}
	if best := g.BestOf(Must(mirror.SVM(context.Background(), 3, nil))(t), mu); best.At != Infinite || !math.IsInf(best.Delta, 1) {
		t.Errorf("the mirror's best δ is %+v, want ∞", best)
	}
}

// The limit satisfies its conditions, mirrors, and is what a crude search over (α, β, b) finds.
func TestLimit(t *testing.T) {
	for _, g := range []Mixture{{0.5, 1, 1, 2}, {0.2, 1.5, 0.7, 2}, {0.05, 2, 1, 2}, {0.2, 0.7, 1.5, 1}, {0.02, 1, 1, 3}} {
		l := Must(g.Limit(1.5))(t)
		m := Must(g.Mirror().Limit(1.5))(t)
		Near(t, "q", m.Q, l.Q, 1e-9)
		Near(t, "ρ", m.Rho, l.Rho, 1e-9)
		Near(t, "b", m.B, -l.B, 1e-8)
		alpha, beta := l.Q*l.Rho, l.Q*math.Sqrt(1-l.Rho*l.Rho)
		Near(t, "tight", g.Constraint(1.5, alpha, beta, l.B), 0, 1e-8)
		rng := random.Stream(1, "limit")
		for range 2000 { // no shorter point is feasible
			q := l.Q * (1 - 0.3*rng.Float64())
			rho := math.Tanh(math.Atanh(l.Rho) + 0.3*rng.NormFloat64())
			if c := g.Constraint(1.5, q*rho, q*math.Sqrt(1-rho*rho), l.B+0.3*rng.NormFloat64()); c < -1e-9 {
				t.Fatalf("%+v: q = %g < %g is feasible by %g", g, q, l.Q, c)
			}
		}
	}
	// Three decimals by another solver (SLSQP from several starts) for π = 0.5, σ = 1, s = 2, γ = 1.5: q = 0.595, ρ = 0.715.
	l := Must(Mixture{0.5, 1, 1, 2}.Limit(1.5))(t)
	Near(t, "q", l.Q, 0.595, 5e-4)
	Near(t, "ρ", l.Rho, 0.715, 5e-4)
	if _, err := (Mixture{0.5, 1, 1, 1}).Limit(0.1); !errors.Is(err, ErrSeparable) {
		t.Errorf("γ = 0.1: %v", err)
	}
	if _, err := (Mixture{0.5, 1, 1, 1}).Limit(-1); !errors.Is(err, ErrInput) {
		t.Errorf("γ = -1: %v", err)
	}
}
