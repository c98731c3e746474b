package model

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Params are the parameters of a network with their values, on the host in float64: Values[i]
// are the entries of parameter Layout[i], the last axis first to vary. Methods return new
// parameters and leave their arguments as they were, so that a sentence of algebra reads as
// one: base.Add(0.5, tuned.Sub(base)).
//
// Arithmetic goes by place, and panics with the error of [Layout.CheckSame] if the layouts
// differ; parameters from a file or from another network are put in place by [Params.Arrange].
type Params struct {
	Layout Layout
	Values [][]float64
}

// NewParams returns parameters of the given values. The error says which name is empty or
// there twice, which axis is negative, or which parameter has too few or too many values.
func NewParams(l Layout, values [][]float64) (Params, error) {
	if err := l.Check(); err != nil {
		return Params{}, err
	}
	if len(values) != len(l) {
		return Params{}, fmt.Errorf("model: values for %d parameters, want %d", len(values), len(l))
	}
	for i, p := range l {
		if len(values[i]) != p.Size() {
			return Params{}, fmt.Errorf("model: %d values for parameter %s of shape %v, want %d", len(values[i]), p.Name, p.Shape, p.Size())
		}
	}
	return Params{l, values}, nil
}

// Draw draws the initial parameters from the stream of a name under a seed. The numbers are
// those of [Layout.Flat] for random.Stream(seed, stream).
func Draw(l Layout, seed uint64, stream string) Params {
	return FromFlat(l, l.Flat(random.Stream(seed, stream)))
}

// Zeros returns parameters that are all zero.
func (l Layout) Zeros() Params { return FromFlat(l, make([]float64, l.Count())) }

// FromFlat cuts one vector, in the order of the layout, into parameters, which share its
// memory. It panics if the vector has another length.
func FromFlat(l Layout, all []float64) Params {
	if len(all) != l.Count() {
		panic(fmt.Errorf("model: a vector of %d for parameters of %d entries together", len(all), l.Count()))
	}
	p := Params{Layout: l, Values: make([][]float64, len(l))}
	for i, q := range l {
		n := q.Size()
		p.Values[i], all = all[:n:n], all[n:]
	}
	return p
}

// Flat returns a copy of all values as one vector in the order of the layout.
func (p Params) Flat() []float64 { return slices.Concat(p.Values...) }

// Clone returns a copy that shares no values.
func (p Params) Clone() Params { return FromFlat(p.Layout, p.Flat()) }

// Get returns the values of a parameter, not a copy. It panics if there is none of the name.
func (p Params) Get(name string) []float64 {
	i := p.Layout.Index(name)
	if i < 0 {
		panic(fmt.Errorf("model: no parameter %q among %v", name, p.Layout.Names()))
	}
	return p.Values[i]
}

// Tensors returns the parameters as the loops take them, in Float32, to which they are
// rounded, or Float64. The error names the first finite entry that is beyond the largest
// float32, and the type if it is another.
func (p Params) Tensors(dtype dtypes.DType) ([]*tensors.Tensor, error) {
	if dtype != dtypes.Float32 && dtype != dtypes.Float64 {
		return nil, fmt.Errorf("model: parameters of %s, want Float32 or Float64", dtype)
	}
	out := make([]*tensors.Tensor, len(p.Layout))
	for i, q := range p.Layout {
		for k, v := range p.Values[i] {
			if dtype == dtypes.Float32 && math.IsInf(float64(float32(v)), 0) && !math.IsInf(v, 0) {
				return nil, fmt.Errorf("model: parameter %s, entry %d is %g, beyond the largest float32: scale it or take Float64", q.Name, k, v)
			}
		}
		out[i] = tensor(p.Values[i], dtype, q.Shape)
	}
	return out, nil
}

// FromTensors returns the values of tensors of Float32 or Float64, as a loop's state, under
// the names of a layout. It takes as many as the layout has: slots of the optimizer that
// follow stay behind. The error names the first tensor of another shape or type.
func FromTensors(l Layout, all []*tensors.Tensor) (Params, error) {
	if err := l.Check(); err != nil {
		return Params{}, err
	}
	if len(all) < len(l) {
		return Params{}, fmt.Errorf("model: %d tensors for %d parameters", len(all), len(l))
	}
	p := l.Zeros()
	for i, q := range l {
		shape := all[i].Shape()
		if !slices.Equal(shape.Dimensions, q.Shape) {
			return Params{}, fmt.Errorf("model: tensor %d has shape %v, want %v for parameter %s", i, shape.Dimensions, q.Shape, q.Name)
		}
		if err := values(p.Values[i], all[i]); err != nil {
			return Params{}, fmt.Errorf("model: parameter %s: %w", q.Name, err)
		}
	}
	return p, nil
}

// values copies the entries of a tensor of Float32 or Float64.
func values(dst []float64, t *tensors.Tensor) error {
	switch t.DType() {
	case dtypes.Float64:
		return tensors.ConstFlatData(t, func(flat []float64) { copy(dst, flat) })
	case dtypes.Float32:
		return tensors.ConstFlatData(t, func(flat []float32) {
			for i, x := range flat {
				dst[i] = float64(x)
			}
		})
	}
	return fmt.Errorf("a tensor of %s, want Float32 or Float64", t.DType())
}
