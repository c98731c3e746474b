package ntp

import (
	"context"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Theorem 1 along the ridge path of the main instance.
func TestRidgePath(t *testing.T) {
	e := Main(1)
	lambdas := []float64{1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6}
	points := must(Path(Ridge{Data: e.Data, Lambdas: lambdas}))(t)
	in := must(e.Data.Instance())(t)
	limits := bias(t, in)

	var corr, ratio, scaled []float64
	for i, p := range points {
		if p.Lambda != lambdas[i] || !p.Converged {
			t.Errorf("λ = %g: error %g after %d iterations", p.Lambda, p.Error, p.Iterations)
		}
		// First-order optimality, which also bounds the norm from above.
		nearMatrix(t, "∇CE + λW", Add(in.Gradient(p.W), p.Lambda, p.W), mat.NewDense(10, 60, nil), 1e-8*p.Lambda*p.Norm)
		corr = append(corr, limits.Corr(p.W))
		if p.Norm > Norm(limits.Wstar) {
			genie := must(limits.Genie(p.Norm))(t)
			ratio = append(ratio, in.Excess(genie)/p.Excess)
		}
		if p.Lambda <= 1e-3 {
			scaled = append(scaled, limits.ErrF(p.W)/(p.Lambda*limits.NormPerp(p.W)))
		}
	}
	if !slices.IsSorted(corr) || !(corr[len(corr)-1] > 0.97) {
		t.Errorf("cosines along the path: %v", corr)
	}
	for _, r := range ratio { // the minimizer in the ball is no worse than any other point
		if !(r >= 1 && r < 10) {
			t.Errorf("excess of the genie point over that of the minimizer: %v", ratio)
		}
	}
	// ‖P_F W - W*‖ = Θ(λ ‖P_⊥ W‖), as stationarity along P_⊥ W makes the mass off the
	// supports λ ‖P_⊥ W‖ up to a factor (derived here). The next order is 1/log(1/λ).
	last := len(scaled) - 1
	near(t, "error on F over λ ‖P_⊥ W‖, last decade", scaled[last]/scaled[last-1], 1, 0.05)
}

func TestRidgeErrors(t *testing.T) {
	in := small(t, 70)
	if _, err := in.RidgePath(context.Background(), []float64{1e-3, 1e-2}); err == nil {
		t.Error("increasing λ: no error")
	}
	if _, err := Path(Ridge{Data: Data{Kind: "none"}}); err == nil {
		t.Error("unknown data: no error")
	}
}

func TestSmoothIsTheLoss(t *testing.T) {
	in := small(t, 71)
	W := in.Start(newRand(72))
	grad := mat.NewDense(10, 10, nil)
	value := in.smooth()(grad.RawMatrix().Data, W.RawMatrix().Data)
	near(t, "value", value, in.Excess(W), identityTol)
	nearMatrix(t, "gradient", grad, in.Gradient(W), identityTol)
}
