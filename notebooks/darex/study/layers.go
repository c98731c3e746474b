package study

import (
	"math"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/model"
)

// layer is a linear map with the influences of its rows.
type layer struct {
	weight string
	in     int         // with the bias
	sums   delta.Layer // over the tokens of the validation texts
	rows   []delta.Influence
	w, x   []float64 // ΔW with the bias, and the mean input with its one
}

// layers are all linear maps, and the norms of their inputs.
type layers struct {
	list  []layer
	norms map[string][]float64
}

// bias is the name of the bias of a weight.
func bias(weight string) string { return strings.TrimSuffix(weight, "weight") + "bias" }

// layers takes the moments of the inputs of θ_F.
func (x *pruning) layers() (*layers, error) {
	moments, err := x.validation.Moments(x.tuned.Params)
	if err != nil {
		return nil, err
	}
	all := &layers{norms: map[string][]float64{}}
	for _, m := range moments {
		w, err := delta.WithBias(x.delta.Get(m.Weight), x.delta.Get(bias(m.Weight)))
		if err != nil {
			return nil, err
		}
		l := layer{weight: m.Weight, in: m.In + 1, w: w, x: append(m.Mean(), 1)}
		if l.sums, err = delta.OfGram(m.Gram, w, len(w)/l.in, l.in); err != nil {
			return nil, err
		}
		if l.rows, err = delta.Rows(w, l.x); err != nil {
			return nil, err
		}
		all.list = append(all.list, l)
		norms := m.Squares()
		for j, v := range norms {
			norms[j] = math.Sqrt(v)
		}
		all.norms[m.Weight] = norms
	}
	return all, nil
}

// divisors gives each linear map its own divisor, a bias that of its weight, and all other
// tensors the mean over the maps.
func (a *layers) divisors(d model.Params, of func(l layer) float64) map[string]float64 {
	q, mean := map[string]float64{}, 0.0
	for _, l := range a.list {
		v := of(l)
		q[l.weight], q[bias(l.weight)] = v, v
		mean += v / float64(len(a.list))
	}
	for _, t := range d.Layout {
		if _, ok := q[t.Name]; !ok {
			q[t.Name] = mean
		}
	}
	return q
}

// byEta is a per-layer rule, with the η of best score on the validation texts under one
// mask.
func (x *pruning) byEta(p float64, all *layers, rule func(rows []delta.Influence, eta float64) (float64, error)) (best map[string]float64, eta float64, err error) {
	top := math.Inf(-1)
	for _, e := range x.Etas {
		q := all.divisors(x.delta, func(l layer) float64 {
			v, rowErr := rule(l.rows, e)
			if rowErr != nil {
				err = rowErr
			}
			return v
		})
		if err != nil {
			return nil, 0, err
		}
		d, err := delta.DropBy(x.delta, x.mask(choice), p, q)
		if err != nil {
			return nil, 0, err
		}
		score, _, err := x.validate(d)
		if err != nil {
			return nil, 0, err
		}
		if score > top {
			top, best, eta = score, q, e
		}
	}
	return best, eta, nil
}

// sample are influences of n rows at the mean input, evenly over all rows.
func (a *layers) sample(n int) (all [][]float64) {
	var rows [][]float64
	for _, l := range a.list {
		for k := 0; k < len(l.w); k += l.in {
			c := make([]float64, l.in)
			for j := range c {
				c[j] = l.w[k+j] * l.x[j]
			}
			rows = append(rows, c)
		}
	}
	for i := range n {
		all = append(all, rows[i*len(rows)/n])
	}
	return all
}
