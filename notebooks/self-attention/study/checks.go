package study

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// Sweep over the dimension: means of ten data sets each.
type Dims struct {
	Active, Coherence []float64 // fraction of active constraints, coherence of (A3)
	Idle              float64   // mean number of constraints that are not active in the first dimension
}

// Dimensions sweeps the dimension of a data model, noise tokens scaled by factors between
// 1/2 and 2.
func Dimensions(draw Streams, c attention.Config, ds []float64) (*Dims, error) {
	out := &Dims{}
	for at, d := range ds {
		var fraction, worst []float64
		for i := range 10 {
			c := c
			c.D, c.Low, c.High = int(d), 0.5, 2
			_, p, err := Sample(draw, c, fmt.Sprint("dimension/", d, "/", i))
			if err != nil {
				return nil, err
			}
			s, err := p.SVM(context.Background())
			if err != nil {
				return nil, err
			}
			fraction = append(fraction, float64(s.Active)/float64(s.Rows))
			worst = append(worst, p.Assumptions().Coherence)
			if at == 0 {
				out.Idle += float64(s.Rows-s.Active) / 10
			}
		}
		out.Active = append(out.Active, stat.Mean(fraction, nil))
		out.Coherence = append(out.Coherence, stat.Mean(worst, nil))
	}
	return out, nil
}

// WithoutOuter is ⟨∇L, V⟩ with diag φ for the Jacobian of the softmax.
func WithoutOuter(pt *attention.Point, V *mat.Dense) float64 {
	h, phi, sum := pt.LogitsOf(V), pt.Phi(), 0.0
	for at := range phi {
		sum -= pt.Slope(at/pt.T) * phi[at] * pt.Score[at] * h[at] / float64(pt.N)
	}
	return sum
}

// UniformDecoderGradient is ∂L/∂u with 1/T for the attention.
func UniformDecoderGradient(pt *attention.Point) []float64 {
	grad := make([]float64, pt.D)
	for at := range pt.LogPhi {
		i := at / pt.T
		floats.AddScaled(grad, -pt.Slope(i)*pt.Y[i]/float64(pt.T)/float64(pt.N), pt.X[at*pt.D:(at+1)*pt.D])
	}
	return grad
}

// OnlyBest is the part of the sum over pairs that is left under (A1).
func OnlyBest(pt *attention.Point, V *mat.Dense) float64 {
	h, phi, sum := pt.LogitsOf(V), pt.Phi(), 0.0
	for at := range phi {
		i := at / pt.T
		best := i*pt.T + pt.Opt[i]
		pair := phi[best] * phi[at] * (pt.Score[best] - pt.Score[at]) * (h[best] - h[at])
		sum += pt.Slope(i) / float64(pt.N) * pair
	}
	return sum
}

// OverDrive is ‖∇L‖/(B_x S) at c W_mm.
func OverDrive(p *attention.Problem, c float64) (float64, error) {
	svm, err := p.SVM(context.Background())
	if err != nil {
		return 0, err
	}
	pt := p.At(Times(c, svm.W))
	_, logNorm := pt.Direction()
	return math.Exp(logNorm-pt.Drive()) / p.Diameter(), nil
}

// KeyIdentity is ⟨-∇L, W⟩/(S E_p[a]) - 1, which is 0 under (A1).
func KeyIdentity(pt *attention.Point) float64 {
	inner, M := pt.Inner(pt.W)
	return inner*math.Exp(M-pt.Drive())/pt.KeyLemma().Mean - 1
}

// Spread is (E_p[a] - min a)/C_0 of the key lemma at matrices with random margins:
// Gaussian ones of every size, and those that come near to its worst case, one margin at 0
// and all others at about log N.
func (in *Instance) Spread(rng *rand.Rand) (out []float64, err error) {
	n := in.Kernel.Rows()
	for trial := range 200 {
		a := make([]float64, n)
		for r := range a {
			if a[r] = 4 * rng.Float64() * rng.NormFloat64(); trial%2 == 1 {
				a[r] = math.Log(float64(n)) * (0.4 + 0.6*float64(trial)/200)
			}
		}
		if trial%2 == 1 {
			a[rng.IntN(n)] = 0
		}
		W, err := in.Matrix(a)
		if err != nil {
			return nil, err
		}
		key := in.Problem.At(W).KeyLemma()
		out = append(out, (key.Mean-key.Least)/key.C0)
	}
	return out, nil
}

