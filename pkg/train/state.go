package train

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// How tensors of a state are written: as float64, in which Float32 and the integers of a
// state are exact.

// float64s returns the entries of a tensor of the state.
func float64s(t *tensors.Tensor) ([]float64, error) {
	var values []float64
	var err error
	read := t.ConstFlatData(func(flat any) {
		switch flat := flat.(type) {
		case []float64:
			values = slices.Clone(flat)
		case []float32:
			values = converted[float64](flat)
		case []int64:
			values = converted[float64](flat)
		default:
			err = fmt.Errorf("a state of %s, want Float32, Float64 or Int64", t.DType())
		}
	})
	return values, errors.Join(read, err)
}

// tensorOf is the inverse of float64s, in the shape and type of like.
func tensorOf(like *tensors.Tensor, values []float64) (*tensors.Tensor, error) {
	dims := like.Shape().Dimensions
	switch like.DType() {
	case dtypes.Float64:
		return tensors.FromFlatDataAndDimensions(values, dims...), nil
	case dtypes.Float32:
		return tensors.FromFlatDataAndDimensions(converted[float32](values), dims...), nil
	case dtypes.Int64:
		return tensors.FromFlatDataAndDimensions(converted[int64](values), dims...), nil
	}
	return nil, fmt.Errorf("a state of %s, want Float32, Float64 or Int64", like.DType())
}

func converted[B, A int64 | float32 | float64](from []A) []B {
	to := make([]B, len(from))
	for i, x := range from {
		to[i] = B(x)
	}
	return to
}
