package generalization

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

func small(t *testing.T, l int, activation string) (*Objective, []float64) {
	t.Helper()
	rng := stream(uint64(20 + l))
	s := must[*Sample](t)(Quadrants(7, 3, rng))
	net := must[*Net](t)(NewNet(3, 4, l, activation))
	return must[*Objective](t)(NewObjective(net, s)), net.Start(rng)
}

// Gradient and Hessian of the training loss are derivatives of it.
func TestObjective(t *testing.T) {
	const h = 1e-5
	for l := 1; l <= 2; l++ {
		o, w := small(t, l, "softplus")
		g, up, down := make([]float64, len(w)), make([]float64, len(w)), make([]float64, len(w))
		if got, want := o.Gradient(g, w), o.Value(w); !near(got, want, 1e-14) {
			t.Errorf("Gradient returns %g, Value %g", got, want)
		}
		hessian := o.Hessian(w)
		for i := range w {
			moved := append([]float64(nil), w...)
			moved[i] += h
			fup := o.Gradient(up, moved)
			moved[i] -= 2 * h
			fdown := o.Gradient(down, moved)
			if d := (fup - fdown) / (2 * h); !near(g[i], d, 1e-9) {
				t.Errorf("∂F̂/∂w_%d = %g, differences give %g", i, g[i], d)
			}
			for j := range w {
				if d := (up[j] - down[j]) / (2 * h); !near(hessian.At(i, j), d, 1e-9) {
					t.Errorf("entry (%d, %d) of ∇²F̂ = %g, differences give %g", i, j, hessian.At(i, j), d)
				}
			}
		}
	}
}

// Eigenvalues scale with the matrix, down to where its entries hardly exist; a matrix of zeros has none but zero.
func TestSpectrum(t *testing.T) {
	for _, scale := range []float64{1, 1e-200, 1e200} {
		h := mat.NewSymDense(2, []float64{scale, 2 * scale, 2 * scale, scale})
		if least, largest := Spectrum(h); !near(least/scale, -1, 1e-14) || !near(largest/scale, 3, 1e-14) {
			t.Errorf("scale %g: eigenvalues %g and %g, want -1 and 3", scale, least, largest)
		}
	}
	blocks := mat.NewSymDense(4, []float64{1, 2, 0, 0, 2, 1, 0, 0, 0, 0, 1e-160, 3e-160, 0, 0, 3e-160, 1e-170})
	if least, largest := Spectrum(blocks); !near(least, -1, 1e-14) || !near(largest, 3, 1e-14) {
		t.Errorf("beside a block of 10^-160: eigenvalues %g and %g, want -1 and 3", least, largest)
	}
	if least, largest := Spectrum(mat.NewSymDense(2, nil)); least != 0 || largest != 0 {
		t.Errorf("zeros have eigenvalues %g and %g", least, largest)
	}
	if least, _ := Spectrum(mat.NewSymDense(1, []float64{math.NaN()})); !math.IsNaN(least) {
		t.Errorf("NaN has the eigenvalue %g", least)
	}
}

// F̂ - F̂^{-i} = f_i/n: what is left out is still counted in n.
func TestWithout(t *testing.T) {
	o, w := small(t, 1, "softplus")
	f := o.Losses(w)
	for i := range f {
		rest := must[*Objective](t)(o.Without(i))
		if got, want := o.Value(w)-rest.Value(w), f[i]/float64(len(f)); !near(got, want, 1e-15) {
			t.Errorf("F̂ - F̂^{-%d} = %g, want f/n = %g", i, got, want)
		}
	}
	if _, err := o.Without(7); err == nil {
		t.Error("example 7 of 7 can be left out")
	}
	one := must[*Objective](t)(NewObjective(o.Net, &Sample{X: mat.NewDense(1, 3, []float64{1, 0, 0}), Y: []float64{1}}))
	if _, err := one.Without(0); err == nil {
		t.Error("one example can be left out of one")
	}
	if _, err := NewObjective(o.Net, &Sample{X: mat.NewDense(1, 2, nil), Y: []float64{1}}); err == nil {
		t.Error("two features for three inputs are no error")
	}
}

