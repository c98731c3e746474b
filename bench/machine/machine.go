// Package machine measures what the machine can do at most, as a scale for what a step
// takes: floating-point operations of a large matrix product, and bytes of a large copy.
package machine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// Peak is what was seen.
type Peak struct {
	Flops float64 // a second
	Bytes float64 // read and written a second
}

const (
	side   = 1024    // of the matrices of the product: 2·side³ operations, far more than bytes
	length = 1 << 24 // numbers of the copy: far more than caches hold
	trials = 5
)

// Measure returns the most of a few trials on the backend, with numbers of the type.
func Measure(ctx context.Context, b *xla.Backend, dtype dtypes.DType) (Peak, error) {
	product := func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node {
		x := graph.Dot(state[0], state[1]).Product()
		return []*graph.Node{graph.MulScalar(x, 1./side), state[1]} // keeps numbers of order one
	}
	flops, err := most(ctx, b, product, matrices(dtype), 2*side*side*side)
	if err != nil {
		return Peak{}, fmt.Errorf("matrix product: %w", err)
	}
	move := func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Neg(state[0])}
	}
	bytes, err := most(ctx, b, move, []*tensors.Tensor{filled(dtype, length)}, 2*float64(dtype.Size())*length)
	if err != nil {
		return Peak{}, fmt.Errorf("copy: %w", err)
	}
	return Peak{Flops: flops, Bytes: bytes}, nil
}

// most returns the greatest amount a second of a step that does amount.
func most(ctx context.Context, b *xla.Backend, step xla.Step, state []*tensors.Tensor, amount float64) (best float64, err error) {
	l, err := xla.NewLoop(b, step, nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := l.Start(state, nil); err != nil {
		return 0, err
	}
	const steps = 8
	for range trials + 1 { // the first warms up and may be less
		begin := time.Now()
		if err := l.Run(ctx, steps); err != nil {
			return 0, err
		}
		best = max(best, steps*amount/time.Since(begin).Seconds())
	}
	return best, nil
}

func matrices(dtype dtypes.DType) []*tensors.Tensor {
	return []*tensors.Tensor{filled(dtype, side, side), filled(dtype, side, side)}
}

// filled returns a tensor of ones.
func filled(dtype dtypes.DType, dims ...int) *tensors.Tensor {
	n := 1
	for _, d := range dims {
		n *= d
	}
	if dtype == dtypes.Float32 {
		return tensors.FromFlatDataAndDimensions(ones[float32](n), dims...)
	}
	return tensors.FromFlatDataAndDimensions(ones[float64](n), dims...)
}

func ones[T float32 | float64](n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

// Least returns the seconds that a step of so many operations and bytes takes at least.
// Bytes that stay in a cache are not to be counted.
func (p Peak) Least(flops, bytes float64) float64 {
	return max(flops/p.Flops, bytes/p.Bytes)
}

// String says the peak in words.
func (p Peak) String() string {
	return fmt.Sprintf("at most %.1f GFLOP and %.1f GB a second", p.Flops/1e9, p.Bytes/1e9)
}
