package generalization

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/xla"
)

// Runs are K networks of one form, trained side by side by gradient descent with a constant step,
//
//	w_{t+1} = w_t - η ∇F̂(w_t).
type Runs struct {
	Net     *Net
	Starts  [][]float64 // w_0 of each network, or one for all
	Samples []*Sample   // of each network, or one for all; all of one size
	Weights [][]float64 // c_i of each network; nil for 1/n
	Eta     float64
	At      []int       // steps after which to look, increasing
	Test    *Sample     // for all networks; nil for none
	First   bool        // test network 0 alone
	Anchors [][]float64 // w* of each network, or one for all; nil for none
	Single  bool        // float32 in the place of float64
}

// Trace is what was seen of K networks after each of the steps At: rows are looks, columns networks.
type Trace struct {
	At      []int
	Train   [][]float64 // F̂(w_t)
	Sum     [][]float64 // Σ_{s<t} F̂(w_s)
	Slope   [][]float64 // ‖∇F̂(w_t)‖
	Moved   [][]float64 // ‖w_t - w_0‖
	Apart   [][]float64 // ‖w_t - w_t of network 0‖
	Anchor  [][]float64 // ‖w_t - w*‖, where there are anchors
	Test    [][]float64 // mean loss on the test sample, where there is one
	Error   [][]float64 // share of the test sample with y Φ ≤ 0
	Losses  [][]float64 // f_i(w_t) of network 0, a column an example
	Outside [][]float64 // f_i(w_t) of network i + 1, a column an example, where there are n + 1 networks
	Last    [][]float64 // the weights after the last look, a row a network
}

// Networks returns how many networks run side by side.
func (r *Runs) Networks() int { return max(len(r.Starts), len(r.Samples), len(r.Weights)) }

func (r *Runs) check() error {
	k := r.Networks()
	fits := func(n int) bool { return n == 1 || n == k }
	if r.Net == nil || !fits(len(r.Starts)) || !fits(len(r.Samples)) || (r.Weights != nil && len(r.Weights) != k) || (r.Anchors != nil && !fits(len(r.Anchors))) {
		return malformed("runs of %d networks with %d starts, %d samples, %d lists of weights and %d anchors: want a network, and of each one, or one a network", k, len(r.Starts), len(r.Samples), len(r.Weights), len(r.Anchors))
	}
	for _, w := range append(append([][]float64{}, r.Starts...), r.Anchors...) {
		if len(w) != r.Net.Size() {
			return malformed("a start or anchor of %d numbers for a network of %d", len(w), r.Net.Size())
		}
	}
	for i, s := range r.Samples {
		if s.N() != r.Samples[0].N() || s.N() == 0 || s.D() != r.Net.D {
			return malformed("sample %d has %d examples of %d features: want %d of %d, and at least one", i, s.N(), s.D(), r.Samples[0].N(), r.Net.D)
		}
	}
	for _, c := range r.Weights {
		if len(c) != r.Samples[0].N() {
			return malformed("%d weights for %d examples", len(c), r.Samples[0].N())
		}
	}
	if !(r.Eta > 0) || math.IsInf(r.Eta, 1) {
		return malformed("step size %g: want a positive number", r.Eta)
	}
	if len(r.At) == 0 || (r.Test != nil && (r.Test.D() != r.Net.D || r.Test.N() == 0)) {
		return malformed("no look, or a test sample of other features than the network's %d: want at least one look", r.Net.D)
	}
	return nil
}

// Loop returns a loop that stands at the start of the runs, for a program that steps it itself. Its state are W_1 to W_L, [K, m, d]
// and [K, m, m], and the sums of losses; a row of its measure begins with the losses F̂, one a network.
func (r *Runs) Loop(b *xla.Backend) (*xla.Loop, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	g := r.graphs(1)
	loop, err := xla.NewLoop(b, g.step, g.measure)
	if err != nil {
		return nil, err
	}
	if err := loop.Start(r.tensors(g)); err != nil {
		return nil, errors.Join(err, loop.Close())
	}
	return loop, nil
}

// tensors returns the state, W_1 to W_L and the sum of losses, and the args: X, Xᵀ, y, c, η, the start, then anchor and test
// sample.
func (r *Runs) tensors(g *graphs) (state, args []*tensors.Tensor) {
	of := func(x []float64, dims ...int) *tensors.Tensor {
		if r.Single {
			return tensors.FromFlatDataAndDimensions(xla.Float32s(x), dims...)
		}
		return tensors.FromFlatDataAndDimensions(x, dims...)
	}
	layers := func(all [][]float64) (out []*tensors.Tensor) {
		for l := 1; l <= r.Net.L; l++ {
			var flat []float64
			var cols int
			for i := range g.k {
				w := r.Net.Layer(all[min(i, len(all)-1)], l)
				flat, cols = append(flat, w.Data...), w.Cols
			}
			out = append(out, of(flat, g.k, r.Net.M, cols))
		}
		return out
	}
	var x, xt, y, c []float64
	for i := range g.k {
		s := r.Samples[min(i, len(r.Samples)-1)]
		if i < len(r.Samples) {
			x = append(x, s.X.RawMatrix().Data...)
			xt = append(xt, mat.DenseCopyOf(s.X.T()).RawMatrix().Data...)
		}
		y = append(y, s.Y...)
		for j := range g.n {
			if r.Weights != nil {
				c = append(c, r.Weights[i][j])
			} else {
				c = append(c, 1/float64(g.n))
			}
		}
	}
	shape, turned := []int{g.k, g.n, r.Net.D}, []int{g.k, r.Net.D, g.n}
	if g.shared {
		shape, turned = shape[1:], turned[1:]
	}
	state = append(layers(r.Starts), of(make([]float64, g.k), g.k))
	eta := tensors.FromValue(r.Eta)
	if r.Single {
		eta = tensors.FromValue(float32(r.Eta))
	}
	args = append([]*tensors.Tensor{of(x, shape...), of(xt, turned...), of(y, g.k, g.n), of(c, g.k, g.n), eta}, layers(r.Starts)...)
	if g.anchors {
		args = append(args, layers(r.Anchors)...)
	}
	if g.test {
		args = append(args, of(r.Test.X.RawMatrix().Data, r.Test.N(), r.Net.D), of(r.Test.Y, r.Test.N()))
	}
	return state, args
}

func floats64(t *tensors.Tensor) []float64 {
	switch t.DType() {
	case dtypes.Float64:
		return tensors.MustCopyFlatData[float64](t)
	case dtypes.Float32:
		var out []float64
		for _, v := range tensors.MustCopyFlatData[float32](t) {
			out = append(out, float64(v))
		}
		return out
	}
	panic(fmt.Sprintf("generalization: weights of type %s", t.DType()))
}
