package study

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// XORStudy is stochastic gradient descent on XOR for several configurations, each of several seeds.
type XORStudy struct {
	Seed  uint64
	Draws int
	Runs  []generalization.XORConfig
}

// RunXOR returns the test errors after each step: [configuration][draw][step].
func RunXOR(c XORStudy) ([][][]float64, error) {
	out := make([][][]float64, len(c.Runs))
	for i := range out {
		out[i] = make([][]float64, c.Draws)
	}
	err := parallel.Try(len(c.Runs)*c.Draws, func(k int) (err error) {
		i, draw := len(c.Runs)-1-k/c.Draws, k%c.Draws // the largest last in the list, and first here
		out[i][draw], err = c.Runs[i].Errors(random.Stream(c.Seed*1000+uint64(draw), "xor"))
		return err
	})
	return out, err
}

// LogSteps returns ⌈log2 d⌉.
func LogSteps(d int) int { return int(math.Ceil(math.Log2(float64(d)))) }

// After returns the mean over draws of the error after so many steps.
func After(runs [][]float64, t int) float64 {
	m, _ := Mean(Column(runs, t))
	return m
}

// Curve returns the mean error after every step.
func Curve(runs [][]float64) []float64 {
	var y []float64
	for t := range runs[0] {
		y = append(y, After(runs, t))
	}
	return y
}

// Hits returns, for each draw, the first step with an error of at most level; one more than there are where there is none.
func Hits(runs [][]float64, level float64) []float64 {
	return Over(runs, func(errs []float64) float64 {
		for t, e := range errs {
			if e <= level {
				return float64(t)
			}
		}
		return float64(len(errs))
	})
}

// Crossing returns where a falling curve first is at level, between its points by their logarithms; NaN if nowhere.
func Crossing(x, y []float64, level float64) float64 {
	for i := 1; i < len(x); i++ {
		if y[i-1] > level && y[i] <= level {
			hi, lo := math.Log(y[i-1]), math.Log(math.Max(y[i], 1e-6))
			s := (hi - math.Log(level)) / (hi - lo)
			return math.Exp(math.Log(x[i-1]) + s*(math.Log(x[i])-math.Log(x[i-1])))
		}
	}
	return math.NaN()
}

// Blind is a quadratic network whose output does not depend on x_1 and x_2, beside its full weights.
type Blind struct {
	Full, Blind *generalization.Quadratic
	H           *mat.Dense // of the blind network, over all points
	HFull       *mat.Dense // of the full network
	Cube        *generalization.Sample
	Phi         []float64 // of the blind network
}

// NewBlind draws one with d inputs and width m, scaled.
func NewBlind(rng *rand.Rand, d, m int, scale float64) (*Blind, error) {
	q, err := generalization.NewQuadratic(d, m, rng)
	if err != nil {
		return nil, err
	}
	cube, err := generalization.Cube(d)
	if err != nil {
		return nil, err
	}
	q.W.Scale(scale, q.W)
	blind := &generalization.Quadratic{W: mat.DenseCopyOf(q.W), A: q.A}
	for j := range m {
		blind.W.Set(j, 0, 0)
		blind.W.Set(j, 1, 0)
	}
	return &Blind{Full: q, Blind: blind, H: blind.Moment(cube), HFull: q.Moment(cube), Cube: cube, Phi: blind.Outputs(cube.X)}, nil
}

// Half returns h = E tanh(Φ/2)/2 of the blind network.
func (b *Blind) Half() float64 {
	sum := 0.0
	for _, p := range b.Phi {
		sum += math.Tanh(p/2) / 2
	}
	return sum / float64(len(b.Phi))
}

// SignalErrors returns |H_12 + 1/2| and the largest |H_1k|, |H_2k|, k ≥ 3, of a moment.
func SignalErrors(h *mat.Dense) (off, cross float64) {
	d, _ := h.Dims()
	for k := 2; k < d; k++ {
		cross = math.Max(cross, math.Max(math.Abs(h.At(0, k)), math.Abs(h.At(1, k))))
	}
	return math.Abs(h.At(0, 1) + 0.5), cross
}

