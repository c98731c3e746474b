package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/embedding"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/pkg/weights"
	"github.com/marginalia-ml/marginalia/xla"
)

const (
	batch   = 32
	batches = 20   // of which each step takes the next
	words   = 16   // of the longest text
	rate    = 5e-5 // of drawn parameters, which larger steps, or a larger β, take uphill at first
	beta    = 0.01
)

// instance are triples of Brown and an encoder of drawn parameters, which take as long as trained
// ones.
type instance struct {
	Weights string    `json:"weights"` // the file
	S       int       `json:"s"`       // batches
	B       int       `json:"b"`
	M       int       `json:"m"` // texts of a triple
	T       int       `json:"t"`
	Tokens  []int32   `json:"tokens"`  // [S, B, M, T]
	Lengths []int32   `json:"lengths"` // [S, B, M]
	Frozen  []float32 `json:"frozen"`  // [S, B, d]
	Heads   int       `json:"heads"`
	Layers  int       `json:"layers"`
	Rho     float64   `json:"rho"`
	Beta    float64   `json:"beta"`
	Rate    float64   `json:"rate"`

	embedder *embedding.Embedder
	triples  []embedding.Triple
	set      train.Set
}

func newInstance(ctx context.Context, b *xla.Backend, dir string) (in instance, err error) {
	in = instance{Weights: filepath.Join(dir, "model.safetensors"), S: batches, B: batch, Beta: beta, Rate: rate}
	corpus, err := encoder.Brown(ctx)
	if err != nil {
		return in, err
	}
	documents, err := data.Brown(ctx)
	if err != nil {
		return in, err
	}
	all, err := embedding.Gender.Triples(documents)
	if err != nil {
		return in, err
	}
	net := model.BERT{Words: len(corpus.Vocab.Words()), Positions: 66, Segments: 2, Dim: 128, Layers: 2, Heads: 4, Hidden: 512}
	in.Heads, in.Layers = net.Heads, net.Layers
	in.embedder = embedding.Words(&encoder.Encoder{Name: "brown", Net: net, Tokenizer: corpus.Vocab, Params: model.Draw(net.Params(), 1, "bench/embedding")})
	triples, _ := embedding.Readable(in.embedder.Encoder, embedding.AtMost(all, words))
	if len(triples) < batch*batches {
		return in, fmt.Errorf("%d triples, want %d batches of %d", len(triples), batches, batch)
	}
	random.Stream(1, "bench/embedding").Shuffle(len(triples), func(i, j int) { triples[i], triples[j] = triples[j], triples[i] })
	in.T, in.M = words+2, len(triples[0].Texts())
	in.triples = triples[:batch*batches]
	reader, err := in.embedder.TripleReader(b, in.triples)
	if err != nil {
		return in, err
	}
	defer reader.Close()
	before, err := reader.Read(in.embedder.Params)
	if err != nil {
		return in, err
	}
	set, err := in.embedder.Columns(in.triples, in.T, before.Neutral)
	if err != nil {
		return in, err
	}
	in.Rho, in.set = embedding.MeanDistance(before), set
	if in.Tokens, err = tensors.CopyFlatData[int32](set[0]); err != nil {
		return in, err
	}
	if in.Lengths, err = tensors.CopyFlatData[int32](set[1]); err != nil {
		return in, err
	}
	if in.Frozen, err = tensors.CopyFlatData[float32](set[2]); err != nil {
		return in, err
	}
	return in, weights.Write(in.Weights, in.embedder.Params, weights.F32, nil)
}

// flops are those of the products of matrices of a step: forward, and twice as many back.
func (in instance) flops() float64 {
	c := in.embedder.Net
	perToken := 2 * c.Layers * (4*c.Dim*c.Dim + 2*c.Dim*c.Hidden + 2*in.T*c.Dim)
	return 3 * float64(in.B*in.M*in.T*perToken)
}

// side is ours: the loop of a fine-tuning with the triples on the device.
type side struct{ loop *xla.Loop }

func newSide(b *xla.Backend, in instance) (*side, error) {
	layout := in.embedder.Net.Params()
	params, err := in.embedder.Params.Tensors(dtypes.Float32)
	if err != nil {
		return nil, err
	}
	terms := in.embedder.Terms(embedding.Loss{Method: embedding.CCD, Beta: in.Beta, Rho: in.Rho})
	lossOf := func(params, batch []*Node) *Node { return terms(params, batch)[0] }
	adam, err := optim.Spec{Method: "adam", Rate: in.Rate}.New(layout)
	if err != nil {
		return nil, err
	}
	inner := optim.Step(optim.Autodiff(lossOf), adam, len(layout))
	step := func(k *Node, state, args []*Node) []*Node { return inner(k, state, in.batch(k, args)) }
	first := func(k *Node, state, args []*Node) []*Node {
		return []*Node{lossOf(state[:len(layout)], in.batch(ZerosLike(k), args))}
	}
	s := &side{}
	if s.loop, err = xla.NewLoop(b, step, first); err != nil {
		return nil, err
	}
	return s, s.loop.Start(optim.State(adam, params...), in.set)
}

// batch are the columns of batch k, from the beginning again after the last.
func (in instance) batch(k *Node, columns []*Node) (out []*Node) {
	s := Sub(k, Mul(Scalar(k.Graph(), k.DType(), in.S), Div(k, Scalar(k.Graph(), k.DType(), in.S)))) // integers: k mod S
	for _, c := range columns {
		dims := append([]int{in.S, in.B}, c.Shape().Dimensions[1:]...)
		out = append(out, Reshape(Gather(Reshape(c, dims...), Reshape(s, 1, 1)), dims[1:]...))
	}
	return out
}

func (s *side) tune(steps int) error { return s.loop.Run(context.Background(), steps) }

func (s *side) loss() (float64, error) {
	row, err := s.loop.Measure()
	if err != nil {
		return 0, err
	}
	return row[0], nil
}

func (s *side) close() error { return s.loop.Close() }
