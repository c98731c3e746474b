package embedding

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/xla"
)

// Embedder is an encoder with the rule by which a text becomes one vector.
type Embedder struct {
	*encoder.Encoder
	Pooling Pooling
	Unit    bool // vectors are divided by their norms
}

// Pooling says over which of its tokens a text is the mean.
type Pooling int

// The mean over the words alone, or over [CLS] and [SEP], too.
const (
	OverWords Pooling = iota
	OverAll
)

// Words has the mean over a text's words for its vector, as for the encoder that is pre-trained
// here.
func Words(e *encoder.Encoder) *Embedder { return &Embedder{Encoder: e} }

// Sentences has the mean over all tokens, of norm one, as sentence encoders do that were
// trained for cosines, like MiniLM.
func Sentences(e *encoder.Encoder) *Embedder {
	return &Embedder{Encoder: e, Pooling: OverAll, Unit: true}
}

// name tells compiled programs apart.
func (e *Embedder) name() string {
	return fmt.Sprintf("%s, pooling %d, unit %t", e.Encoder.Name, e.Pooling, e.Unit)
}

// chunk is how many texts are read in one call, which bounds the memory.
const chunk = 256

// Reader has an embedder read texts under as many sets of parameters as one likes. Close frees
// what was compiled.
type Reader struct {
	e      *Embedder
	texts  int
	chunks [][]*tensors.Tensor // tokens [m, T] and lengths [m], the last filled up
	exec   *Exec
}

// Reader returns a reader of texts in words. A text that is empty, of unknown words alone or
// too long is an error that names it.
func (e *Embedder) Reader(b *xla.Backend, texts [][]string) (*Reader, error) {
	as := asTexts(texts)
	T, err := e.Longest(as)
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("embedding: no texts to read")
	}
	r := &Reader{e: e, texts: len(texts)}
	size := min(chunk, len(texts))
	for at := 0; at < len(as); at += size {
		these := append([]encoder.Text(nil), as[at:min(at+size, len(as))]...)
		for len(these) < size {
			these = append(these, as[at])
		}
		set, err := e.Set(these, T)
		if err != nil {
			return nil, err
		}
		r.chunks = append(r.chunks, []*tensors.Tensor{set[0], set[2]})
	}
	layout := e.Net.Params()
	r.exec, err = NewExec(b.Backend, func(in []*Node) *Node {
		n := len(layout)
		return e.vectors(model.Named("embedding", layout, in[:n]), in[n], in[n+1])
	})
	return r, err
}

// Close frees what was compiled.
func (r *Reader) Close() { r.exec.Finalize() }

// Vectors returns the vector of each text.
func (r *Reader) Vectors(p model.Params) (vectors [][]float64, err error) {
	layout := r.e.Net.Params()
	if p, err = p.Select(layout.Names()...); err == nil {
		p, err = p.Arrange(layout)
	}
	if err != nil {
		return nil, fmt.Errorf("embedding: %s: %w", r.e.Encoder.Name, err)
	}
	params, err := p.Tensors(dtypes.Float32)
	if err != nil {
		return nil, err
	}
	defer finalize(params)
	for _, columns := range r.chunks {
		var in []any
		for _, x := range append(append([]*tensors.Tensor(nil), params...), columns...) {
			in = append(in, x)
		}
		out, err := r.exec.Call(in...)
		if err != nil {
			return nil, err
		}
		rows, err := rowsOf(out[0])
		finalize(out)
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, rows[:min(len(rows), r.texts-len(vectors))]...)
	}
	return vectors, nil
}

func finalize(all []*tensors.Tensor) {
	for _, x := range all {
		x.FinalizeAll()
	}
}

// rowsOf are the rows of a float32 matrix.
func rowsOf(x *tensors.Tensor) ([][]float64, error) {
	flat, err := tensors.CopyFlatData[float32](x)
	if err != nil {
		return nil, err
	}
	n, d := x.Shape().Dim(0), x.Shape().Dim(1)
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, d)
		for j := range d {
			rows[i][j] = float64(flat[i*d+j])
		}
	}
	return rows, nil
}

// Embedded are the vectors of triples.
type Embedded struct {
	Groups  [][][]float64 // of x^i: [K][n][d]
	Neutral [][]float64   // of x^n: [n][d]
}

// TripleReader is a [Reader] of triples.
type TripleReader struct {
	*Reader
	groups int
}

// TripleReader returns a reader of triples.
func (e *Embedder) TripleReader(b *xla.Backend, triples []Triple) (*TripleReader, error) {
	K, err := groupsOf(triples)
	if err != nil {
		return nil, err
	}
	r, err := e.Reader(b, TripleTexts(triples))
	return &TripleReader{r, K}, err
}

// Read returns the vectors of the triples under parameters.
func (r *TripleReader) Read(p model.Params) (Embedded, error) {
	v, err := r.Vectors(p)
	return Grouped(v, r.groups), err
}

// TripleTexts are all texts of triples: those of the first group, of the next, ..., and the
// neutral ones.
func TripleTexts(triples []Triple) (texts [][]string) {
	if len(triples) == 0 {
		return nil
	}
	for g := range len(triples[0].Groups) + 1 {
		for _, t := range triples {
			texts = append(texts, t.Texts()[g])
		}
	}
	return texts
}

// Grouped are the vectors of the TripleTexts of triples of K groups.
func Grouped(v [][]float64, K int) (out Embedded) {
	n := len(v) / (K + 1)
	for g := range K {
		out.Groups = append(out.Groups, v[g*n:(g+1)*n])
	}
	out.Neutral = v[K*n:]
	return out
}

// groupsOf is K, which all triples have to share.
func groupsOf(triples []Triple) (int, error) {
	if len(triples) == 0 {
		return 0, fmt.Errorf("embedding: no triples")
	}
	K := len(triples[0].Groups)
	for i, t := range triples {
		if len(t.Groups) != K {
			return 0, fmt.Errorf("embedding: triple %d has %d groups, the first has %d: use one attribute at a time", i, len(t.Groups), K)
		}
	}
	return K, nil
}
