package generalization

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

func stream(name uint64) *rand.Rand { return rand.New(rand.NewPCG(7, name)) }

// near reports whether two numbers agree to tol, relative to max(1, |want|).
func near(got, want, tol float64) bool { return math.Abs(got-want) <= tol*math.Max(1, math.Abs(want)) }

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// The loss is bounded by itself: |f'| ≤ min(1, f) and f” ≤ min(1/4, f), and the three are derivatives of each other.
func TestLoss(t *testing.T) {
	const h = 1e-5
	for u := -30.0; u <= 30; u += 0.25 {
		f, slope, curve := Loss(u), Slope(u), Curvature(u)
		if !(-slope <= math.Min(1, f) && curve <= math.Min(0.25, f) && slope < 0 && curve > 0) {
			t.Errorf("u = %g: f = %g, f' = %g, f'' = %g", u, f, slope, curve)
		}
		// A central difference errs by h² f'''/6 ≤ 2e-11 and by the rounding of f, 30·1e-16/h.
		if d := (Loss(u+h) - Loss(u-h)) / (2 * h); !near(slope, d, 2e-10) {
			t.Errorf("u = %g: f' = %g, differences give %g", u, slope, d)
		}
		if d := (Slope(u+h) - Slope(u-h)) / (2 * h); !near(curve, d, 1e-10) {
			t.Errorf("u = %g: f'' = %g, differences give %g", u, curve, d)
		}
	}
	if Loss(800) != 0 || Loss(-800) != 800 || Slope(-800) != -1 || Slope(800) > 0 {
		t.Error("the loss of ±800 is not its limit")
	}
	// Relative accuracy far out: f(u) = e^{-u} - e^{-2u}/2 + ...
	if got, want := Loss(40), math.Exp(-40); math.Abs(got/want-1) > 1e-12 {
		t.Errorf("f(40) = %g, want e^-40 = %g", got, want)
	}
}

// The Bayes risk is the least of p f(-u) + (1-p) f(u), attained at the log-odds.
func TestBayesRisk(t *testing.T) {
	for _, p := range []float64{0.01, 0.2, 0.5, 0.9} {
		risk := func(u float64) float64 { return p*Loss(-u) + (1-p)*Loss(u) }
		u := math.Log((1 - p) / p)
		if got := BayesRisk(p); !near(got, risk(u), 1e-14) || got > risk(u+0.01) || got > risk(u-0.01) {
			t.Errorf("p = %g: %g, the risk of the log-odds is %g", p, got, risk(u))
		}
	}
	if BayesRisk(0) != 0 || BayesRisk(1) != 0 || !math.IsNaN(BayesRisk(1.5)) {
		t.Error("the Bayes risk at 0, 1 and 1.5")
	}
}

// Derivatives of the activations are those of differences, and their bounds are attained and not passed.
func TestActivations(t *testing.T) {
	const h = 1e-5
	for _, a := range Activations {
		slope, curve := 0.0, 0.0
		for z := -20.0025; z <= 20; z += 0.005 { // 0, where relu has no derivative, is left out
			up, dup, _ := a.At(z + h)
			down, ddown, _ := a.At(z - h)
			_, first, second := a.At(z)
			slope, curve = math.Max(slope, math.Abs(first)), math.Max(curve, math.Abs(second))
			if !near(first, (up-down)/(2*h), 2e-9) || !near(second, (dup-ddown)/(2*h), 2e-9) {
				t.Errorf("%s at %g: σ' = %g, σ'' = %g, differences %g, %g", a.Name, z, first, second, (up-down)/(2*h), (dup-ddown)/(2*h))
			}
		}
		if slope > a.Slope*(1+1e-12) || slope < 0.999*a.Slope {
			t.Errorf("%s: the largest slope is %g, the bound %g", a.Name, slope, a.Slope)
		}
		if !math.IsInf(a.Curve, 1) && (curve > a.Curve*(1+1e-12) || curve < 0.999*a.Curve) {
			t.Errorf("%s: the largest curvature is %g, the bound %g", a.Name, curve, a.Curve)
		}
	}
	zero, _, _ := softplusAt(math.Ln2)(0)
	if !near(zero, 0, 1e-16) {
		t.Errorf("softplus0(0) = %g", zero)
	}
}

// Gradient and Hessian-vector product are derivatives, for one to three layers.
func TestDerivatives(t *testing.T) {
	const h = 1e-5
	for _, name := range []string{"softplus", "softplus0", "tanh", "gelu"} {
		for l := 1; l <= 3; l++ {
			rng := stream(uint64(l))
			net := must[*Net](t)(NewNet(3, 5, l, name))
			w, v, x := net.Start(rng), net.Start(rng), []float64{0.3, -1.2, 0.7}
			g, hv := make([]float64, net.Size()), make([]float64, net.Size())
			if got, want := net.Gradient(g, w, x), net.Output(w, x); got != want {
				t.Errorf("%s, L = %d: Gradient returns %g, Output %g", name, l, got, want)
			}
			net.HessianVector(hv, w, x, v)
			at := func(s float64) (float64, []float64) {
				moved, grad := append([]float64(nil), w...), make([]float64, len(w))
				floats.AddScaled(moved, s, v)
				return net.Gradient(grad, moved, x), grad
			}
			up, gup := at(h)
			down, gdown := at(-h)
			// h² times a third derivative along a v of norm about √p: some 1e-9.
			if d := (up - down) / (2 * h); !near(floats.Dot(g, v), d, 1e-8) {
				t.Errorf("%s, L = %d: ⟨∇Φ, v⟩ = %g, differences give %g", name, l, floats.Dot(g, v), d)
			}
			for i := range hv {
				if d := (gup[i] - gdown[i]) / (2 * h); !near(hv[i], d, 1e-8) {
					t.Errorf("%s, L = %d: entry %d of ∇²Φ v is %g, differences give %g", name, l, i, hv[i], d)
				}
			}
		}
	}
}

