package convex

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// ballTol is for a projection by the Gram matrix: machine precision times the
// square of the ratio of norm and radius, which is at most ten here, and the size.
const ballTol = 1e-12

func TestPolar(t *testing.T) {
	rng := qptest.Rand(1)
	var low mat.Dense
	low.Mul(qptest.Normals(rng, 7, 2), qptest.Normals(rng, 2, 5))
	for name, x := range map[string]*mat.Dense{
		"tall": qptest.Normals(rng, 9, 4), "wide": qptest.Normals(rng, 3, 8), "rank two": &low, "zero": mat.NewDense(3, 2, nil),
	} {
		polar, singular, err := Polar(x)
		if err != nil {
			t.Fatal(err)
		}
		k := rank(singular)
		var inner mat.Dense
		inner.Mul(polar.T(), x)
		if d := mat.Trace(&inner) - floats.Sum(singular); !(math.Abs(d) <= qptest.ExactTol) {
			t.Errorf("%s: ⟨polar, X⟩ differs from ‖X‖_* by %g", name, d)
		}
		for i, s := range qptest.SingularValues(t, polar) {
			want := 0.0
			if i < k && singular[0] > 0 {
				want = 1
			}
			if !(math.Abs(s-want) <= qptest.ExactTol) {
				t.Errorf("%s: singular value %d of the polar factor is %g, want %g", name, i, s, want)
			}
		}
	}
}

func TestSpectralBall(t *testing.T) {
	rng := qptest.Rand(2)
	for _, shape := range [][2]int{{1, 1}, {4, 9}, {9, 4}, {30, 30}} {
		x := qptest.Normals(rng, shape[0], shape[1])
		u, s, v, err := matrix.SVD(x)
		if err != nil {
			t.Fatal(err)
		}
		for _, radius := range []float64{0.1, 0.5, 1.5} {
			radius *= s[0]
			diag := mat.NewDiagDense(len(s), nil)
			for i, value := range s {
				diag.SetDiag(i, min(value, radius))
			}
			var us, want mat.Dense
			us.Mul(u, diag)
			want.Mul(&us, v.T())
			got := mat.NewDense(shape[0], shape[1], nil)
			if err := NewSpectralBall(shape[0], shape[1]).Project(got, x, radius); err != nil {
				t.Fatal(err)
			}
			if d := qptest.Distance(got, &want) / s[0]; !(d <= ballTol) {
				t.Errorf("%v, radius %g: off by %g", shape, radius, d)
			}
		}
	}
}

// TestAnderson accelerates a linear iteration, which it must solve in as many steps
// as there are dimensions, up to rounding, like GMRES.
func TestAnderson(t *testing.T) {
	const n = 6
	rng := qptest.Rand(5)
	m := qptest.Normals(rng, n, n)
	m.Scale(0.5/mat.Norm(m, 2), m)
	b := qptest.NormalVec(rng, n)
	residual := func(s []float64) []float64 {
		g := slices.Clone(b)
		for i := range g {
			g[i] += floats.Dot(m.RawRowView(i), s) - s[i]
		}
		return g
	}
	s := make([]float64, n)
	g := residual(s)
	first := floats.Norm(g, 2)
	a := NewAnderson(first)
	for range n + 1 {
		next := make([]float64, n)
		a.Extrapolate(next, s, g)
		after := residual(next)
		a.Record(floats.SubTo(make([]float64, n), next, s), floats.SubTo(make([]float64, n), after, g))
		s, g = next, after
	}
	// The ridge of 1e-12 limits a step to its root.
	if left := floats.Norm(g, 2); !(left <= 1e-6*first) {
		t.Errorf("%g of %g left after %d steps", left, first, n+1)
	}
	a.Forget()
	if a.Extrapolate(make([]float64, n), s, g) {
		t.Error("an extrapolation without memory")
	}
}

func TestPolarInput(t *testing.T) {
	if _, _, err := Polar(mat.NewDense(1, 1, []float64{math.NaN()})); !errors.Is(err, ErrInput) {
		t.Errorf("polar factor of NaN: got error %v", err)
	}
}
