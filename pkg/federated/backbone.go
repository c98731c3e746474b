package federated

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/weights"
	"github.com/marginalia-ml/marginalia/xla"
)

// Backbone is a vision transformer that stays as it is.
type Backbone struct {
	Net    model.ViT
	Params model.Params
	Hash   string // SHA-256 of its parameters, in hexadecimal digits
}

// small is what [Small] gave, in safetensors.
//
//go:embed backbone.safetensors
var small []byte

// Load returns the backbone that is part of this package, the result of pre-training [Small]:
// scripts/federate --pretrain makes it again.
func Load() (*Backbone, error) {
	f, err := weights.Decode(bytes.NewReader(small), int64(len(small)))
	if err != nil {
		return nil, fmt.Errorf("federated: the backbone of this package: %w", err)
	}
	return NewBackbone(Small.Net, f.Params)
}

// LoadFile reads a backbone of a network from a safetensors file.
func LoadFile(path string, net model.ViT) (*Backbone, error) {
	f, err := weights.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("federated: there is no backbone %s: scripts/federate --pretrain makes one (%w)", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("federated: %w", err)
	}
	return NewBackbone(net, f.Params)
}

// Write writes the backbone's parameters as a safetensors file in float32.
func (b *Backbone) Write(path string) error {
	return weights.Write(path, b.Params, weights.F32, map[string]string{"sha256": b.Hash})
}

// NewBackbone returns a backbone of a network and its parameters, in any order.
func NewBackbone(net model.ViT, p model.Params) (*Backbone, error) {
	p, err := p.Arrange(net.Params())
	if err != nil {
		return nil, fmt.Errorf("federated: the backbone is of another network than %+v: %w", net, err)
	}
	h := sha256.New()
	if err := weights.Encode(h, p, weights.F32, nil); err != nil {
		return nil, err
	}
	return &Backbone{net, p, hex.EncodeToString(h.Sum(nil))}, nil
}

// Pretrained pre-trains a backbone and writes it to a file.
func Pretrained(ctx context.Context, b *xla.Backend, c Pretraining, from *Digits, path string) (*Backbone, error) {
	run, err := c.Pretrain(ctx, b, from)
	if err != nil {
		return nil, err
	}
	out, err := NewBackbone(c.Net, run.Last)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "backbone %.12s: loss %.3f, accuracy %.1f %% of %d labels on test pictures\n", out.Hash, run.End("loss"), 100*run.End("accuracy"), c.Net.Classes)
	return out, out.Write(path)
}

// chunk is how many pictures go through a forward pass at once.
const chunk = 100

// Features returns what the class token of the frozen network, without prompts, is after a
// number of blocks and the last norm: [n, d] for pictures [n, 784] with values in [0, 1]. Its
// positive part, normalised, is a query ([Normalise]).
func (b *Backbone) Features(ctx context.Context, on *xla.Backend, x []float32, blocks int) ([]float32, error) {
	loop, err := xla.NewLoop(on, still, b.feature(blocks))
	if err != nil {
		return nil, err
	}
	out, err := b.features(ctx, loop, x, blocks)
	return out, errors.Join(err, loop.Close())
}

// still is the step of a loop that only measures.
func still(_ *Node, state, _ []*Node) []*Node { return state }

// feature is the measure of Features: its args are the parameters and a chunk of pictures.
func (b *Backbone) feature(blocks int) xla.Step {
	layout := b.Net.Params()
	return func(_ *Node, _, args []*Node) []*Node {
		p := model.Named("backbone", layout, args[:len(layout)])
		x, _ := b.Net.Through(p, b.Net.Tokens(p, input(args[len(layout)])), 0, blocks, nil)
		return []*Node{b.Net.Feature(p, x, 1)}
	}
}

// features runs a loop that measures [Backbone.feature].
func (b *Backbone) features(ctx context.Context, loop *xla.Loop, x []float32, blocks int) (out []float32, err error) {
	if blocks < 1 || blocks > b.Net.Layers {
		return nil, fmt.Errorf("federated: features after %d blocks, want 1 to %d", blocks, b.Net.Layers)
	}
	args, err := b.Params.Tensors(dtypes.Float32)
	if err != nil {
		return nil, err
	}
	for from := 0; from*pixels < len(x); from += chunk {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		batch, n := padded(x, from, pixels)
		images := tensors.FromFlatDataAndDimensions(batch, chunk, pixels)
		if from == 0 {
			err = loop.Start([]*tensors.Tensor{tensors.FromScalar(float32(0))}, append(args, images))
		} else {
			err = loop.SetArg(len(args), images)
		}
		if err != nil {
			return nil, fmt.Errorf("federated: features: %w", err)
		}
		row, err := loop.Measure()
		if err != nil {
			return nil, fmt.Errorf("federated: features: %w", err)
		}
		out = append(out, xla.Float32s(row[:n*b.Net.Dim])...)
	}
	return out, nil
}

// padded returns the rows from, ..., of width each, that make a chunk, the last repeated where
// there are fewer than a chunk, and how many there are.
func padded[T any](rows []T, from, width int) (out []T, n int) {
	n = min(chunk, len(rows)/width-from)
	out = append(out, rows[from*width:(from+n)*width]...)
	for range chunk - n {
		out = append(out, out[(n-1)*width:n*width]...)
	}
	return out, n
}

func finalize(all []*tensors.Tensor) {
	for _, t := range all {
		t.FinalizeAll()
	}
}
