package study

import (
	"context"
	"math"
	"math/rand/v2"

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

// SizeCurve is gap and bound against the number of examples.
type SizeCurve struct{ N, Gap, Bound []float64 }

// Gaps returns mean gap and mean bound of small networks after a fixed number of steps, for each number of examples.
func Gaps(ctx context.Context, seed uint64, sizes []int, draws, m, steps int) (*SizeCurve, error) {
	const eta = 2
	net, err := generalization.NewNet(4, m, 1, "softplus")
	if err != nil {
		return nil, err
	}
	test, err := generalization.Quadrants(2000, 4, random.Stream(seed, "idea test"))
	if err != nil {
		return nil, err
	}
	var runs []*generalization.Runs
	local := make([]float64, len(sizes))
	for i, size := range sizes {
		r := &generalization.Runs{Net: net, Eta: eta, At: []int{steps}, Test: test}
		for draw := range draws {
			rng := random.Stream(seed*1000+uint64(draw), "idea")
			s, err := generalization.Quadrants(size, 4, rng)
			if err != nil {
				return nil, err
			}
			c, err := on(rng, s, m)
			if err != nil {
				return nil, err
			}
			local[i] = math.Max(local[i], c.G0)
			r.Samples, r.Starts = append(r.Samples, s), append(r.Starts, c.Start)
		}
		runs = append(runs, r)
	}
	traces, err := generalization.RunAll(ctx, "", runs)
	if err != nil {
		return nil, err
	}
	out := &SizeCurve{}
	for i, t := range traces {
		g, _ := Mean(Minus(t.Test, t.Train)[0])
		s, _ := Mean(t.Sum[0])
		out.N, out.Gap = append(out.N, float64(sizes[i])), append(out.Gap, g)
		out.Bound = append(out.Bound, generalization.GapBound(local[i], eta, s, sizes[i]))
	}
	return out, nil
}
