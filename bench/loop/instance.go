package main

import (
	"math"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// instance is softmax regression with soft labels. Matrices are in row order.
type instance struct {
	M  int       `json:"m"`
	D  int       `json:"d"`
	V  int       `json:"v"`
	H  []float64 `json:"h"`  // [m, d], Gaussian
	P  []float64 `json:"p"`  // [m, V], six entries of each row not zero
	Pi []float64 `json:"pi"` // [m]
	W  []float64 `json:"w"`  // [V, d], the start
	LR float64   `json:"lr"`
}

// newInstance draws the instance of the notebook's size, m = 50, d = 60 and V = 10, or of
// several times each.
func newInstance(seed uint64, times int) instance {
	const support = 6
	rng := random.Stream(seed, "bench/loop")
	in := instance{M: 50 * times, D: 60 * times, V: 10 * times, LR: 0.5}
	in.H, in.P, in.Pi = make([]float64, in.M*in.D), make([]float64, in.M*in.V), make([]float64, in.M)
	in.W = make([]float64, in.V*in.D)
	for i := range in.H {
		in.H[i] = rng.NormFloat64()
	}
	for i := range in.W {
		in.W[i] = rng.NormFloat64() / math.Sqrt(float64(in.D))
	}
	total := 0.0
	for j := range in.M {
		row, sum := in.P[j*in.V:(j+1)*in.V], 0.0
		for _, z := range rng.Perm(in.V)[:support] {
			row[z] = rng.ExpFloat64()
			sum += row[z]
		}
		for z := range row {
			row[z] /= sum
		}
		in.Pi[j] = rng.ExpFloat64()
		total += in.Pi[j]
	}
	for j := range in.Pi {
		in.Pi[j] /= total
	}
	return in
}

// start is the state of a loop at its beginning, W.
func (in instance) start() *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(in.W, in.V, in.D)
}

// args are the args of a loop: H, Hᵀ, P, Pᵀ and π.
func (in instance) args() []*tensors.Tensor {
	matrix := tensors.FromFlatDataAndDimensions[float64]
	return []*tensors.Tensor{
		matrix(in.H, in.M, in.D), matrix(transposed(in.H, in.M), in.D, in.M),
		matrix(in.P, in.M, in.V), matrix(transposed(in.P, in.M), in.V, in.M),
		matrix(in.Pi, in.M),
	}
}

// transposed returns the transpose of a matrix of n rows.
func transposed(x []float64, n int) []float64 {
	y, c := make([]float64, len(x)), len(x)/n
	for i := range n {
		for j := range c {
			y[j*n+i] = x[i*c+j]
		}
	}
	return y
}

// distance is the largest difference of two entries, NaN if the lengths differ.
func distance(x, y []float64) float64 {
	if len(x) != len(y) {
		return math.NaN()
	}
	d := 0.0
	for i := range x {
		d = math.Max(d, math.Abs(x[i]-y[i]))
	}
	return d
}
