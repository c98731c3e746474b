package generalization

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

func entry(m *mat.Dense, f func(i, j int, v float64)) {
	r, c := m.Dims()
	for i := range r {
		for j := range c {
			f(i, j, m.At(i, j))
		}
	}
}

// A step on a batch is each neuron times I - (2η a_j/m) H.
func TestStepIsLinear(t *testing.T) {
	rng := stream(80)
	a := must[*Quadratic](t)(NewQuadratic(5, 6, rng))
	b := &Quadratic{W: mat.DenseCopyOf(a.W), A: a.A}
	batch := must[*Sample](t)(XOR(13, 5, rng))
	b.StepBy(b.Moment(batch), 4)
	a.Step(batch, 4)
	entry(a.W, func(i, j int, v float64) {
		if !near(v, b.W.At(i, j), 1e-13) {
			t.Errorf("entry (%d, %d) is %g after a step and %g by H", i, j, v, b.W.At(i, j))
		}
	})
}

// The step is that of the loss: its gradient by differences.
func TestStepIsDescent(t *testing.T) {
	const h, eta = 1e-5, 0.01
	rng := stream(81)
	q := must[*Quadratic](t)(NewQuadratic(4, 4, rng))
	batch := must[*Sample](t)(XOR(9, 4, rng))
	value := func() float64 {
		sum := 0.0
		for i, phi := range q.Outputs(batch.X) {
			sum += Loss(batch.Y[i]*phi) / 9
		}
		return sum
	}
	var want []float64
	entry(q.W, func(i, j int, v float64) {
		q.W.Set(i, j, v+h)
		up := value()
		q.W.Set(i, j, v-h)
		want = append(want, v-eta*(up-value())/(2*h))
		q.W.Set(i, j, v)
	})
	q.Step(batch, eta)
	entry(q.W, func(i, j int, v float64) {
		if !near(v, want[4*i+j], 1e-10) {
			t.Errorf("entry (%d, %d) is %g after a step, differences say %g", i, j, v, want[4*i+j])
		}
	})
}

// If Φ does not depend on x_1 and x_2, H is [[h, -1/2], [-1/2, h]] on them, zero beside it, h = E tanh(Φ/2)/2, and
// the same half E tanh(Φ/2) x_k x_l elsewhere.
func TestBlindMoment(t *testing.T) {
	rng := stream(82)
	cube := must[*Sample](t)(Cube(8))
	for _, scale := range []float64{0.1, 1, 30} { // saturation does not matter
		q := must[*Quadratic](t)(NewQuadratic(8, 6, rng))
		q.W.Scale(scale, q.W)
		for j := range 6 {
			q.W.Set(j, 0, 0)
			q.W.Set(j, 1, 0)
		}
		h := q.Moment(cube)
		phi := q.Outputs(cube.X)
		entry(h, func(k, l int, v float64) {
			want := 0.0
			switch {
			case k < 2 && l < 2 && k != l:
				want = -0.5
			case (k < 2) == (l < 2):
				for i, p := range phi {
					want += math.Tanh(p/2) * cube.X.At(i, k) * cube.X.At(i, l) / 2 / 256
				}
			}
			if !near(v, want, 1e-14) {
				t.Errorf("scale %g: H_%d%d = %g, want %g", scale, k+1, l+1, v, want)
			}
		})
	}
}

func TestXORSamples(t *testing.T) {
	cube := must[*Sample](t)(Cube(5))
	seen, sum := map[[5]float64]bool{}, 0.0
	for i, y := range cube.Y {
		x := cube.X.RawRowView(i)
		seen[[5]float64(x)] = true
		sum += y
		if y != x[0]*x[1] {
			t.Errorf("point %v has label %g", x, y)
		}
	}
	if len(seen) != 32 || sum != 0 {
		t.Errorf("%d points, labels of sum %g", len(seen), sum)
	}
	s := must[*Sample](t)(XOR(2000, 70, stream(83))) // more inputs than bits of a word
	for k := range 70 {
		total := 0.0
		for i := range s.Y {
			v := s.X.At(i, k)
			if v != 1 && v != -1 {
				t.Fatalf("feature %g", v)
			}
			total += v
		}
		if math.Abs(total) > 6*math.Sqrt(2000) {
			t.Errorf("feature %d sums to %g", k, total)
		}
		if k > 0 {
			inner := mat.Dot(s.X.ColView(k), s.X.ColView(k-1))
			if math.Abs(inner) > 6*math.Sqrt(2000) {
				t.Errorf("features %d and %d have inner product %g", k-1, k, inner)
			}
		}
	}
	for _, bad := range []int{1, 0, 21} {
		if _, err := Cube(bad); err == nil {
			t.Errorf("the cube of dimension %d is no error", bad)
		}
	}
	for _, bad := range [][2]int{{5, 1}, {5, 0}, {5, -1}, {0, 2}} {
		if _, err := XOR(bad[0], bad[1], stream(1)); err == nil || !strings.Contains(err.Error(), "two or more") {
			t.Errorf("%d points in %d dimensions: the error %v does not say what is wanted", bad[0], bad[1], err)
		}
	}
	for _, bad := range [][2]int{{1, 4}, {4, 5}, {4, 0}} {
		if _, err := NewQuadratic(bad[0], bad[1], stream(1)); err == nil {
			t.Errorf("d = %d, m = %d is no error", bad[0], bad[1])
		}
	}
}

