package model

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Param is one parameter of a network.
type Param struct {
	Name  string
	Shape []int
	Init  Init
}

// Size returns the number of entries.
func (p Param) Size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Init fills a parameter with its initial values.
type Init func(rng *rand.Rand, dst []float64)

// Normal draws from N(0, std²).
func Normal(std float64) Init {
	return func(rng *rand.Rand, dst []float64) {
		for i := range dst {
			dst[i] = std * rng.NormFloat64()
		}
	}
}

// Uniform draws from the interval between -bound and bound.
func Uniform(bound float64) Init {
	return func(rng *rand.Rand, dst []float64) {
		for i := range dst {
			dst[i] = bound * (2*rng.Float64() - 1)
		}
	}
}

// FanIn draws weights and biases of a linear map from n dimensions uniformly between
// ±1/√n, which is the habit of PyTorch.
func FanIn(n int) Init { return Uniform(1 / math.Sqrt(float64(n))) }

// Constant fills with v and draws nothing.
func Constant(v float64) Init {
	return func(_ *rand.Rand, dst []float64) {
		for i := range dst {
			dst[i] = v
		}
	}
}

// Layout lists the parameters of a network in the order in which Apply takes them.
type Layout []Param

// Count returns the number of real parameters.
func (l Layout) Count() int {
	n := 0
	for _, p := range l {
		n += p.Size()
	}
	return n
}

// Index returns the place of a parameter, or -1.
func (l Layout) Index(name string) int {
	for i, p := range l {
		if p.Name == name {
			return i
		}
	}
	return -1
}

// Offset returns where the entries of a parameter begin and end when all parameters
// lie in one vector in the order of the layout. It panics if there is none of the name.
func (l Layout) Offset(name string) (begin, end int) {
	for _, p := range l {
		end = begin + p.Size()
		if p.Name == name {
			return begin, end
		}
		begin = end
	}
	panic(fmt.Errorf("model: no parameter %q", name))
}

// Flat draws the initial parameters, in the order of the layout, as one vector.
func (l Layout) Flat(rng *rand.Rand) []float64 {
	all := make([]float64, l.Count())
	rest := all
	for _, p := range l {
		if p.Init == nil {
			panic(fmt.Errorf("model: parameter %s cannot be drawn: its layout says no distribution, as of one read from a file", p.Name))
		}
		p.Init(rng, rest[:p.Size()])
		rest = rest[p.Size():]
	}
	return all
}

// Draw draws the initial parameters as tensors of Float32 or Float64. The numbers are
// those of Flat; in Float32 they are rounded.
func (l Layout) Draw(rng *rand.Rand, dtype dtypes.DType) []*tensors.Tensor {
	rest := l.Flat(rng)
	out := make([]*tensors.Tensor, len(l))
	for i, p := range l {
		out[i] = tensor(rest[:p.Size()], dtype, p.Shape)
		rest = rest[p.Size():]
	}
	return out
}

// tensor copies values into a tensor of the given type.
func tensor(values []float64, dtype dtypes.DType, shape []int) *tensors.Tensor {
	switch dtype {
	case dtypes.Float64:
		return tensors.FromFlatDataAndDimensions(append([]float64(nil), values...), shape...)
	case dtypes.Float32:
		rounded := make([]float32, len(values))
		for i, v := range values {
			rounded[i] = float32(v)
		}
		return tensors.FromFlatDataAndDimensions(rounded, shape...)
	}
	panic(fmt.Errorf("model: parameters of %s: want Float32 or Float64", dtype))
}

// LinearParams lists the weight [in, out] and the bias [out] of a linear map, name.w and
// name.b, as [Linear] takes them.
func LinearParams(name string, in, out int, init Init) Layout {
	return Layout{{name + ".w", []int{in, out}, init}, {name + ".b", []int{out}, init}}
}

// NormParams lists gain and bias of a [LayerNorm] over d entries, which start at 1 and 0.
func NormParams(name string, d int) Layout {
	return Layout{{name + ".gain", []int{d}, Constant(1)}, {name + ".bias", []int{d}, Constant(0)}}
}

// positive panics unless all sizes of a network are positive.
func positive(network string, sizes ...int) {
	for _, n := range sizes {
		if n < 1 {
			panic(fmt.Errorf("model: %s with a size of %d among %v: all must be positive", network, n, sizes))
		}
	}
}
