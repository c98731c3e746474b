package encoder

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// chunk is how many texts are read in one call at most, which bounds the memory.
const chunk = 250

// Reader has an encoder read texts, under as many sets of parameters as one likes. What was
// compiled and the texts are kept; Close frees them. The parameters that its methods take are
// those of the encoder, among which may be others, as a head's.
type Reader struct {
	e       *Encoder
	b       *xla.Backend
	layout  model.Layout // of the parameters that are used
	lengths []int        // tokens of each text
	chunks  []train.Set  // the columns of texts, and 1 for a text, 0 for what fills a chunk up

	hidden, vectors, moments *Exec
}

// Reader returns a reader of texts.
func (e *Encoder) Reader(b *xla.Backend, texts []Text) (*Reader, error) {
	T, err := e.Longest(texts)
	if err != nil {
		return nil, err
	}
	r := &Reader{e: e, b: b, layout: e.Net.Params()}
	calls := max(1, (len(texts)+chunk-1)/chunk)
	size := (len(texts) + calls - 1) / calls // as even as can be: what fills a chunk up costs as much as a text
	for at := 0; at < len(texts) || at == 0; at += size {
		these := append([]Text(nil), texts[at:min(at+size, len(texts))]...)
		counted := make([]float32, size)
		for i := range these {
			counted[i] = 1
			tokens, _ := e.Tokens(these[i])
			r.lengths = append(r.lengths, len(tokens))
		}
		for len(these) < size {
			these = append(these, texts[at])
		}
		set, err := e.Set(these, T)
		if err != nil {
			return nil, err
		}
		r.chunks = append(r.chunks, append(set, tensors.FromFlatDataAndDimensions(counted, size)))
	}
	for exec, f := range map[**Exec]func(p map[string]*Node, columns []*Node) []*Node{
		&r.hidden: func(p map[string]*Node, columns []*Node) []*Node {
			return []*Node{e.Net.Encode(p, columnsOf(columns))}
		},
		&r.vectors: func(p map[string]*Node, columns []*Node) []*Node { return []*Node{e.vectors(p, columns)} },
		&r.moments: e.momentsOf,
	} {
		if *exec, err = r.compile(f); err != nil {
			r.Close()
			return nil, err
		}
	}
	return r, nil
}

// compile returns a function of the parameters of the layout and the columns of a chunk.
func (r *Reader) compile(f func(p map[string]*Node, columns []*Node) []*Node) (*Exec, error) {
	return NewExec(r.b.Backend, func(in []*Node) []*Node {
		return f(model.Named("encoder", r.layout, in[:len(r.layout)]), in[len(r.layout):])
	})
}

// Close frees what was compiled.
func (r *Reader) Close() { finalizeAll(r.hidden, r.vectors, r.moments) }

func finalizeAll(all ...*Exec) {
	for _, exec := range all {
		if exec != nil {
			exec.Finalize()
		}
	}
}

// each calls exec for each chunk and hands the results to take, with the lengths of its texts.
func (r *Reader) each(exec *Exec, p model.Params, take func(out []*tensors.Tensor, lengths []int) error) error {
	p, err := part(p, r.layout)
	if err != nil {
		return fmt.Errorf("encoder: %s: %w", r.e.Name, err)
	}
	params, err := p.Tensors(dtypes.Float32)
	if err != nil {
		return err
	}
	defer finalize(params)
	at := 0
	for _, set := range r.chunks {
		var in []any
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
		end := min(at+set[lengthsColumn].Shape().Dim(0), len(r.lengths))
		err = take(out, r.lengths[at:end])
		finalize(out)
		if err != nil {
			return err
		}
		at = end
	}
	return nil
}

func finalize(all []*tensors.Tensor) {
	for _, x := range all {
		x.FinalizeAll()
	}
}

// rows calls exec, whose result has a row for each text, and returns the rows.
func (r *Reader) rows(exec *Exec, p model.Params) (all []float64, err error) {
	err = r.each(exec, p, func(out []*tensors.Tensor, lengths []int) error {
		values, err := float64s(out[0])
		if err == nil {
			all = append(all, values[:len(lengths)*out[0].Shape().Dim(1)]...)
		}
		return err
	})
	return all, err
}

// Vectors returns the vectors of the texts, [n, d]: the last hidden state of the first token,
// or the mean over the tokens.
func (r *Reader) Vectors(p model.Params) ([]float64, error) { return r.rows(r.vectors, p) }

// Hidden returns the last hidden states of all tokens of all texts, one after the other,
// [tokens, d].
func (r *Reader) Hidden(p model.Params) (all []float64, err error) {
	err = r.each(r.hidden, p, func(out []*tensors.Tensor, lengths []int) error {
		values, err := float64s(out[0])
		if err != nil {
			return err
		}
		T, d := out[0].Shape().Dim(1), out[0].Shape().Dim(2)
		for i, n := range lengths {
			all = append(all, values[i*T*d:(i*T+n)*d]...)
		}
		return nil
	})
	return all, err
}

// Lengths returns the number of tokens of each text.
func (r *Reader) Lengths() []int { return append([]int(nil), r.lengths...) }

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
