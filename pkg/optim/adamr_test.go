package optim

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// With full-batch gradients AdamR-L2 does not shrink θ − θ₀, it clips it. Where it rests,
// m̂/√v̂ is the sign of the gradient, so that an entry with a gradient has |θ − θ₀| = τ = r/λ,
// on the side to which the gradient draws it: the optimality conditions of
//
//	minimize L(θ) subject to |θ_i − θ₀_i| ≤ τ,  λ τ = rms(∇L(θ))
//
// β₂ is 0.99, so that v̂ forgets within a hundred steps how large a gradient was: with 0.999 an
// entry near the wall of the box is still on its way, by 0.035, after 20,000 steps at rates from
// 1e-3 down to 0. What is left then is the size of the last steps.
const boxTolerance = 0.02

const boxSteps = 20_000

// halves is ½ (θ−a)ᵀ H (θ−a) in the form of the tests, whose problems have two parameters: the
// last entry is the second one.
func halves(H [][]float64, a []float64) problem {
	n := len(a)
	return problem{
		start: [2][]float64{make([]float64, n-1), {0}},
		loss: func(x []*Node) *Node {
			g := x[0].Graph()
			away := Sub(Concatenate([]*Node{x[0], x[1]}, 0), ConvertDType(Const(g, a), x[0].DType()))
			return MulScalar(ReduceAllSum(Mul(away, Einsum("ij,j->i", ConvertDType(Const(g, H), x[0].DType()), away))), 0.5)
		},
	}
}

func gradientOf(H [][]float64, a, theta []float64) []float64 {
	g := make([]float64, len(a))
	for i, row := range H {
		for j, h := range row {
			g[i] += h * (theta[j] - a[j])
		}
	}
	return g
}

func rms(x []float64) float64 { return norm2(x) / math.Sqrt(float64(len(x))) }

func norm2(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v * v
	}
	return math.Sqrt(s)
}

// limits returns where AdamR rests for each λ.
func limits(t *testing.T, H [][]float64, a, lambdas []float64) (all [][]float64) {
	t.Helper()
	p := halves(H, a)
	var opts []Optimizer
	for _, lambda := range lambdas {
		opts = append(opts, specOf(t, Spec{Method: "adamr", Rate: 1e-3, Decay: lambda, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, Schedule: ScheduleSpec{Kind: "linear", Total: boxSteps}}, layoutOf(p)))
	}
	for _, x := range race(t, open(t), p, dtypes.Float64, opts...)(boxSteps) {
		all = append(all, append(append([]float64(nil), x[0]...), x[1]...))
	}
	return all
}

// For a diagonal Hessian the box is solved by clipping: θ = clip(a, ±τ), where
// λ τ = rms(h (|a| − τ)₊). Ridge regression, h a/(h + λ), is another point.
func TestAdamRClips(t *testing.T) {
	h := []float64{0.1, 0.5, 1, 2, 5}
	H := make([][]float64, len(h))
	for i := range H {
		H[i] = make([]float64, len(h))
		H[i][i] = h[i]
	}
	rng := rand.New(rand.NewPCG(6, 6))
	lambdas := []float64{0.1, 0.3, 1, 3, 10}
	ridge := 0.0
	for range 3 {
		a := make([]float64, len(h))
		for i := range a {
			a[i] = rng.NormFloat64()
		}
		for k, theta := range limits(t, H, a, lambdas) {
			low, high := 0.0, 10.0
			excess := make([]float64, len(a))
			for range 100 {
				tau := (low + high) / 2
				for i := range a {
					excess[i] = h[i] * math.Max(math.Abs(a[i])-tau, 0)
				}
				if rms(excess) > lambdas[k]*tau {
					low = tau
				} else {
					high = tau
				}
			}
			for i, x := range theta {
				want := math.Copysign(math.Min(math.Abs(a[i]), low), a[i])
				if !(math.Abs(x-want) <= boxTolerance) {
					t.Errorf("λ = %g: entry %d rests at %.4f, clipped %.4f is %.4f", lambdas[k], i, x, a[i], want)
				}
				ridge = math.Max(ridge, math.Abs(x-h[i]*a[i]/(h[i]+lambdas[k])))
			}
		}
	}
	if !(ridge > 10*boxTolerance) {
		t.Errorf("ridge regression is as near as %.4f: nothing was told apart", ridge)
	}
}

