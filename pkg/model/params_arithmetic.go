package model

import (
	"fmt"
	"math"
	"slices"
)

// Add returns p + c q.
func (p Params) Add(c float64, q Params) Params {
	return p.with(q, func(x, y float64) float64 { return x + c*y })
}

// Sub returns p - q.
func (p Params) Sub(q Params) Params {
	return p.with(q, func(x, y float64) float64 { return x - y })
}

// Scale returns c p.
func (p Params) Scale(c float64) Params {
	return p.with(p, func(x, _ float64) float64 { return c * x })
}

// with applies f to the entries of p and q, place by place.
func (p Params) with(q Params, f func(x, y float64) float64) Params {
	if err := p.Layout.CheckSame(q.Layout); err != nil {
		panic(err)
	}
	out := p.Layout.Zeros()
	for i, values := range p.Values {
		for j, x := range values {
			out.Values[i][j] = f(x, q.Values[i][j])
		}
	}
	return out
}

// Dot returns the inner product Σ p_i q_i.
func (p Params) Dot(q Params) float64 {
	sum := 0.0
	for _, values := range p.with(q, func(x, y float64) float64 { return x * y }).Values {
		for _, x := range values {
			sum += x
		}
	}
	return sum
}

// Norm returns the Euclidean norm of all entries, which neither overflows nor underflows
// before the result does.
func (p Params) Norm() float64 {
	top := 0.0
	for _, values := range p.Values {
		for _, x := range values {
			top = math.Max(top, math.Abs(x)) // NaN stays
		}
	}
	if top == 0 || math.IsInf(top, 0) || math.IsNaN(top) {
		return top
	}
	sum := 0.0
	for _, values := range p.Values {
		for _, x := range values {
			sum += (x / top) * (x / top)
		}
	}
	return top * math.Sqrt(sum)
}

// Mean returns Σ_i w_i p_i / Σ_i w_i, as servers average clients with their numbers of
// examples (McMahan et al., Communication-Efficient Learning of Deep Networks from
// Decentralized Data, 2017, Algorithm 1) and model soups average fine-tuned networks. Without
// weights (nil) all count the same. The mean of equal parameters is exactly these. Errors:
// nothing to average, layouts that differ, weights that are negative, not finite or all zero,
// or of another number.
func Mean(weights []float64, all ...Params) (Params, error) {
	if len(all) == 0 {
		return Params{}, fmt.Errorf("model: the mean of no parameters: want one at least")
	}
	if weights == nil {
		weights = slices.Repeat([]float64{1}, len(all))
	}
	if len(weights) != len(all) {
		return Params{}, fmt.Errorf("model: %d weights for the mean of %d parameters", len(weights), len(all))
	}
	total := 0.0
	for i, w := range weights {
		if !(w >= 0) || math.IsInf(w, 1) {
			return Params{}, fmt.Errorf("model: weight %d of a mean is %g, want a number from 0 on", i, w)
		}
		if err := all[0].Layout.CheckSame(all[i].Layout); err != nil {
			return Params{}, fmt.Errorf("model: the mean of parameters 0 and %d: %w", i, err)
		}
		total += w
	}
	if !(total > 0) || math.IsInf(total, 1) {
		return Params{}, fmt.Errorf("model: the weights of a mean sum to %g, want a positive number", total)
	}
	// The running mean m ← m + (x - m) w/W, W the weights so far, is exact for equal ones.
	mean, sum := Params{}, 0.0
	for i, p := range all {
		if weights[i] == 0 {
			continue
		}
		if sum += weights[i]; sum == weights[i] {
			mean = p.Clone()
			continue
		}
		for k, values := range p.Values {
			for j, x := range values {
				mean.Values[k][j] += (x - mean.Values[k][j]) * (weights[i] / sum)
			}
		}
	}
	return mean, nil
}
