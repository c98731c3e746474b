package xla

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/progress"
)

// array is a buffer of the device with its shape, which the device need not be
// asked for again.
type array struct {
	buffer compute.Buffer
	shape  shapes.Shape
}

// upload copies a tensor to the device, wherever it lies.
func upload(b *Backend, t *tensors.Tensor) (array, error) {
	if t == nil {
		return array{}, errors.New("the tensor is nil")
	}
	a := array{shape: t.Shape()}
	var err error
	read := t.ConstFlatData(func(flat any) {
		a.buffer, err = b.BufferFromFlatData(0, flat, a.shape)
	})
	return a, errors.Join(read, err)
}

// uploadScalar copies a counter to the device.
func uploadScalar(b *Backend, value int64) (array, error) {
	shape := shapes.Make(counterType)
	buffer, err := b.BufferFromFlatData(0, []int64{value}, shape)
	return array{buffer, shape}, err
}

// download copies a buffer to a tensor on the host.
func download(a array) (*tensors.Tensor, error) {
	t := tensors.FromShape(a.shape)
	var err error
	write := t.MutableFlatData(func(flat any) {
		err = a.buffer.ToFlatData(flat)
	})
	return t, errors.Join(write, err)
}

// free releases buffers of the device.
func free(arrays []array) error {
	var errs []error
	for _, a := range arrays {
		if a.buffer != nil && !a.buffer.Backend().IsFinalized() {
			errs = append(errs, a.buffer.Finalize())
		}
	}
	return errors.Join(errs...)
}

// program is a compiled graph.
type program struct {
	graph   *graph.Graph
	outputs []shapes.Shape
}

// compile builds and compiles a graph for inputs of the given shapes.
func compile(b *Backend, name string, inputs []shapes.Shape, build func(in []*graph.Node) []*graph.Node) (*program, error) {
	defer progress.Stage("compile graphs")()
	p := &program{}
	err := protect(func() error {
		p.graph = graph.NewGraph(b.Backend, name)
		in := make([]*graph.Node, len(inputs))
		for i, shape := range inputs {
			in[i] = graph.Parameter(p.graph, fmt.Sprintf("in%d", i), shape)
		}
		out := build(in)
		for _, x := range out {
			p.outputs = append(p.outputs, x.Shape())
		}
		return p.graph.Compile(out...)
	})
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// run executes the program. It keeps the inputs.
func (p *program) run(inputs []compute.Buffer) ([]array, error) {
	defer progress.Stage("run graphs")()
	var out []array
	err := protect(func() error {
		buffers, err := p.graph.Executable().Execute(inputs, nil, 0)
		if err != nil {
			return err
		}
		out = make([]array, len(buffers))
		for i, buffer := range buffers {
			out[i] = array{buffer, p.outputs[i]}
		}
		return nil
	})
	return out, err
}

// close frees the program.
func (p *program) close() error {
	if p == nil || p.graph == nil {
		return nil
	}
	return protect(func() error {
		p.graph.Finalize()
		p.graph = nil
		return nil
	})
}
