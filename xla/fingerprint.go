package xla

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// A graph keeps constants of fewer entries than this for its text, which [Fingerprint]
// hashes: GoMLX's own 32 would leave the tables that tell two algorithms apart unseen.
func init() { graph.MinConstValueSizeToKeep = math.MaxInt32 }

// Fingerprint returns the SHA-256 of the graphs of a step and a measure, which may be nil, for
// inputs of the shapes of state and args: operations, their attributes, constants. Two
// algorithms of one fingerprint compute the same numbers on one backend. Graphs are built,
// which takes milliseconds, and not compiled.
func Fingerprint(b *Backend, step, measure Step, state, args []*tensors.Tensor) (string, error) {
	inputs := []shapes.Shape{shapes.Make(counterType)}
	for _, list := range [][]*tensors.Tensor{state, args} {
		for _, t := range list {
			inputs = append(inputs, t.Shape())
		}
	}
	h := sha256.New()
	fmt.Fprintln(h, len(state))
	err := sketch(h, b, inputs, unrolled(step, len(state), 1))
	if err == nil && measure != nil {
		err = sketch(h, b, inputs, measured(measure, len(state)))
	}
	if err != nil {
		return "", fmt.Errorf("xla: fingerprint: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// sketch writes the text of a graph.
func sketch(w io.Writer, b *Backend, inputs []shapes.Shape, build func(in []*graph.Node) []*graph.Node) error {
	return protect(func() error {
		g := graph.NewGraph(b.Backend, "sketch")
		defer g.Finalize()
		in := make([]*graph.Node, len(inputs))
		for i, shape := range inputs {
			in[i] = graph.Parameter(g, fmt.Sprintf("in%d", i), shape)
		}
		for _, out := range build(in) {
			fmt.Fprint(w, out.Id(), " ")
		}
		fmt.Fprintln(w, g.String())
		return nil
	})
}
