package main

import (
	"github.com/marginalia-ml/marginalia/pkg/capacity"
	"github.com/marginalia-ml/marginalia/pkg/model"
)

// instance is what the other side needs: a corpus as padded contexts, and the initial
// parameters of each run by name.
type instance struct {
	Tokens    [][]int          `json:"tokens"` // [n, 9]
	Lengths   []int            `json:"lengths"`
	Counts    [][]int          `json:"counts"`    // [n, ζ]
	Positions [][]float64      `json:"positions"` // [9, d]
	Runs      []map[string]any `json:"runs"`
	Only      bool             `json:"only"`
	Rate      float64          `json:"rate"`
	Steps     int              `json:"steps"`
}

// newInstance describes runs that differ in their widths alone.
func newInstance(c *capacity.Corpus, runs []capacity.Training) instance {
	first := runs[0]
	in := instance{Only: first.Only, Rate: first.Rate, Steps: first.Steps}
	net := model.NewOpenings(c.Zeta, first.Hidden)
	for j, context := range c.Contexts {
		row := make([]int, net.T)
		copy(row, context)
		counts := make([]int, c.Zeta)
		for z, k := range c.Counts[j] {
			counts[z] = k
		}
		in.Tokens, in.Lengths, in.Counts = append(in.Tokens, row), append(in.Lengths, len(context)), append(in.Counts, counts)
	}
	in.Positions = matrix(model.Sinusoids(net.T, net.Dim), net.T)
	for _, r := range runs {
		net := model.NewOpenings(c.Zeta, r.Hidden)
		theta, byName := r.Initial(net), map[string]any{}
		for _, p := range net.Params() {
			var v any = theta[:p.Size()]
			if len(p.Shape) == 2 {
				v = matrix(theta[:p.Size()], p.Shape[0])
			}
			byName[p.Name], theta = v, theta[p.Size():]
		}
		in.Runs = append(in.Runs, byName)
	}
	return in
}

// matrix cuts x into rows.
func matrix(x []float64, rows int) [][]float64 {
	var m [][]float64
	for w := len(x) / rows; len(x) > 0; x = x[w:] {
		m = append(m, x[:w])
	}
	return m
}
