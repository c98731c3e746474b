package study

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Neurons runs XOR and returns, after each step, every neuron's sign, its components along u_+ and u_-, and the error.
func Neurons(rng *rand.Rand, d, m, n, steps int) ([][][4]float64, error) {
	q, err := generalization.NewQuadratic(d, m, rng)
	if err != nil {
		return nil, err
	}
	test, err := generalization.XOR(4000, d, rng)
	if err != nil {
		return nil, err
	}
	var states [][][4]float64
	for t := range steps + 1 {
		if t > 0 {
			batch, err := generalization.XOR(n, d, rng)
			if err != nil {
				return nil, err
			}
			q.Step(batch, float64(m))
		}
		e := q.ErrorOn(test)
		var s [][4]float64
		for j, a := range q.A {
			w := q.W.RawRowView(j)
			s = append(s, [4]float64{a, (w[0] + w[1]) / math.Sqrt2, (w[0] - w[1]) / math.Sqrt2, e})
		}
		states = append(states, s)
	}
	return states, nil
}

// Curves are mean gap and mean bound of networks against the number of examples, along training.
type Curves struct {
	N, T       []int
	Widths     []int
	Gap, Bound [][][]float64 // [width][look][size]
}

// Idea is the figure of both: what the theorem says of the gap, on networks of width 32 and 256.
func Idea(ctx context.Context, seed uint64) (figure.Figure, error) {
	c, err := RunCurves(ctx, seed, []int{32, 256}, []int{16, 32, 64, 128}, []int{2, 4, 8, 16, 32, 64}, 8)
	if err != nil {
		return figure.Figure{}, err
	}
	return IdeaFigure(c), nil
}

// Cross is the figure of XOR in 64 dimensions learned by twenty neurons in seven steps.
func Cross(rng *rand.Rand) (figure.Figure, error) {
	states, err := Neurons(rng, 64, 20, 640, 7)
	if err != nil {
		return figure.Figure{}, err
	}
	return NeuronFigure(states), nil
}

// RunCurves trains networks of each width on draws of quadrants of each size, and looks after each of T steps. The bound is
// 2L_Φ²(η/n) Σ_{t<T} F̂(w_t), L_Φ the largest gradient of the draws at w_0.
func RunCurves(ctx context.Context, seed uint64, widths, sizes, T []int, draws int) (*Curves, error) {
	const eta = 2
	out := &Curves{N: sizes, T: T, Widths: widths}
	test, err := generalization.Quadrants(1000, 4, random.Stream(seed, "idea test"))
	if err != nil {
		return nil, err
	}
	var runs []*generalization.Runs
	var local []float64
	for _, m := range widths {
		net, err := generalization.NewNet(4, m, 1, "softplus")
		if err != nil {
			return nil, err
		}
		for _, size := range sizes {
			r, largest := &generalization.Runs{Net: net, Eta: eta, At: T, Test: test, Single: true}, 0.0
			for draw := range draws {
				rng := random.Stream(seed*1000+uint64(draw), "idea")
				s, err := generalization.Quadrants(size, 4, rng)
				if err != nil {
					return nil, err
				}
				start, err := net.SymmetricStart(rng)
				if err != nil {
					return nil, err
				}
				o, err := generalization.NewObjective(net, s)
				if err != nil {
					return nil, err
				}
				largest = math.Max(largest, o.LargestGradient(start))
				r.Samples, r.Starts = append(r.Samples, s), append(r.Starts, start)
			}
			runs, local = append(runs, r), append(local, largest)
		}
	}
	traces, err := generalization.RunAll(ctx, "", runs)
	if err != nil {
		return nil, err
	}
	for i := range widths {
		gaps, bounds := make([][]float64, len(T)), make([][]float64, len(T))
		for k := range T {
			for j, size := range sizes {
				t := traces[i*len(sizes)+j]
				gap, _ := Mean(Minus(t.Test[k:k+1], t.Train[k:k+1])[0])
				sum, _ := Mean(t.Sum[k])
				gaps[k] = append(gaps[k], gap)
				bounds[k] = append(bounds[k], generalization.GapBound(local[i*len(sizes)+j], eta, sum, size))
			}
		}
		out.Gap, out.Bound = append(out.Gap, gaps), append(out.Bound, bounds)
	}
	return out, nil
}
