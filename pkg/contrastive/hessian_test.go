package contrastive

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// tangent returns a random X with x_i ⟂ h_i.
func tangent(t *testing.T, H *mat.Dense) *mat.Dense {
	d, n := H.Dims()
	X := matrix.Gaussian(d, n, rng(t))
	for i := range n {
		radial := mat.Dot(X.ColView(i), H.ColView(i))
		for a := range d {
			X.Set(a, i, X.At(a, i)-radial*H.At(a, i))
		}
	}
	return X
}

// The second derivative along a geodesic, by differences; at a point that is not stationary the
// first derivative is there too, and the central difference leaves it out.
func TestSecondByDifferences(t *testing.T) {
	for _, p := range some(t) {
		H := RandomSphere(3, p.N(), rng(t))
		X := tangent(t, H)
		at := func(s float64) float64 {
			moved, err := Normalized(matrix.Add(H, s, X)) // a geodesic to second order, since x_i ⟂ h_i
			if err != nil {
				t.Fatal(err)
			}
			return p.Excess(Gram(moved))
		}
		const s = 1e-4
		want := (at(s) - 2*at(0) + at(-s)) / (s * s)
		near(t, "second derivative", p.Second(H, X), want, 1e-4*max(1, math.Abs(want)))
	}
}

// The eigenvalues are those of the form: it lies between the least and the largest of them on
// every direction without a rotation, and rotations are flat at every point.
func TestHessianValues(t *testing.T) {
	for _, p := range some(t) {
		H := RandomSphere(3, p.N(), rng(t))
		values, err := p.HessianValues(H)
		if err != nil {
			t.Fatal(err)
		}
		if want := 2*p.N() - 3; len(values) != want { // two for each point of S², three rotations
			t.Fatalf("%d eigenvalues, want %d", len(values), want)
		}
		trace := 0.0
		for _, B := range tangents(H) {
			trace += p.Second(H, B)
		}
		total := 0.0
		for _, v := range values {
			total += v
		}
		near(t, "trace", total, trace, 1e-9*max(1, math.Abs(trace)))
	}
	p, H, err := Polytope(5, 4, 4)
	if err != nil {
		t.Fatal(err)
	}
	turn := mat.NewDense(4, 8, nil)
	for i := range 8 {
		turn.Set(0, i, H.At(1, i))
		turn.Set(1, i, -H.At(0, i))
	}
	near(t, "a rotation at a stationary point", p.Second(H, turn), 0, 1e-12)
}

// The polytope is stationary at every r and a strict minimum beyond a threshold, though worse
// than the optimum. Thresholds and examples were computed by the dossier's numpy.
func TestPolytope(t *testing.T) {
	for _, c := range []struct {
		sizes            []int
		threshold        float64
		r, loss, optimum float64
		least            float64
	}{
		{[]int{2, 2}, 3.963, 4, 18.809, 0.0027, 0.144},
		{[]int{2, 4}, 5.390, 6, 28.321, 4.395, 2.46},
		{[]int{4, 4}, 4.584, 5, 27.676, 8.789, 1.02},
		{[]int{4, 4}, 4.584, 10, 41.001, 8.789, 22.4},
		{[]int{2, 2, 2}, 5.996, 0, 0, 0, 0},
		{[]int{2, 2, 4}, 7.546, 8, 57.001, 4.395, 1.51},
		{[]int{4, 4, 2}, 9.168, 10, 67.461, 8.789, 3.41},
	} {
		r, err := RigidFrom(1, 20, c.sizes...)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "threshold", r, c.threshold, 6e-4)
		if c.r == 0 {
			continue
		}
		p, H, err := Polytope(c.r, c.sizes...)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := p.Certify(H)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "loss", cert.Loss, c.loss, 1e-3)
		near(t, "stationary: SHᵀ", cert.Residual, 0, 1e-12)
		best, err := p.Reduced(ctx, rng(t))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "optimum", best.Loss, c.optimum, 1e-3)
		values, err := p.HessianValues(H)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "least eigenvalue", values[0], c.least, 0.01*c.least)
		for _, l := range cert.Lambda {
			if l > 0 {
				t.Errorf("%v at r = %v: multiplier %v is positive", c.sizes, c.r, l)
			}
		}
	}
}

// From near the polytope the sphere's descent comes back and the ball's does not.
func TestPolytopeOnSphereAndInBall(t *testing.T) {
	p, H, err := Polytope(10, 4, 4)
	if err != nil {
		t.Fatal(err)
	}
	start := matrix.Add(H, 0.05, matrix.Gaussian(4, 8, rng(t)))
	back, err := p.SphereDescent(ctx, start, 1e-9, 5000)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "sphere", p.Excess(Gram(back.H)), p.Excess(Gram(H)), 1e-9)
	best, err := p.Reduced(ctx, rng(t))
	if err != nil {
		t.Fatal(err)
	}
	var inner mat.Dense
	inner.Scale(0.9, start)
	out, err := p.Ball(ctx, &inner, 1e-9, 20000)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "ball", p.Excess(Gram(out.H)), best.Excess, 1e-3) // of 32: what is left falls slowly, its gradients are e^{-r}
}

// Projected gradients end on a stationary point with the value of the relaxation, from inside.
func TestBall(t *testing.T) {
	p := problem(t, 1, 9, 9, 3, 3)
	best, err := p.Reduced(ctx, rng(t))
	if err != nil {
		t.Fatal(err)
	}
	start := matrix.Gaussian(4, 24, rng(t))
	start.Scale(0.1, start)
	end, err := p.Ball(ctx, start, 1e-8, 20000)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "loss", p.Excess(Gram(end.H)), best.Excess, 1e-9)
	for i := range 24 {
		near(t, "norm", column(end.H, i), 1, 1e-12)
	}
	if end.Moved > 1e-7 { // the root of the rounding of a value, 10⁻¹⁵, with room
		t.Errorf("still moves by %v", end.Moved)
	}
}

// The ball as the shadow of a sphere has the minima of projected gradients.
func TestInside(t *testing.T) {
	for _, p := range []*Problem{problem(t, 1, 9, 9, 3, 3), problem(t, 3, 6, 6, 6), problem(t, 6, 2, 2, 2)} {
		best, err := p.Reduced(ctx, rng(t))
		if err != nil {
			t.Fatal(err)
		}
		start := RandomSphere(p.K(), p.N(), rng(t))
		start.Scale(0.3, start)
		H, err := Settled(p.Inside(ctx, start))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "excess over the least", p.Excess(Gram(H))/best.Excess, 1, 1e-7)
		for i := range p.N() {
			near(t, "norm", column(H, i), 1, 1e-9)
		}
	}
	// From near a strict minimum of the sphere, shrunk, the ball leads away.
	p, H, err := Polytope(8, 2, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	start := matrix.Add(H, 0.02, matrix.Gaussian(3, 6, rng(t)))
	start.Scale(0.8, start)
	end, err := Settled(p.Inside(ctx, start))
	if err != nil {
		t.Fatal(err)
	}
	if p.Excess(Gram(end)) > 0.1*p.Excess(Gram(H)) {
		t.Errorf("excess %v, at the minimum of the sphere %v", p.Excess(Gram(end)), p.Excess(Gram(H)))
	}
	if _, err := problem(t, 1, 2, 2).Inside(ctx, RandomSphere(2, 4, rng(t))); err == nil {
		t.Error("a start on the boundary is taken")
	}
}