// SplitError returns the largest entry of H - mean tanh(Φ/2)/2 x xᵀ + (e_1 e_2ᵀ + e_2 e_1ᵀ)/2 over a sample.
func SplitError(q *generalization.Quadratic, s *generalization.Sample) float64 {
	h, phi := q.Moment(s), q.Outputs(s.X)
	d, _ := h.Dims()
	worst := 0.0
	for k := range d {
		for l := range d {
			want := 0.0
			for i, p := range phi {
				want += math.Tanh(p/2) / 2 * s.X.At(i, k) * s.X.At(i, l)
			}
			want /= float64(len(phi))
			if k+l == 1 {
				want -= 0.5
			}
			worst = math.Max(worst, math.Abs(h.At(k, l)-want))
		}
	}
	return worst
}

// FactorErrors returns by how much ⟨w_j, u_±⟩ after one exact step of size m differs from 1 ± a_j - 2a_j h times what it was, and from
// 1 ± a_j times, the largest over neurons: differences of numbers of order one, not of ratios, whose divisor may be small.
func (b *Blind) FactorErrors() (exact, rough float64) {
	half := b.Half()
	after := &generalization.Quadratic{W: mat.DenseCopyOf(b.Full.W), A: b.Full.A}
	after.StepBy(b.H, float64(len(b.Full.A)))
	for j, a := range b.Full.A {
		w, v := b.Full.W.RawRowView(j), after.W.RawRowView(j)
		for _, sign := range []float64{1, -1} {
			before, now := (w[0]+sign*w[1])/math.Sqrt2, (v[0]+sign*v[1])/math.Sqrt2
			exact = math.Max(exact, math.Abs(now-(1+sign*a-2*a*half)*before))
			rough = math.Max(rough, math.Abs(now-(1+sign*a)*before))
		}
	}
	return exact, rough
}

// StepError returns the largest |entry| by which a step on a batch differs from I - (2η a_j/m)H with H of that batch, and of the
// batch before it, relative to the largest entry.
func StepError(rng *rand.Rand, d, m, n int, eta float64) (own, stale float64, err error) {
	q, err := generalization.NewQuadratic(d, m, rng)
	if err != nil {
		return 0, 0, err
	}
	last, err := generalization.XOR(n, d, rng)
	if err != nil {
		return 0, 0, err
	}
	batch, err := generalization.XOR(n, d, rng)
	if err != nil {
		return 0, 0, err
	}
	copyOf := func() *generalization.Quadratic { return &generalization.Quadratic{W: mat.DenseCopyOf(q.W), A: q.A} }
	by, wrong := copyOf(), copyOf()
	by.StepBy(q.Moment(batch), eta)
	wrong.StepBy(q.Moment(last), eta)
	q.Step(batch, eta)
	size := mat.Max(q.W) - mat.Min(q.W)
	distance := func(o *generalization.Quadratic) float64 {
		var diff mat.Dense
		diff.Sub(o.W, q.W)
		return math.Max(mat.Max(&diff), -mat.Min(&diff)) / size
	}
	return distance(by), distance(wrong), nil
}

// BatchNoise returns the mean over draws of ‖H_n - H‖₂ for each batch size, H over all points; and the same against the H of
// another network.
func BatchNoise(rng *rand.Rand, d, m, draws int, sizes []int) (own, other []float64, err error) {
	a, err := NewBlind(rng, d, m, 1)
	if err != nil {
		return nil, nil, err
	}
	b, err := NewBlind(rng, d, m, 1)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range sizes {
		var x, y float64
		for range draws {
			batch, err := generalization.XOR(n, d, rng)
			if err != nil {
				return nil, nil, err
			}
			h := a.Full.Moment(batch)
			x += spectral(h, a.HFull) / float64(draws)
			y += spectral(h, b.HFull) / float64(draws)
		}
		own, other = append(own, x), append(other, y)
	}
	return own, other, nil
}

