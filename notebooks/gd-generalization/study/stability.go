package study

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// LOOConfig is leave-one-out on several draws of a sample of quadrants, or of caps.
type LOOConfig struct {
	Seed       uint64
	Caps       bool
	Draws      int
	N, D, M    int
	Eta        float64
	At         []int // numbers of steps that are reported; the runs look after every step
	Test       int   // fresh examples that the gap is measured on
	Foreign    bool  // the leave-one-out networks begin elsewhere
	DivideLess bool  // their loss is divided by n - 1
}

// LOO is what came out, draw by draw.
type LOO struct {
	G, Kappa  float64
	Gradient0 float64 // mean over draws of max_i ‖∇Φ(w_0, x_i)‖
	At        [][]generalization.Stability
	Turned    [][]float64 // [draw][report]: the gap with the labels of the test sample turned round
	Recursion []float64   // left over right side, of every draw, step and example
	Bare      []float64   // the same without the pull of the example that is missing, t ≥ 1, of the first draw
	Split     []float64   // F̂(w_0) - F̂^{-i}(w_0) - f_i(w_0)/n
	Losses    [][]float64 // [draw][step]: F̂(w_t)
	Gaps      [][]float64 // [draw][step]
	Distances [][]float64 // [draw][step]
	Sums      [][]float64
	RhoStar   []float64 // caps only: of each draw, largest over F̂ and the F̂^{-i}
	Step      float64   // caps only: the largest ηβ of a draw, with the gradient's bound on the ball that no step leaves
}

// RunLOO makes the runs.
func RunLOO(ctx context.Context, c LOOConfig) (*LOO, error) {
	var runs []*generalization.Runs
	out := &LOO{}
	last := c.At[len(c.At)-1]
	for draw := range c.Draws {
		rng := random.Stream(c.Seed*1000+uint64(draw), "leave-one-out")
		sample := func(n int) (*generalization.Sample, error) {
			if c.Caps {
				return generalization.Caps(n, rng)
			}
			return generalization.Quadrants(n, c.D, rng)
		}
		s, err := sample(c.N)
		if err != nil {
			return nil, err
		}
		test, err := sample(c.Test)
		if err != nil {
			return nil, err
		}
		inst, err := on(rng, s, c.M)
		if err != nil {
			return nil, err
		}
		out.G, out.Kappa = inst.O.Net.GradientBound(1), inst.O.Net.CurvatureBound(1)
		out.Gradient0 += inst.G0 / float64(c.Draws)
		if c.Caps {
			_, p := inst.Best(c.Eta, last)
			out.RhoStar = append(out.RhoStar, p.RhoStar())
			out.Step = math.Max(out.Step, c.Eta*generalization.Smoothness(p.Gradient(), p.Kappa))
			out.G = math.Max(p.Gradient(), out.G)
		}
		r, err := generalization.LeaveOneOut(inst.O.Net, s, inst.Start, c.Eta, Every(last))
		if err != nil {
			return nil, err
		}
		r.Test, r.First = test, true
		for k := 1; k <= c.N; k++ {
			if c.Foreign {
				if len(r.Starts) == 1 {
					r.Starts = append([][]float64{}, inst.Start)
				}
				other, err := inst.O.Net.SymmetricStart(rng)
				if err != nil {
					return nil, err
				}
				r.Starts = append(r.Starts, other)
			}
			if c.DivideLess {
				floats.Scale(float64(c.N)/float64(c.N-1), r.Weights[k])
			}
		}
		runs = append(runs, r)
	}
	traces, err := generalization.RunAll(ctx, "", runs)
	if err != nil {
		return nil, err
	}
	for draw, t := range traces {
		out.At = append(out.At, generalization.Stabilities(runs[draw], t, out.Kappa, c.At))
		out.Recursion = append(out.Recursion, generalization.Recursion(runs[draw], t, out.G, out.Kappa)...)
		for i := range c.N {
			out.Split = append(out.Split, t.Train[0][0]-t.Train[0][i+1]-t.Losses[0][i]/float64(c.N))
		}
		if draw == 0 {
			out.Bare = generalization.Recursion(runs[draw], t, 0, out.Kappa)[c.N:]
		}
		out.Losses = append(out.Losses, Column(t.Train, 0))
		out.Sums = append(out.Sums, Column(t.Sum, 0))
		var gaps, distances []float64
		for k := range t.At {
			gaps = append(gaps, t.Test[k][0]-t.Train[k][0])
			distances = append(distances, floats.Sum(t.Apart[k][1:])/float64(c.N))
		}
		out.Gaps, out.Distances = append(out.Gaps, gaps), append(out.Distances, distances)
		var turned []float64
		for _, at := range c.At {
			// With y turned round, f(-u) = f(u) + u; the mean of u is not seen, so that the last weights are asked.
			if at == last {
				turned = append(turned, turnedGap(runs[draw], t))
			}
		}
		out.Turned = append(out.Turned, turned)
	}
	return out, nil
}

