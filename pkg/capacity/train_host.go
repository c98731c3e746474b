package capacity

import (
	"math"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// The trained network on the host, in float64: what a frozen attention gives, and the gap.

// host is a network with its parameters by name.
type host struct {
	net    model.Openings
	params map[string][]float64
}

// newHost names parameters that lie in the order of a layout.
func newHost(net model.Openings, layout model.Layout, params []float64) host {
	h := host{net, map[string][]float64{}}
	for _, p := range layout {
		h.params[p.Name], params = params[:p.Size()], params[p.Size():]
	}
	return h
}

// linear is x W + b.
func (h host) linear(x []float64, name string) []float64 {
	y, w := append([]float64(nil), h.params[name+".b"]...), h.params[name+".w"]
	for i, a := range x {
		for j, v := range w[i*len(y) : (i+1)*len(y)] {
			y[j] += a * v
		}
	}
	return y
}

// logits applies the FNN.
func (h host) logits(x []float64) []float64 {
	z := h.linear(x, "hidden")
	for i, v := range z {
		z[i] = v * (1 + math.Erf(v/math.Sqrt2)) / 2
	}
	return h.linear(z, "out")
}

// features returns what the attention makes of each context.
func (h host) features(t *table) [][]float64 {
	d := h.net.Dim
	u, embed := model.Sinusoids(h.net.T, d), h.params["embed"]
	var queries, keys, values [][]float64
	for _, pair := range t.pairs {
		x := make([]float64, d)
		for i := range x {
			x[i] = embed[pair[0]*d+i] + u[pair[1]*d+i]
		}
		queries, keys, values = append(queries, h.linear(x, "q")), append(keys, h.linear(x, "k")), append(values, h.linear(x, "v"))
	}
	all := make([][]float64, t.n)
	for j, reads := range t.reads {
		scores, top := make([]float64, len(reads)), math.Inf(-1)
		for s, p := range reads {
			scores[s] = inner(queries[reads[len(reads)-1]], keys[p]) / math.Sqrt(float64(d))
			top = max(top, scores[s])
		}
		mean, sum := make([]float64, d), 0.0
		for s, p := range reads {
			weight := math.Exp(scores[s] - top)
			sum += weight
			for i, v := range values[p] {
				mean[i] += weight * v
			}
		}
		for i := range mean {
			mean[i] /= sum
		}
		all[j] = h.linear(mean, "o")
	}
	return all
}

// gap returns Σ_j c(α_j) KL(p̂_j ‖ softmax(logits)) for the features of each context. The
// contexts are spread over the cores and summed in their order.
func (h host) gap(t *table, features [][]float64) float64 {
	parts := make([]float64, t.n)
	parallel.Each(t.n, func(j int) {
		parts[j] = t.total[j] * softlabel.KL(t.corpus.Empirical(j), h.logits(features[j]))
	})
	sum := 0.0
	for _, p := range parts {
		sum += p
	}
	return sum
}

func inner(x, y []float64) float64 {
	s := 0.0
	for i := range x {
		s += x[i] * y[i]
	}
	return s
}