// The errors are those of steps on fresh batches, or on one batch for all steps, drawn after the network and the test.
func TestXORBatches(t *testing.T) {
	for _, reuse := range []bool{false, true} {
		c := XORConfig{D: 10, M: 8, N: 20, Eta: 1, Steps: 4, Reuse: reuse, Test: 500}
		got := must[[]float64](t)(c.Errors(stream(87)))
		rng := stream(87)
		q := must[*Quadratic](t)(NewQuadratic(10, 8, rng))
		test := must[*Sample](t)(XOR(500, 10, rng))
		want := []float64{q.ErrorOn(test)}
		batch := must[*Sample](t)(XOR(20, 10, rng))
		for step := range 4 {
			if step > 0 && !reuse {
				batch = must[*Sample](t)(XOR(20, 10, rng))
			}
			q.Step(batch, 8)
			want = append(want, q.ErrorOn(test))
		}
		if !slices.Equal(got, want) {
			t.Errorf("reuse %v: errors %v, step by step %v", reuse, got, want)
		}
	}
}

// The output times s is s times the network: a step is that of the gradient of the loss of sΦ.
func TestXORScale(t *testing.T) {
	const s, d, m, n = 0.3, 7, 6, 30
	c := XORConfig{D: d, M: m, N: n, Eta: 1, Steps: 3, Scale: s, Test: 400}
	got := must[[]float64](t)(c.Errors(stream(88)))
	rng := stream(88)
	q := must[*Quadratic](t)(NewQuadratic(d, m, rng))
	test := must[*Sample](t)(XOR(400, d, rng))
	want := []float64{q.ErrorOn(test)}
	for range 3 {
		batch := must[*Sample](t)(XOR(n, d, rng))
		change := mat.NewDense(m, d, nil)
		for i, phi := range q.Outputs(batch.X) {
			x := batch.X.RawRowView(i)
			by := Slope(batch.Y[i]*s*phi) * batch.Y[i] * s / n
			for j, a := range q.A {
				row := q.W.RawRowView(j)
				for k := range x {
					change.Set(j, k, change.At(j, k)+by*2*a/m*floats.Dot(row, x)*x[k])
				}
			}
		}
		change.Scale(m, change)
		q.W.Sub(q.W, change)
		want = append(want, q.ErrorOn(test))
	}
	if !slices.Equal(got, want) {
		t.Errorf("errors %v, by the gradient of the scaled output %v", got, want)
	}
}

// A run is repeatable, learns with fresh batches of 10 d and η = m, and refuses what it cannot run.
func TestXORErrors(t *testing.T) {
	c := XORConfig{D: 12, M: 50, N: 240, Eta: 1, Steps: 8}
	a, b := must[[]float64](t)(c.Errors(stream(84))), must[[]float64](t)(c.Errors(stream(84)))
	if !slices.Equal(a, b) || len(a) != 9 || a[0] < 0.25 || a[8] > 0.01 {
		t.Errorf("errors %v", a)
	}
	for _, bad := range []XORConfig{{D: 1, M: 2, N: 1, Eta: 1}, {D: 4, M: 3, N: 1, Eta: 1}, {D: 4, M: 4, Eta: 1}, {D: 4, M: 4, N: 1}, {D: 40, M: 4, N: 1, Eta: 1}, {D: 4, M: 4, N: 1, Eta: 1, Steps: -1}, {D: 4, M: 4, N: 1, Eta: 1, Scale: -1}, {D: 4, M: 4, N: 1, Eta: 1, Scale: math.NaN()}, {D: 4, M: 4, N: 1, Eta: math.Inf(1)}} {
		if _, err := bad.Errors(stream(1)); err == nil {
			t.Errorf("%+v is no error", bad)
		}
	}
}

