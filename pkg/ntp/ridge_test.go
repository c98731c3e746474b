package ntp

import (
	"context"
	"errors"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Theorem 1 along the ridge path of the main instance.
func TestRidgePath(t *testing.T) {
	e := mainExperiment(1)
	lambdas := []float64{1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7}
	points := must(Path(Ridge{Data: e.Data, Lambdas: lambdas}))(t)
	in := must(e.Data.Instance())(t)
	limits := bias(t, in)

	var corr, ratio, relative []float64
	for i, p := range points {
		if p.Lambda != lambdas[i] || !p.Converged {
			t.Errorf("λ = %g: error %g after %d iterations", p.Lambda, p.Error, p.Iterations)
		}
		// First-order optimality, which also bounds the norm from above.
		nearMatrix(t, "∇CE + λW", matrix.Add(in.Gradient(p.W), p.Lambda, p.W), mat.NewDense(10, 60, nil), 1e-8*p.Lambda*p.Norm)
		corr = append(corr, limits.Corr(p.W))
		if p.Norm > matrix.Norm(limits.Wstar) {
			genie := must(limits.Genie(p.Norm))(t)
			ratio = append(ratio, in.Excess(genie)/p.Excess)
		}
		if p.Lambda <= 1e-3 {
			relative = append(relative, limits.ErrF(p.W)/(p.Lambda*limits.NormPerp(p.W)))
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
	last := len(relative) - 1
	near(t, "error on F over λ ‖P_⊥ W‖, last decade", relative[last]/relative[last-1], 1, 0.03)
}

// Newton's method and L-BFGS find the same points, whether the embeddings span R^d or not.
func TestRidgeMethodsAgree(t *testing.T) {
	lambdas := []float64{1e-1, 1e-2, 1e-3}
	for name, in := range map[string]*Instance{
		"d > m": must(Gaussian(Config{V: 5, M: 6, D: 9, S: 2}, newRand(73)))(t),
		"d < m": must(Toy(ToyAngles, ToyRadii, newRand(74)))(t),
	} {
		direct := must(in.RidgePath(context.Background(), lambdas))(t)
		slow := must(in.gradientPath(context.Background(), lambdas))(t)
		for i, p := range direct {
			if p.Lambda != slow[i].Lambda || !p.Converged || !slow[i].Converged {
				t.Errorf("%s: %+v and %+v", name, p, slow[i])
			}
			// Both are within their errors of the minimizer; the excess falls by λ‖W‖ a unit
			// of length.
			apart := (p.Error + slow[i].Error) * p.Norm
			near(t, name, matrix.Norm(matrix.Add(p.W, -1, slow[i].W)), 0, apart)
			near(t, name+": excess", p.Excess, slow[i].Excess, 2*apart*p.Lambda*p.Norm)
			near(t, name+": norm", p.Norm, matrix.Norm(p.W), identityTol*p.Norm)
		}
	}
}

func TestCancelledRidgePath(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	points, err := small(t, 75).RidgePath(ctx, []float64{1e-2, 1e-3})
	if !errors.Is(err, context.Canceled) || len(points) != 0 {
		t.Errorf("%d points, error %v", len(points), err)
	}
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