// Alone is a W with margins a, but for that of the longest V, which is 0: the gradient is along
// this V up to e^{-a}, and ‖∇L‖ is B_x S up to that.
func (in *Instance) Alone(a float64) (*mat.Dense, error) {
	margins, longest := make([]float64, in.Kernel.Rows()), 0
	for r := range margins {
		if margins[r] = a; in.Kernel.K.At(r, r) > in.Kernel.K.At(longest, longest) {
			longest = r
		}
	}
	margins[longest] = 0
	return in.Matrix(margins)
}

// Matrix is the shortest W with margins a, Σ β V with K β = a. K has to be invertible.
func (in *Instance) Matrix(a []float64) (*mat.Dense, error) {
	var factor mat.Cholesky
	if !factor.Factorize(in.Kernel.K) {
		return nil, fmt.Errorf("the %d matrices V of the instance are not independent: no W has every set of margins", len(a))
	}
	var beta mat.VecDense
	if err := factor.SolveVecTo(&beta, mat.NewVecDense(len(a), a)); err != nil {
		return nil, err
	}
	p := in.Problem
	W, row := mat.NewDense(p.D, p.D, nil), 0
	for i := range p.N {
		for t := range p.T {
			if t == p.Opt[i] {
				continue
			}
			diff := floats.SubTo(make([]float64, p.D), p.Token(i, p.Opt[i]), p.Token(i, t))
			W.RankOne(W, beta.AtVec(row), mat.NewVecDense(p.D, diff), mat.NewVecDense(p.D, p.Query(i)))
			row++
		}
	}
	return W, nil
}

// LeastC0 and MostC0 are the extremes of the key lemma's constant from t_0 on.
func LeastC0(w *attention.Walk) float64 { return floats.Min(constants(w)) }

// MostC0 is the largest of them.
func MostC0(w *attention.Walk) float64 { return floats.Max(constants(w)) }

func constants(w *attention.Walk) (c0 []float64) {
	for _, key := range w.Key[max(w.First, 0):] {
		c0 = append(c0, key.C0)
	}
	return c0
}

// StepTerm is, for steps of length eta from random W, what the last term of the step
// inequality has to be, (‖W⁺‖ - ‖W‖ - ⟨W⁺ - W, W̄⟩) over η²/(2‖W‖): 1 for a step across
// W, 0 for one along it.
func (in *Instance) StepTerm(rng *rand.Rand, eta float64, count int) (out []float64) {
	for range count {
		W := RandomW(rng, in.Problem.D, 0.5+2*rng.Float64())
		dir, _ := in.Problem.At(W).Direction()
		norm, along := mat.Norm(W, 2), attention.InnerProduct(dir, W)/mat.Norm(W, 2)
		next := mat.Norm(Plus(W, eta, dir), 2)
		out = append(out, (next-norm-eta*along)/(eta*eta/(2*norm)))
	}
	return out
}

// Shape is dist·√(t/log t) at the given steps.
func Shape(w *attention.Walk, ts ...int) (x []float64) {
	for _, t := range ts {
		x = append(x, math.Sqrt(2*w.OneMinusCorr[t]*w.K[t]/math.Log(w.K[t])))
	}
	return x
}

// DistSlope is the slope of log dist against log t for t ≥ 100.
func DistSlope(w *attention.Walk) float64 {
	t, y := Tail(w.K, w.OneMinusCorr, 100)
	return rate.LogLog(t, y).Slope / 2
}

// LastDecadeLog is the slope of log y against log t over the last decade.
func LastDecadeLog(t, y []float64) float64 {
	u, v := Tail(t, y, t[len(t)-1]/10)
	return rate.LogLog(u, v).Slope
}

// WithoutDistance is log(1 - φ_opt) minus its bound by the direction, the factor T - 1
// and the distance of the directions left out, at every hundredth step from a step on.
func WithoutDistance(w *attention.Walk, tokens, from int) (out []float64) {
	for k := from; k < len(w.K); k += 100 {
		out = append(out, w.Sparse[k]+math.Log(float64(tokens-1))+w.Size[k]*w.Diameter*math.Sqrt(2*w.OneMinusCorr[k]))
	}
	return out
}

// EqualQ is the number of condition (G) of the instance rival, scores made equal.
func EqualQ(draw Streams, c attention.Config) (float64, error) {
	c.EqualScores = true
	_, p, err := Sample(draw, c, "rival")
	in, err := Derive(p, err)
	if err != nil {
		return 0, err
	}
	return in.Q(), nil
}

// Of applies f to every instance.
func Of(list []*Instance, f func(*Instance) float64) (x []float64) {
	for _, in := range list {
		x = append(x, f(in))
	}
	return x
}