// Signals are what they say.
func TestSignals(t *testing.T) {
	q := &Quadratic{W: mat.NewDense(2, 4, []float64{3, 1, 2, 1, 1, -1, 0, 5}), A: []float64{1, -1}}
	for a, want := range map[float64][3]float64{1: {4 / math.Sqrt2, 2 / math.Sqrt2, math.Sqrt(5)}, -1: {0, 2 / math.Sqrt2, 5}} {
		plus, minus, rest := q.Signals(a)
		if !near(plus, want[0], 1e-14) || !near(minus, want[1], 1e-14) || !near(rest, want[2], 1e-14) {
			t.Errorf("a = %g: signals %g, %g, %g, want %v", a, plus, minus, rest, want)
		}
	}
}

// The kernel's interpolant is the least-norm function of the features 1·√d and √2 x_k x_l.
func TestKernelIsFeatures(t *testing.T) {
	rng := stream(85)
	const d = 5
	features := func(x []float64) []float64 {
		f := []float64{math.Sqrt(d)}
		for k := range d {
			for l := range k {
				f = append(f, math.Sqrt2*x[k]*x[l])
			}
		}
		return f
	}
	if got := len(features(make([]float64, d))); got != PairFeatures(d) {
		t.Fatalf("%d features, want %d", got, PairFeatures(d))
	}
	cube := must[*Sample](t)(Cube(d))
	for _, n := range []int{1, 4, 8, 40} {
		s := must[*Sample](t)(XOR(n, d, rng))
		p := must[*Interpolation](t)(FitKernel(s))
		rows := mat.NewDense(n, PairFeatures(d), nil)
		for i := range n {
			rows.SetRow(i, features(s.X.RawRowView(i)))
		}
		least := must[*convex.LeastSquares](t)(convex.MinNorm(rows, s.Y))
		if p.Rank != least.Rank || p.Residual(s) > 1e-10 {
			t.Errorf("n = %d: rank %d, want %d; residual %g", n, p.Rank, least.Rank, p.Residual(s))
		}
		for i, v := range p.Values(cube.X) {
			if want := floats.Dot(features(cube.X.RawRowView(i)), least.X); !near(v, want, 1e-10) {
				t.Errorf("n = %d: the function is %g at point %d, of least norm %g", n, v, i, want)
			}
		}
		if n == 40 && (p.Rank != PairFeatures(d) || p.ErrorOn(cube) != 0) {
			t.Errorf("rank %d of %d, error %g", p.Rank, PairFeatures(d), p.ErrorOn(cube))
		}
	}
}

// Ridge regression satisfies its normal equations in the features, and goes to the interpolant with λ.
func TestRidge(t *testing.T) {
	rng := stream(89)
	s, fresh := must[*Sample](t)(XOR(9, 6, rng)), must[*Sample](t)(XOR(30, 6, rng))
	for _, lambda := range []float64{0.5, 20} {
		p := must[*Interpolation](t)(FitRidge(s, lambda))
		for i, v := range p.Values(s.X) { // y - f(x_i) = λα_i
			if !near(s.Y[i]-v, lambda*p.alpha.AtVec(i), 1e-11) {
				t.Errorf("λ = %g: residual %d is %g, want λα = %g", lambda, i, s.Y[i]-v, lambda*p.alpha.AtVec(i))
			}
		}
	}
	none, small := must[*Interpolation](t)(FitKernel(s)), must[*Interpolation](t)(FitRidge(s, 1e-8))
	for i, v := range small.Values(fresh.X) {
		if want := none.Values(fresh.X)[i]; !near(v, want, 1e-7) {
			t.Errorf("λ = 1e-8: %g at point %d, the interpolant is %g", v, i, want)
		}
	}
	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := FitRidge(s, bad); err == nil {
			t.Errorf("λ = %g is no error", bad)
		}
	}
}

// Pictures are unit vectors with both labels, and training and test share none.
func TestDigits(t *testing.T) {
	train, test, err := Digits(context.Background(), 60, 40, stream(86))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Sample{train, test} {
		ones := 0
		for i, y := range s.Y {
			if !near(floats.Norm(s.X.RawRowView(i), 2), 1, 1e-12) {
				t.Errorf("picture %d has norm %g", i, floats.Norm(s.X.RawRowView(i), 2))
			}
			if y == 1 {
				ones++
			}
		}
		if ones < s.N()/5 || ones > s.N()*4/5 {
			t.Errorf("%d of %d labels are +1", ones, s.N())
		}
	}
	for i := range train.N() {
		for j := range test.N() {
			if slices.Equal(train.X.RawRowView(i), test.X.RawRowView(j)) {
				t.Errorf("training picture %d is test picture %d", i, j)
			}
		}
	}
	if _, _, err := Digits(context.Background(), 59990, 20, stream(1)); err == nil {
		t.Error("60,010 of 60,000 pictures are no error")
	}
}
