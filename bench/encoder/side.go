package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

const (
	sentences = 32
	rate      = 2e-5
)

// instance are sentences of Brown for MiniLM, and where its weights lie.
type instance struct {
	Weights string  `json:"weights"` // the file
	N       int     `json:"n"`
	T       int     `json:"t"`
	Tokens  []int32 `json:"tokens"`  // [N, T]
	Lengths []int32 `json:"lengths"` // [N]
	Classes []int32 `json:"classes"` // [N]
	Rate    float64 `json:"rate"`

	encoder *encoder.Encoder
	set     train.Set
}

func newInstance(ctx context.Context) (in instance, err error) {
	in = instance{N: sentences, Rate: rate}
	if in.encoder, err = encoder.MiniLM(ctx); err != nil {
		return in, err
	}
	corpus, err := encoder.Brown(ctx)
	if err != nil {
		return in, err
	}
	task, err := corpus.Task("genre", 1)
	if err != nil {
		return in, err
	}
	texts := task.Texts(encoder.Train)[:sentences]
	for _, e := range task.Parts[encoder.Train][:sentences] {
		in.Classes = append(in.Classes, int32(e.Class))
	}
	if in.T, err = in.encoder.Longest(texts); err != nil {
		return in, err
	}
	if in.set, err = in.encoder.Set(texts, in.T); err != nil {
		return in, err
	}
	if in.Tokens, err = tensors.CopyFlatData[int32](in.set[0]); err != nil {
		return in, err
	}
	if in.Lengths, err = tensors.CopyFlatData[int32](in.set[2]); err != nil {
		return in, err
	}
	dir, err := data.Dir()
	if err != nil {
		return in, err
	}
	in.Weights = filepath.Join(dir, "minilm-weights", "model.safetensors")
	if _, err := os.Stat(in.Weights); err != nil {
		return in, fmt.Errorf("the weights, which were just read: %w", err)
	}
	return in, nil
}

// flops are those of the products of matrices of a forward pass.
func (in instance) flops() float64 {
	c := in.encoder.Net
	perToken := 2 * c.Layers * (4*c.Dim*c.Dim + 2*c.Dim*c.Hidden + 2*in.T*c.Dim)
	return float64(in.N * in.T * perToken)
}

// layout is the encoder with a head of two classes, which starts at zero on both sides.
func (in instance) layout() model.Layout {
	return append(in.encoder.Net.Params(), in.encoder.Net.HeadParams(2)...)
}

// side is ours: a forward pass and the loop of a fine-tuning, both with the weights on the device.
type side struct {
	exec *Exec
	loop *xla.Loop
	args []any // of exec
}

func newSide(b *xla.Backend, in instance) (s *side, err error) {
	net, layout := in.encoder.Net, in.layout()
	k := len(net.Params())
	vectors := func(p map[string]*Node, tokens, lengths *Node) *Node {
		return model.MeanOf(net.Encode(p, model.Texts{Tokens: tokens, Lengths: lengths}), lengths)
	}
	s = &side{}
	s.exec, err = NewExec(b.Backend, func(nodes []*Node) *Node {
		return vectors(model.Named("MiniLM", layout[:k], nodes[:k]), nodes[k], nodes[k+1])
	})
	if err != nil {
		return nil, err
	}
	head := layout[k:].Zeros()
	start := model.Params{Layout: layout, Values: append(slices.Clone(in.encoder.Params.Values), head.Values...)}
	params, err := start.Tensors(dtypes.Float32)
	if err != nil {
		return nil, err
	}
	classes := tensors.FromFlatDataAndDimensions(in.Classes, in.N)
	for _, x := range append(slices.Clone(params[:k]), in.set[0], in.set[2]) {
		s.args = append(s.args, x)
	}
	crossEntropy := func(params, args []*Node) *Node {
		p := model.Named("MiniLM", layout, params)
		return loss.CrossEntropy(net.Head(p, vectors(p, args[0], args[1])), args[2])
	}
	adam, err := optim.Spec{Method: "adam", Rate: rate}.New(layout)
	if err != nil {
		return nil, err
	}
	s.loop, err = xla.NewLoop(b, optim.Step(optim.Autodiff(crossEntropy), adam, len(layout)), func(_ *Node, state, args []*Node) []*Node {
		return []*Node{crossEntropy(state[:len(layout)], args)}
	})
	if err != nil {
		return nil, err
	}
	return s, s.loop.Start(optim.State(adam, params...), []*tensors.Tensor{in.set[0], in.set[2], classes})
}

func (s *side) forward(steps int) error {
	for range steps {
		out, err := s.exec.Call(s.args...)
		if err != nil {
			return err
		}
		if _, err := tensors.CopyFlatData[float32](out[0]); err != nil { // waits for it
			return err
		}
		out[0].FinalizeAll()
	}
	return nil
}

func (s *side) vectors() ([]float64, error) {
	out, err := s.exec.Call(s.args...)
	if err != nil {
		return nil, err
	}
	defer out[0].FinalizeAll()
	values, err := tensors.CopyFlatData[float32](out[0])
	all := make([]float64, len(values))
	for i, x := range values {
		all[i] = float64(x)
	}
	return all, err
}

func (s *side) tune(steps int) error { return s.loop.Run(context.Background(), steps) }

func (s *side) loss() (float64, error) {
	row, err := s.loop.Measure()
	if err != nil {
		return 0, err
	}
	return row[0], nil
}

func (s *side) close() error {
	s.exec.Finalize()
	return s.loop.Close()
}