// A segment begins and ends at its ends.
func TestAlong(t *testing.T) {
	o, w := small(t, 1, "softplus")
	v := o.Net.Start(stream(5))
	values := o.Along(w, v, 4)
	middle := append([]float64(nil), w...)
	floats.Add(middle, v)
	floats.Scale(0.5, middle)
	if len(values) != 5 || !near(values[0], o.Value(w), 1e-15) || !near(values[4], o.Value(v), 1e-15) || !near(values[2], o.Value(middle), 1e-14) {
		t.Errorf("values along the segment: %v", values)
	}
}

// The margin proves itself: γ from v is the norm of the mixture, and the multipliers rest where margins exceed γ.
func TestTangentMargin(t *testing.T) {
	for seed := range uint64(10) {
		rng := stream(100 + seed)
		s := must[*Sample](t)(Quadrants(2+int(seed)*2, 3, rng))
		net := must[*Net](t)(NewNet(3, 40, 1, "softplus"))
		o := must[*Objective](t)(NewObjective(net, s))
		w := net.Start(rng)
		m := must[*Margin](t)(TangentMargin(context.Background(), o, w))
		if math.Abs(m.Gamma/m.Upper-1) > 1e-7 || !near(floats.Norm(m.V, 2), 1, 1e-13) || floats.Min(m.Alpha) < 0 || !near(floats.Sum(m.Alpha), 1, 1e-13) {
			t.Errorf("n = %d: γ = %g from v and at most %g, ‖v‖ = %g", s.N(), m.Gamma, m.Upper, floats.Norm(m.V, 2))
		}
		rows := o.Gradients(w)
		for i, y := range s.Y {
			if margin := y * floats.Dot(rows.RawRowView(i), m.V); m.Alpha[i]*(margin-m.Gamma) > 1e-8 {
				t.Errorf("example %d has weight %g and margin %g above γ = %g", i, m.Alpha[i], margin, m.Gamma)
			}
		}
		if got := floats.Distance(m.Toward(w, 3), w, 2); !near(got, 3, 1e-12) {
			t.Errorf("w_0 + 3v is at distance %g", got)
		}
		_, err := TangentMargin(context.Background(), must[*Objective](t)(NewObjective(net, s.Contradicted())), w)
		var not *NotSeparable
		if !errors.As(err, &not) {
			t.Fatalf("contradicting labels: %v", err)
		}
		g, mixture := make([]float64, net.Size()), make([]float64, net.Size())
		for i, y := range s.Contradicted().Y {
			net.Gradient(g, w, s.Contradicted().X.RawRowView(i))
			floats.AddScaled(mixture, not.Alpha[i]*y, g)
		}
		if n := floats.Norm(mixture, 2); n > 1e-6 || !near(floats.Sum(not.Alpha), 1, 1e-12) {
			t.Errorf("the proof is a mixture of norm %g and weight %g", n, floats.Sum(not.Alpha))
		}
	}
}