func spectral(a, b *mat.Dense) float64 {
	var diff mat.Dense
	diff.Sub(a, b)
	return matrix.Spectral(&diff)
}

// Rotations returns, for several networks, the root mean square over draws of H_12 + 1/2 at their start, without anything deleted.
func Rotations(rng *rand.Rand, ds []int, m, draws int) ([]float64, error) {
	return rotations(rng, ds, m, draws, func(int) float64 { return 1 })
}

// rotations is Rotations with the weights of x_1 and x_2 multiplied by factor(d).
func rotations(rng *rand.Rand, ds []int, m, draws int, factor func(d int) float64) ([]float64, error) {
	var out []float64
	for _, d := range ds {
		sum := 0.0
		for range draws {
			q, err := generalization.NewQuadratic(d, m, rng)
			if err != nil {
				return nil, err
			}
			for j := range m {
				q.W.Set(j, 0, factor(d)*q.W.At(j, 0))
				q.W.Set(j, 1, factor(d)*q.W.At(j, 1))
			}
			cube, err := generalization.Cube(d)
			if err != nil {
				return nil, err
			}
			mean := 0.0 // H_12 = E f'(yΦ), as y x_1 x_2 = 1
			for i, p := range q.Outputs(cube.X) {
				mean += generalization.Slope(cube.Y[i] * p)
			}
			mean /= float64(cube.N())
			sum += (mean + 0.5) * (mean + 0.5)
		}
		out = append(out, math.Sqrt(sum/float64(draws)))
	}
	return out, nil
}

// NetworkErrors returns the mean error of networks of width 32 after ⌈log2 d⌉ + 1 steps, for batches of d to 16d, and how many examples they
// saw in all.
func NetworkErrors(seed uint64, d int) (total, errs []float64, err error) {
	T, s := LogSteps(d)+1, XORStudy{Seed: seed, Draws: 5}
	for _, b := range []int{1, 2, 4, 8, 16} {
		s.Runs = append(s.Runs, generalization.XORConfig{D: d, M: 32, N: b * d, Eta: 1, Steps: T, Test: 2000})
		total = append(total, float64(b*d*T))
	}
	runs, err := RunXOR(s)
	if err != nil {
		return nil, nil, err
	}
	return total, Over(runs, func(r [][]float64) float64 { return After(r, T) }), nil
}

// RidgeError returns the least, over ridges of 10^-2 to 10^2 times d, of the mean error over draws of kernel ridge regression on n examples.
func RidgeError(rng *rand.Rand, d, n, draws, test int) (float64, error) {
	shares := []float64{0.01, 0.1, 1, 10, 100}
	sum := make([]float64, len(shares))
	for range draws {
		sample, err := generalization.XOR(n, d, rng)
		if err != nil {
			return 0, err
		}
		fresh, err := generalization.XOR(test, d, rng)
		if err != nil {
			return 0, err
		}
		for i, share := range shares {
			p, err := generalization.FitRidge(sample, share*float64(d))
			if err != nil {
				return 0, err
			}
			sum[i] += p.ErrorOn(fresh) / float64(draws)
		}
	}
	return floats.Min(sum), nil
}

// KernelErrors returns the mean error, over draws, of the interpolant of n examples of XOR on fresh points, and the least rank.
func KernelErrors(rng *rand.Rand, d, n, draws, test int) (errs []float64, rank int, err error) {
	rank = math.MaxInt
	for range draws {
		sample, err := generalization.XOR(n, d, rng)
		if err != nil {
			return nil, 0, err
		}
		p, err := generalization.FitKernel(sample)
		if err != nil {
			return nil, 0, err
		}
		fresh, err := generalization.XOR(test, d, rng)
		if err != nil {
			return nil, 0, err
		}
		errs, rank = append(errs, p.ErrorOn(fresh)), min(rank, p.Rank)
	}
	return errs, rank, nil
}