// The Hessian is symmetric, for one layer block diagonal with the blocks of the text, and its norm is that of its eigenvalues.
func TestHessian(t *testing.T) {
	rng := stream(11)
	x := []float64{0.6, -0.8, 1.1}
	for l := 1; l <= 2; l++ {
		net := must[*Net](t)(NewNet(3, 6, l, "tanh"))
		w := net.Start(rng)
		hessian := net.Hessian(w, x)
		unit, column := make([]float64, net.Size()), make([]float64, net.Size())
		for i := range unit {
			unit[i] = 1
			net.HessianVector(column, w, x, unit)
			unit[i] = 0
			for j := range column {
				if !near(column[j], hessian.At(j, i), 1e-12) {
					t.Fatalf("L = %d: entry (%d, %d) is %g in its column and %g in its row", l, j, i, column[j], hessian.At(j, i))
				}
			}
		}
		least, largest := Spectrum(hessian)
		// Power iteration stops when it gains less than 1e-6; the gap of the eigenvalues multiplies that.
		if got, want := net.HessianNorm(w, x, rng), math.Max(-least, largest); math.Abs(got/want-1) > 1e-3 {
			t.Errorf("L = %d: ‖∇²Φ‖ = %g, eigenvalues say %g", l, got, want)
		}
		if l > 1 {
			continue
		}
		for j := range net.M {
			_, _, curve := net.Sigma.At(floats.Dot(net.Layer(w, 1).Data[j*3:j*3+3], x))
			for p := range 3 {
				for q := range 18 {
					want := 0.0
					if q/3 == j {
						want = net.Signs[j] * curve * x[p] * x[q%3] / math.Sqrt(6)
					}
					if got := hessian.At(3*j+p, q); !near(got, want, 1e-13) {
						t.Errorf("entry (%d, %d) is %g, want %g", 3*j+p, q, got, want)
					}
				}
			}
		}
		r := floats.Norm(x, 2)
		if k := net.CurvatureBound(r); math.Max(-least, largest) > k || !near(k, net.Sigma.Curve*r*r/math.Sqrt(6), 1e-15) {
			t.Errorf("‖∇²Φ‖ = %g above its bound %g", math.Max(-least, largest), k)
		}
	}
}

// G = lR is approached where all neurons are in the linear part of softplus, and deep networks have no bound.
func TestGradientBound(t *testing.T) {
	net := must[*Net](t)(NewNet(2, 8, 1, "softplus"))
	w, g := make([]float64, 16), make([]float64, 16)
	floats.AddConst(30, w)
	net.Gradient(g, w, []float64{3, 4})
	if got, want := floats.Norm(g, 2), net.GradientBound(5); got > want || got < want*(1-1e-12) {
		t.Errorf("‖∇Φ‖ = %g, want just below lR = %g", got, want)
	}
	deep := must[*Net](t)(NewNet(2, 8, 2, "softplus"))
	if !math.IsInf(deep.GradientBound(1), 1) || !math.IsInf(deep.CurvatureBound(1), 1) {
		t.Error("a deep network has a bound for all w")
	}
}

// A symmetric start has Φ = 0 everywhere and ‖∇Φ‖ as large as others.
func TestSymmetricStart(t *testing.T) {
	rng := stream(3)
	for l := 1; l <= 3; l++ {
		net := must[*Net](t)(NewNet(4, 8, l, "softplus"))
		w := must[[]float64](t)(net.SymmetricStart(rng))
		g := make([]float64, net.Size())
		for range 10 {
			x := []float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
			if phi := net.Gradient(g, w, x); math.Abs(phi) > 1e-14 || floats.Norm(g, 2) < 0.1 {
				t.Errorf("L = %d: Φ = %g, ‖∇Φ‖ = %g", l, phi, floats.Norm(g, 2))
			}
		}
	}
	odd := must[*Net](t)(NewNet(4, 7, 1, "softplus"))
	if _, err := odd.SymmetricStart(rng); err == nil {
		t.Error("a symmetric start of odd width is no error")
	}
}

func TestBadNets(t *testing.T) {
	for _, bad := range []struct {
		d, m, l int
		name    string
	}{{0, 1, 1, "tanh"}, {1, 0, 1, "tanh"}, {1, 1, 0, "tanh"}, {1, 1, 1, "sigmoid"}} {
		if _, err := NewNet(bad.d, bad.m, bad.l, bad.name); err == nil {
			t.Errorf("%+v is no error", bad)
		}
	}
	x := mat.NewDense(2, 1, []float64{1, 2})
	for _, y := range [][]float64{{1}, {1, 0}, {1, 2}, {1, math.NaN()}} {
		if _, err := NewSample(x, y); err == nil {
			t.Errorf("labels %v are no error", y)
		}
	}
	if _, err := NewSample(mat.NewDense(1, 1, []float64{math.Inf(1)}), []float64{1}); err == nil {
		t.Error("an infinite feature is no error")
	}
}
