package xla

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)

// StackRuns puts the i-th tensors of all runs on a leading axis, for every i: the states, or the
// args, of runs that one loop makes side by side (see [Pool.Groups]).
func StackRuns(runs [][]*tensors.Tensor) ([]*tensors.Tensor, error) {
	if len(runs) == 0 {
		return nil, errors.New("xla: stack: no runs")
	}
	out := make([]*tensors.Tensor, len(runs[0]))
	for i := range out {
		var bytes []byte
		for r, run := range runs {
			if len(run) != len(out) {
				return nil, fmt.Errorf("xla: stack: run %d has %d tensors and run 0 has %d: want runs of one program", r, len(run), len(out))
			}
			if !run[i].Shape().Equal(runs[0][i].Shape()) {
				return nil, fmt.Errorf("xla: stack: tensor %d of run %d is %s and of run 0 %s: want equal shapes", i, r, run[i].Shape(), runs[0][i].Shape())
			}
			if err := run[i].ConstBytes(func(b []byte) { bytes = append(bytes, b...) }); err != nil {
				return nil, fmt.Errorf("xla: stack: tensor %d of run %d: %w", i, r, err)
			}
		}
		shape := runs[0][i].Shape()
		out[i] = tensors.FromShape(shapes.Make(shape.DType, append([]int{len(runs)}, shape.Dimensions...)...))
		if err := out[i].MutableBytes(func(b []byte) { copy(b, bytes) }); err != nil {
			return nil, fmt.Errorf("xla: stack: %w", err)
		}
	}
	return out, nil
}