// The constants of the proof fit together.
func TestConstants(t *testing.T) {
	for _, rho := range []float64{1, 3, 20} {
		kappa := Threshold / (rho * rho)
		if got := Q(kappa, 2*rho); !near(got, 0.25, 1e-14) {
			t.Errorf("q at the threshold is %g, want 1/4", got)
		}
	}
	// (22/3)(3/28)/(1 - 6/28) = 1.
	if got := StabilityConstant(3. / 28); !near(got, math.E, 1e-14) {
		t.Errorf("C_s at 3/28 is %g, want e", got)
	}
	if !math.IsInf(StabilityConstant(0.5), 1) || !math.IsInf(Tau(2, 2), 1) || Tau(0, 5) != 1 {
		t.Error("C_s at 1/2, τ at κD² = 8 and at κ = 0")
	}
	p := Path{Eta: 2, T: 50, Distance: 4, Star: 0.01, First: 0.7, Gradient0: 0.5, Kappa: 0.001}
	if p.RhoStar() != 4 || !p.Inside() || p.MeanBound() > 8./3*16/100 || p.LastBound() != 0.64 {
		t.Errorf("ρ* = %g, inside %v, bounds %g and %g", p.RhoStar(), p.Inside(), p.MeanBound(), p.LastBound())
	}
	if got := p.MeanBound(); !near(got, 0.32/3+0.05/3+0.7/150, 1e-14) { // (2/3)·16/100 + (5/3)·0.01 + 0.7/(3·50)
		t.Errorf("bound of the mean %g", got)
	}
	if got := Smoothness(2, 0.5); got != 1.5 {
		t.Errorf("β = %g, want 2²/4 + 0.5", got)
	}
	if near := (Path{Eta: 1, T: 1, Distance: 0.1}); near.RhoStar() != 1 {
		t.Errorf("ρ* = %g of a comparator nearby, want 1", near.RhoStar())
	}
	p.Star = 0.25 // √(ηT F̂(w*)) = 5
	if p.RhoStar() != 5 {
		t.Errorf("ρ* = %g, want 5", p.RhoStar())
	}
	p.First = 50 // √(η F̂(w_0)) = 10
	if p.RhoStar() != 10 || !near(p.Gradient(), 0.53, 1e-14) {
		t.Errorf("ρ* = %g, G = %g, want 10 and 0.53", p.RhoStar(), p.Gradient())
	}
	if p.Eta = 20; p.Inside() {
		t.Error("a step of 20 is inside the theorem")
	}
	exponent, exact := Widths(10, 1, 0.25, 1)
	if !near(exact, 72.25*0.0625*1e4, 1e-12) || !near(exponent, 72.25*1e10, 1e-12) {
		t.Errorf("widths %g and %g", exponent, exact)
	}
	if _, exact := Widths(10, 2, 0.25, 1); !math.IsNaN(exact) {
		t.Errorf("two layers have an exact width %g", exact)
	}
	if got := GapBound(0.5, 2, 10, 4); got != 2.5 {
		t.Errorf("bound of the gap %g, want 2·0.25·2·10/4", got)
	}
	if got := Radius(math.E, 1, 0.5); got != 6 {
		t.Errorf("ρ = %g, want 6", got)
	}
	for _, g := range Guarantees { // four times the examples: a half or a quarter
		if got := g.Bound(0.1, 400, 100, 2) / g.Bound(0.1, 100, 100, 2); !near(got, math.Pow(4, -g.Examples), 1e-12) {
			t.Errorf("%s: four times the examples leave %g", g.Work, got)
		}
		if got := g.Bound(0.1, 100, 400, 2) / g.Bound(0.1, 100, 100, 2); (got != 1) != (g.Work == "Chen et al. 2021") {
			t.Errorf("%s: four times the width leave %g", g.Work, got)
		}
	}
}

func TestSamples(t *testing.T) {
	rng := stream(4)
	s := must[*Sample](t)(Quadrants(200, 4, rng))
	for i, y := range s.Y {
		x := s.X.RawRowView(i)
		if !near(floats.Norm(x, 2), 1, 1e-14) || x[0]*x[1]*y <= 0.1 {
			t.Errorf("example %d: norm %g, y x_1 x_2 = %g", i, floats.Norm(x, 2), x[0]*x[1]*y)
		}
	}
	if r := s.Radius(); !near(r, 1, 1e-14) {
		t.Errorf("radius %g", r)
	}
	flipped := 0.0
	noisy := s.Flipped(0.2, rng)
	for i := range s.Y {
		if noisy.Y[i] != s.Y[i] {
			flipped++
		}
	}
	if flipped < 15 || flipped > 70 { // 40 ± 5 standard deviations of 5.7
		t.Errorf("%g of 200 labels flipped at p = 0.2", flipped)
	}
	c := must[*Sample](t)(Caps(100, rng))
	for i, y := range c.Y {
		if x := c.X.RawRowView(i); x[0]*y <= 0 || !near(floats.Norm(x, 2), 1, 1e-14) {
			t.Errorf("cap %d at %v with label %g", i, x, y)
		}
	}
	if _, err := Quadrants(3, 1, rng); err == nil {
		t.Error("quadrants of one dimension are no error")
	}
	if _, err := Caps(0, rng); err == nil {
		t.Error("no caps are no error")
	}
}