// StabilityTerms returns 2G times the mean leave-one-out distance after T steps on quadrants in R^4, mean of draws, for each pair of a
// number of examples and a width.
func StabilityTerms(ctx context.Context, seed uint64, draws, T int, eta float64, pairs ...[2]int) ([]float64, error) {
	var runs []*generalization.Runs
	for _, p := range pairs {
		for draw := range draws {
			rng := random.Stream(seed*1000+uint64(draw), "stability term")
			s, err := generalization.Quadrants(p[0], 4, rng)
			if err != nil {
				return nil, err
			}
			net, err := generalization.NewNet(4, p[1], 1, "softplus")
			if err != nil {
				return nil, err
			}
			start, err := net.SymmetricStart(rng)
			if err != nil {
				return nil, err
			}
			r, err := generalization.LeaveOneOut(net, s, start, eta, []int{T})
			if err != nil {
				return nil, err
			}
			runs = append(runs, r)
		}
	}
	traces, err := generalization.RunAll(ctx, "", runs)
	if err != nil {
		return nil, err
	}
	terms := make([]float64, len(pairs))
	for i, t := range traces {
		apart := t.Apart[0][1:]
		terms[i/draws] += 2 * runs[i].Net.GradientBound(1) * floats.Sum(apart) / float64(len(apart)*draws)
	}
	return terms, nil
}

func turnedGap(r *generalization.Runs, t *generalization.Trace) float64 {
	loss := 0.0
	for i, y := range r.Test.Y {
		loss += generalization.Loss(-y*r.Net.Output(t.Last[0], r.Test.X.RawRowView(i))) / float64(r.Test.N())
	}
	return loss - t.Train[len(t.Train)-1][0]
}

// Identity evaluates both sides of the leave-one-out identity exactly: the distribution has k points, and all k^n samples of n are
// trained on. With shifted, the network that forgets example i + 1 stands in the place of the one that forgets i.
func Identity(ctx context.Context, rng *rand.Rand, k, n, steps int, shifted bool) (left, right float64, err error) {
	points, err := generalization.Quadrants(k, 2, rng)
	if err != nil {
		return 0, 0, err
	}
	points = points.Flipped(0.3, rng)
	net, err := generalization.NewNet(2, 6, 1, "softplus")
	if err != nil {
		return 0, 0, err
	}
	start := net.Start(rng)
	total := int(math.Round(math.Pow(float64(k), float64(n))))
	var runs []*generalization.Runs
	for code := range total {
		x, y := mat.NewDense(n, 2, nil), make([]float64, n)
		for i := range n {
			x.SetRow(i, points.X.RawRowView(code%k))
			y[i] = points.Y[code%k]
			code /= k
		}
		r, err := generalization.LeaveOneOut(net, &generalization.Sample{X: x, Y: y}, start, 2, []int{steps})
		if err != nil {
			return 0, 0, err
		}
		r.Test = points
		runs = append(runs, r)
	}
	traces, err := generalization.RunAll(ctx, "", runs)
	if err != nil {
		return 0, 0, err
	}
	for r, t := range traces {
		left += (t.Test[0][0] - t.Train[0][0]) / float64(total)
		for i := range n {
			without := 1 + i
			if shifted {
				without = 1 + (i+1)%n
			}
			s := runs[r].Samples[0]
			own := generalization.Loss(s.Y[i] * net.Output(t.Last[without], s.X.RawRowView(i)))
			right += (t.Test[0][0] - t.Test[0][without] + own - t.Losses[0][i]) / float64(n) / float64(total)
		}
	}
	return left, right, nil
}
