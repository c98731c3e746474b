package encoder

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gomlx/compute/dtypes"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// chunk is how many examples a judge has in one call, which bounds its memory.
const chunk = 250

// Judge runs many sets of parameters on the examples of one part of a task. What it compiled
// and the texts are kept; Close frees them.
type Judge struct {
	e      *Encoder
	task   *Task
	part   string
	layout model.Layout
	chunks []train.Set
	n      int // examples; the last chunk is filled up with its first text

	outputs, hidden, moments *Exec
}

// Judge returns a judge of the encoder, with a head for the task.
func (e *Encoder) Judge(b *xla.Backend, t *Task, part string) (*Judge, error) {
	all := t.Texts(part)
	if len(all) == 0 {
		return nil, fmt.Errorf("encoder: the task %s has no examples for %q: want %s, %s or %s", t.Name, part, Train, Validation, Test)
	}
	T, err := e.Longest(all)
	if err != nil {
		return nil, err
	}
	j := &Judge{e: e, task: t, part: part, layout: e.Layout(t), n: len(all)}
	size := min(chunk, len(all))
	for at := 0; at < len(all); at += size {
		texts := append([]Text(nil), all[at:min(at+size, len(all))]...)
		for len(texts) < size {
			texts = append(texts, all[at])
		}
		set, err := e.Set(texts, T)
		if err != nil {
			return nil, err
		}
		counted := make([]float32, size)
		for i := range min(size, len(all)-at) {
			counted[i] = 1
		}
		j.chunks = append(j.chunks, append(set, tensors.FromFlatDataAndDimensions(counted, size)))
	}
	compile := func(f func(p map[string]*Node, columns []*Node) []*Node) *Exec {
		var exec *Exec
		if err == nil {
			exec, err = NewExec(b.Backend, func(in []*Node) []*Node {
				k := len(in) - textColumns - 1
				return f(model.Named("encoder", j.layout, in[:k]), in[k:])
			})
		}
		return exec
	}
	j.outputs = compile(func(p map[string]*Node, columns []*Node) []*Node { return []*Node{e.outputs(p, columns)} })
	j.hidden = compile(func(p map[string]*Node, columns []*Node) []*Node {
		return []*Node{e.Net.Encode(p, texts(columns))}
	})
	j.moments = compile(e.momentsOf)
	if err != nil {
		j.Close()
		return nil, err
	}
	return j, nil
}

// Close frees what was compiled.
func (j *Judge) Close() {
	for _, exec := range []*Exec{j.outputs, j.hidden, j.moments} {
		if exec != nil {
			exec.Finalize()
		}
	}
}

// each calls exec for each chunk and hands the results to take, with how many of its examples
// count.
func (j *Judge) each(exec *Exec, p model.Params, take func(out []*tensors.Tensor, n int) error) error {
	if err := j.layout.CheckSame(p.Layout); err != nil {
		return fmt.Errorf("encoder: parameters of another layout: %w", err)
	}
	params, err := p.Tensors(dtypes.Float32)
	if err != nil {
		return err
	}
	defer finalize(params)
	rest := j.n
	for _, set := range j.chunks {
		in := make([]any, 0, len(params)+len(set))
		for _, x := range params {
			in = append(in, x)
		}
		for _, x := range set {
			in = append(in, x)
		}
		out, err := exec.Call(in...)
		if err != nil {
			return err
		}
		err = take(out, min(rest, set[lengthsColumn].Shape().Dim(0)))
		finalize(out)
		if err != nil {
			return err
		}
		rest -= set[lengthsColumn].Shape().Dim(0)
	}
	return nil
}

func finalize(all []*tensors.Tensor) {
	for _, x := range all {
		x.FinalizeAll()
	}
}

// Outputs returns the head's outputs, [n, Outputs], of encoder and head.
func (j *Judge) Outputs(p model.Params) (all []float64, err error) {
	err = j.each(j.outputs, p, func(out []*tensors.Tensor, n int) error {
		values, err := float64s(out[0])
		if err != nil {
			return err
		}
		all = append(all, values[:n*j.task.Outputs()]...)
		return nil
	})
	return all, err
}

// Score returns the task's score of encoder and head: the first of Task.Measures.
func (j *Judge) Score(p model.Params) (float64, error) {
	scores, err := j.Scores(p)
	if err != nil {
		return 0, err
	}
	return scores[0], nil
}

// Scores returns all of Task.Measures.
func (j *Judge) Scores(p model.Params) ([]float64, error) {
	outputs, err := j.Outputs(p)
	if err != nil {
		return nil, err
	}
	return j.task.Score(j.part, outputs)
}

// Hidden returns the last hidden states of all tokens of all texts, one after the other,
// [tokens, d], without those behind their ends.
func (j *Judge) Hidden(p model.Params) (all []float64, err error) {
	at := 0
	err = j.each(j.hidden, p, func(out []*tensors.Tensor, n int) error {
		values, err := float64s(out[0])
		if err != nil {
			return err
		}
		T, d := out[0].Shape().Dim(1), out[0].Shape().Dim(2)
		for i := range n {
			length, _ := j.e.Tokens(j.task.Parts[j.part][at].Text)
			all = append(all, values[i*T*d:i*T*d+len(length)*d]...)
			at++
		}
		return nil
	})
	return all, err
}

func float64s(t *tensors.Tensor) ([]float64, error) {
	narrow, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(narrow))
	for i, x := range narrow {
		out[i] = float64(x)
	}
	return out, nil
}