// For a dense Hessian the norm of θ − θ₀ need not fall when λ grows (an instance found by search
// among random ones). The certificate is that of the box.
func TestAdamRNormIsNotMonotone(t *testing.T) {
	H := [][]float64{{1.24, 2.21, 1.29, -0.37}, {2.21, 7.97, 2.32, 3.13}, {1.29, 2.32, 2.95, 2.12}, {-0.37, 3.13, 2.12, 9.0}}
	a := []float64{-1.21, 0, 0.66, -1.29}
	lambdas := []float64{0.1, 0.3, 0.6, 1, 2, 10}
	var norms []float64
	for k, theta := range limits(t, H, a, lambdas) {
		g := gradientOf(H, a, theta)
		tau := rms(g) / lambdas[k]
		for i, x := range theta {
			switch {
			case !(math.Abs(x) <= tau+boxTolerance):
				t.Errorf("λ = %g: entry %d is %.4f, outside the box of %.4f", lambdas[k], i, x, tau)
			case math.Abs(x) < tau-boxTolerance && !(math.Abs(g[i]) <= boxTolerance*H[i][i]):
				t.Errorf("λ = %g: entry %d is %.4f, inside the box of %.4f, with the gradient %.4f", lambdas[k], i, x, tau, g[i])
			case math.Abs(g[i]) > boxTolerance*H[i][i] && math.Signbit(x) == math.Signbit(g[i]):
				t.Errorf("λ = %g: entry %d is %.4f, on the side from which the gradient %.4f draws it", lambdas[k], i, x, g[i])
			}
		}
		norms = append(norms, norm2(theta))
	}
	if !(norms[2] > norms[1]+5*boxTolerance) {
		t.Errorf("the norms %.3f at λ = %v: want a larger one at 0.6 than at 0.3", norms, lambdas)
	}
	t.Logf("norms %.3f at λ = %v", norms, lambdas)
}

// What is frozen has no part in the mean of v̂: the others go as in a network without it.
func TestAdamRWithoutTheFrozen(t *testing.T) {
	const steps, lr, lambda = 30, 0.02, 0.5
	p := quadratic()
	frozen := specOf(t, Spec{Method: "adamr", Rate: lr, Decay: lambda, Frozen: []string{"b"}}, layoutOf(p))
	whole := specOf(t, Spec{Method: "adamr", Rate: lr, Decay: lambda}, layoutOf(p))
	got := race(t, open(t), p, dtypes.Float64, frozen, whole)(steps)

	x := append([]float64(nil), p.start[0]...)
	m, v := make([]float64, len(x)), make([]float64, len(x))
	for k := 1; k <= steps; k++ {
		mean := 0.0
		for i, c := range curvatures[0] {
			g := c * x[i]
			m[i], v[i] = 0.9*m[i]+0.1*g, 0.999*v[i]+0.001*g*g
			mean += v[i] / (1 - math.Pow(0.999, float64(k))) / float64(len(x))
		}
		for i := range x {
			mHat, vHat := m[i]/(1-math.Pow(0.9, float64(k))), v[i]/(1-math.Pow(0.999, float64(k)))
			x[i] -= lr * (mHat/(math.Sqrt(vHat)+1e-8) + lambda/math.Sqrt(mean)*(x[i]-p.start[0][i]))
		}
	}
	if d := distance(got[0], [2][]float64{x, p.start[1]}); !(d <= 1e-12) { // thirty steps of rounding
		t.Errorf("off by %g", d)
	}
	if d := distance([2][]float64{got[1][0], p.start[1]}, [2][]float64{x, p.start[1]}); !(d > 1e-6) {
		t.Errorf("with the others in the mean it is as near as %g: nothing was told apart", d)
	}
}
