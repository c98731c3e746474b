package main

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/gomlx/go-xla/pjrt"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// foreign is a program that JAX made, in StableHLO, compiled and run by the plugin that ours
// runs in. Beside it ours has the same kernels: what remains between the two sides is what
// the plugin makes of the same program.
type foreign struct {
	client *pjrt.Client
	steps  *pjrt.LoadedExecutable
	params []*pjrt.Buffer // W₁, b₁, W₂, b₂
	data   []*pjrt.Buffer // x and the classes, one-hot
}

// newForeign compiles the program of JAX, whose inputs are the weights, the number of steps
// and the data, and whose outputs are the weights.
func newForeign(b *xla.Backend, program []byte, in instance) (f *foreign, err error) {
	plugin, err := pjrt.GetPlugin(b.Plugin)
	if err != nil {
		return nil, err
	}
	f = &foreign{}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	if f.client, err = plugin.NewClient(pjrt.NamedValuesMap{"cpu_device_count": int64(1)}); err != nil {
		return f, err
	}
	if f.steps, err = f.client.Compile().WithStableHLO(program).Done(); err != nil {
		return f, fmt.Errorf("the plugin %s does not compile JAX's program: %w", b.Plugin, err)
	}
	state, args := in.tensors()
	if f.params, err = f.upload(state); err != nil {
		return f, err
	}
	f.data, err = f.upload(args)
	return f, err
}

func (f *foreign) upload(all []*tensors.Tensor) (buffers []*pjrt.Buffer, err error) {
	for _, t := range all {
		values, err := tensors.CopyFlatData[float32](t)
		if err != nil {
			return buffers, err
		}
		b, err := f.client.BufferFromHost().FromFlatDataWithDimensions(values, t.Shape().Dimensions).Done()
		if err != nil {
			return buffers, err
		}
		buffers = append(buffers, b)
	}
	return buffers, nil
}

// run makes steps and returns the seconds they took.
func (f *foreign) run(steps int) (seconds float64, err error) {
	begin := time.Now()
	n, err := f.client.BufferFromHost().FromFlatDataWithDimensions([]int32{int32(steps)}, nil).Done()
	if err != nil {
		return 0, err
	}
	inputs := append(append(append([]*pjrt.Buffer{}, f.params...), n), f.data...)
	out, err := f.steps.Execute(inputs...).DonateNone().Done()
	if err != nil {
		return 0, errors.Join(err, n.Destroy())
	}
	err = errors.Join(destroy(f.params), n.Destroy())
	f.params = out
	if err != nil {
		return 0, err
	}
	_, err = f.weights(len(out) - 1) // waits for the end
	return time.Since(begin).Seconds(), err
}

// weights returns parameter i.
func (f *foreign) weights(i int) ([]float32, error) {
	flat, _, err := f.params[i].ToFlatDataAndDimensions()
	if err != nil {
		return nil, err
	}
	values, ok := flat.([]float32)
	if !ok {
		return nil, fmt.Errorf("parameter %d of JAX's program is a %T, want []float32", i, flat)
	}
	return values, nil
}

// agree compares the weights with those of a loop after as many steps.
func (f *foreign) agree(loop *xla.Loop) error {
	state, err := loop.State()
	if err != nil {
		return err
	}
	for i, t := range state {
		ours, err := tensors.CopyFlatData[float32](t)
		if err != nil {
			return err
		}
		theirs, err := f.weights(i)
		if err != nil {
			return err
		}
		if d, scale := farthest(ours, theirs); !(d <= tolerance*scale) {
			return fmt.Errorf("parameter %d: JAX's program in our plugin is %g off after %d steps, where weights are up to %g", i, d, loop.Steps(), scale)
		}
	}
	return nil
}

// farthest returns the largest |x-y| and the largest |x|.
func farthest(x, y []float32) (d, scale float64) {
	if len(x) != len(y) {
		return math.Inf(1), 0
	}
	for i := range x {
		d, scale = max(d, math.Abs(float64(x[i]-y[i]))), max(scale, math.Abs(float64(x[i])))
	}
	return d, scale
}

func (f *foreign) close() error {
	errs := []error{destroy(f.params), destroy(f.data)}
	if f.steps != nil {
		errs = append(errs, f.steps.Destroy())
	}
	if f.client != nil {
		errs = append(errs, f.client.Destroy())
	}
	return errors.Join(errs...)
}

func destroy(buffers []*pjrt.Buffer) error {
	var errs []error
	for _, b := range buffers {
		errs = append(errs, b.Destroy())
	}
	return errors.Join(errs...)
}
