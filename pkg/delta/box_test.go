package delta

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// For a diagonal H the box clips; the optimality conditions hold for a dense one.
func TestBox(t *testing.T) {
	h, a := []float64{0.1, 0.5, 1, 2, 5}, []float64{1, -0.7, 0.2, 2, -0.4}
	H := mat.NewDiagDense(5, h)
	for _, lambda := range []float64{0.1, 1, 10} {
		theta, tau, err := Box(H, a, lambda)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i := range a {
			near(t, "θ", theta[i], min(tau, max(-tau, a[i])), 1e-12)
			sum += math.Pow(h[i]*max(0, math.Abs(a[i])-tau), 2)
		}
		near(t, "λτ", lambda*tau, math.Sqrt(sum/5), 1e-12)
	}
	same, _, err := Box(mat.NewDiagDense(3, []float64{1, 1, 1}), []float64{2, -2, 2}, 3)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "a/(1+λ)", same[1], -0.5, 1e-12)

	rng := stream("box")
	for range 30 {
		var G, dense mat.Dense
		G.CloneFrom(mat.NewDense(4, 4, nil))
		for i := range 16 {
			G.Set(i/4, i%4, rng.NormFloat64())
		}
		dense.Mul(&G, G.T())
		S := mat.NewSymDense(4, nil)
		for i := range 4 {
			for j := range 4 {
				S.SetSym(i, j, dense.At(i, j))
			}
			S.SetSym(i, i, S.At(i, i)+0.1)
		}
		a := []float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		theta, tau, err := Box(S, a, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "λτ − rms", 0.5*tau-RMSGradient(S, theta, a), 0, 1e-9)
		for i := range 4 {
			g := 0.0
			for j := range 4 {
				g += S.At(i, j) * (theta[j] - a[j])
			}
			switch {
			case math.Abs(theta[i]) > tau*(1+1e-12):
				t.Errorf("θ_%d = %v is outside of τ = %v", i, theta[i], tau)
			case math.Abs(theta[i]) < tau*(1-1e-9):
				near(t, "the slope inside", g, 0, 1e-9)
			case g*theta[i] > 1e-9:
				t.Errorf("the slope at θ_%d = %v is %v: it would go in", i, theta[i], g)
			}
		}
	}
	if theta, tau, err := Box(H, make([]float64, 5), 1); err != nil || tau != 0 || theta[0] != 0 {
		t.Errorf("a = 0 ends at %v, %v, %v", theta, tau, err)
	}
	_, _, err = Box(H, a, 0)
	wants(t, err, "λ is 0")
	_, err = InBox(H, a[:2], 1)
	wants(t, err, "2 entries")
}
