package study

import (
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// Two kinds of influences, +1 and −1: the sum of the kept ones is the difference of two
// binomials.
type twoSigns struct{ plus, minus int }

func (x twoSigns) influence() delta.Influence {
	n := float64(x.plus + x.minus)
	S := float64(x.plus - x.minus)
	return delta.Influence{N: x.plus + x.minus, S: S, Q: n, Var: 1 - S*S/(n*n), Most: 1}
}

// binomial are the probabilities of 0 to n kept ones.
func binomial(n int, keep float64) []float64 {
	pr := make([]float64, n+1)
	whole, _ := math.Lgamma(float64(n + 1))
	for k := range pr {
		a, _ := math.Lgamma(float64(k + 1))
		b, _ := math.Lgamma(float64(n - k + 1))
		pr[k] = math.Exp(whole - a - b + float64(k)*math.Log(keep) + float64(n-k)*math.Log1p(-keep))
	}
	return pr
}

// distribution returns the probabilities of h/S in bins of the given width between ±edge;
// what lies beyond is counted at the edges.
func (x twoSigns) distribution(p, q, width, edge float64) (at, pr []float64) {
	half := int(math.Round(edge / width))
	for k := -half; k <= half; k++ {
		at = append(at, float64(k)*width)
	}
	pr = make([]float64, len(at))
	up, down, S := binomial(x.plus, 1-p), binomial(x.minus, 1-p), x.influence().S
	for i, a := range up {
		for j, b := range down {
			h := 1 - float64(i-j)/(q*S)
			k := int(math.Round(h/width)) + half
			pr[min(max(k, 0), len(pr)-1)] += a * b
		}
	}
	return at, pr
}

// IdeaFigure is the output change of one neuron for rates and divisors of the reader's choice.
func IdeaFigure(rates []float64, gamma float64) figure.Figure {
	const width, edge = 0.1, 5.0
	x := twoSigns{300, 100}
	f := x.influence()
	inside := func(v float64) float64 { return min(edge, max(-edge, v)) }
	var turns []figure.Turn
	for _, p := range rates {
		best := f.Best(p)
		for _, d := range []struct {
			q    float64
			name string
		}{{1 - p, "1 − p: DARE"}, {math.Sqrt((1 - p) * best), "between"}, {best, "q*"}, {4 * best, "4 q*"}} {
			at, pr := x.distribution(p, d.q, width, edge)
			mean, bound := f.Bias(p, d.q)/f.S, delta.Bound(p, d.q, f.Q, gamma)/f.S
			rms := math.Sqrt(f.MSE(p, d.q)) / f.S
			top := 0.0
			for _, v := range pr {
				top = max(top, v)
			}
			turns = append(turns, figure.Turn{
				Label: fmt.Sprintf("p = %s, q = %s (%s): error %s", claim.Plain(p, 3), claim.Plain(d.q, 3), d.name, claim.Plain(rms, 2)),
				Series: []figure.Series{
					figure.Line("probability of h/S", at, pr).In(1).Dashed(1).Sized(2),
					figure.Segment("mean", mean, 0, mean, top).In(2).Dashed(1).Sized(2),
					figure.Segment("mean ± bound, γ = 0.05", inside(mean-bound), 0, inside(mean-bound), top).In(figure.Ink).Dashed(3).Sized(2),
					figure.Segment("mean ± bound, γ = 0.05", inside(mean+bound), 0, inside(mean+bound), top).In(figure.Ink).Dashed(3).Sized(2),
				}})
		}
	}
	return figure.Figure{
		ID: "idea", Title: "What a divisor does to one neuron",
		Caption: "A neuron with 300 influences of +1 and 100 of −1, coherence κ = 100, of which the share p is dropped and the rest divided by q; exact probabilities of the output change over the output, h/S, in bins of 0.1; what lies beyond ±5 is counted at the edge. " +
			"Zero is no change, one is no delta at all. DARE, q = 1 − p, is right on the average at every p, and so wide at p = 0.999 that it is of no use. A larger q is wrong on the average and narrower; q* has the least mean square. The bound holds for all of them, and is far away where many entries are kept.",
		Alt: "For each of three pruning rates and four divisors a histogram of the relative output change with its mean and the concentration bound: at p = 0.9 a narrow peak at zero; at p = 0.999 with DARE single peaks five units apart; with larger divisors one narrow peak that moves from zero towards one.",
		Panels: []figure.Panel{{
			X: figure.Axis{Name: "h/S: output change over output", Min: figure.At(-edge), Max: figure.At(edge)}, Y: figure.Axis{Name: "probability"}, Turns: turns}},
	}
}
