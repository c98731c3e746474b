package imbalance

import (
	"context"
	"errors"
	"math"
	"os"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	. "github.com/marginalia-ml/marginalia/pkg/testkit"
	"github.com/marginalia-ml/marginalia/xla"
)

// backend is the plugin of scripts/test, or pure Go.
func backend() string {
	if plugin := os.Getenv("MARGINALIA_PLUGIN"); plugin != "" {
		return plugin
	}
	return "go"
}

// call evaluates a graph function of float64 and int32 tensors.
func call(t *testing.T, f func(in []*graph.Node) []*graph.Node, in ...*tensors.Tensor) [][]float64 {
	t.Helper()
	b := Must(xla.Open(backend()))(t)
	defer b.Close()
	e := Must(graph.NewExec(b.Backend, f))(t)
	defer e.Finalize()
	args := make([]any, len(in))
	for i := range in {
		args[i] = in[i]
	}
	var out [][]float64
	for _, x := range Must(e.Call(args...))(t) {
		out = append(out, Must(tensors.CopyFlatData[float64](x))(t))
	}
	return out
}

// The graph's losses are the host's.
func TestAdjustedCrossEntropies(t *testing.T) {
	rng := random.Stream(1, "graph")
	f, s := normals(rng, 12), Strategy{[]float64{1, 1, 1, 1}, normals(rng, 4), normals(rng, 4)}
	y := []int32{0, 3, 2}
	got := call(t, func(in []*graph.Node) []*graph.Node {
		each := func(x *graph.Node) *graph.Node { return graph.BroadcastToDims(graph.InsertAxes(x, 0), 3, 4) }
		return []*graph.Node{AdjustedCrossEntropies(in[0], in[1], in[2], in[3]), AdjustedCrossEntropies(in[0], each(in[1]), each(in[2]), in[3])}
	}, tensors.FromFlatDataAndDimensions(f, 3, 4), tensors.FromFlatDataAndDimensions(s.L, 4), tensors.FromFlatDataAndDimensions(s.Delta, 4), tensors.FromFlatDataAndDimensions(y, 3))
	for i, c := range y {
		Near(t, "loss", got[0][i], s.Loss(f[4*i:4*i+4], int(c)), 1e-12)
		Near(t, "loss, adjustments of each example", got[1][i], got[0][i], 0)
	}
}

// The graph's hyper-gradient of a network without hidden layers is the host's: the same series on the same problem.
func TestHyperGraph(t *testing.T) {
	for _, most := range []float64{0.3, 1e3} { // below, and above 1/‖H u‖
		hyperGraph(t, most)
	}
}

func hyperGraph(t *testing.T, most float64) {
	p, held, _, _ := tiny() // K = 4, d = 5
	F := Must(Dictionary(Attribute{"frequency", []float64{0.4, 0.3, 0.2, 0.1}}))(t)
	s := &Search{Net: model.MLP{Widths: []int{5, 4}, Activation: "relu"}, Map: Map{F, F}, Inner: 1, Batch: 1, T: 6, Decay: p.Lambda, EtaMax: most}
	rng := random.Stream(4, "hyper graph")
	v := normals(rng, 4)
	theta := normals(rng, 24) // Θ by class, the bias last
	h := mat.NewDense(4, 6, theta)
	var W, b []float64
	for j := range 5 {
		W = append(W, mat.Col(nil, j, h)...)
	}
	b = mat.Col(nil, 5, h)

	// host: a column of ones for the bias
	augment := func(p *Regression) *Regression {
		n, d := p.X.Dims()
		X := mat.NewDense(n, d+1, nil)
		for i := range n {
			copy(X.RawRowView(i), p.X.RawRowView(i))
			X.Set(i, d, 1)
		}
		return &Regression{X: X, Y: p.Y, K: p.K, Lambda: p.Lambda}
	}
	st := Plain(4)
	st.L, st.Delta = s.Adjustments(v)
	at := augment(p).At(st, theta)
	_, up := augment(held).Upper(Objective{Kind: "balanced"}, theta)
	u := normals(rng, 24)
	floats.Scale(1/floats.Norm(u, 2), u)
	hu := make([]float64, 24)
	at.HessianTo(hu, u)
	top := floats.Norm(hu, 2)
	dl, dd := at.HyperGradient(Neumann(at.HessianTo, up, math.Min(most, 1/top), s.T))
	inner := s.Map.Strategy(v).Delta
	for k := range dd { // the link's derivative
		dd[k] *= sigmoid(inner[k]) * (1 - sigmoid(inner[k])) / sigmoid(1)
	}
	want := s.Map.Gradient(dl, dd)

	balance := make([]float64, 40)
	for i, x := range (Examples{Y: ints(held.Y)}).Balance(4) {
		balance[i] = float64(x)
	}
	uw := mat.NewDense(4, 6, u)
	var UW []float64
	for j := range 5 {
		UW = append(UW, mat.Col(nil, j, uw)...)
	}
	got := call(t, func(in []*graph.Node) []*graph.Node {
		g := s.graph()
		g.feat = 2 // without the columns of zeros
		grad, next, top := g.hyper(in[:2], in[2:4], in[4], in[5], in[5], in[6], in[7], in[8], in[9], in[10])
		return append([]*graph.Node{grad, top}, next...)
	}, tensors.FromFlatDataAndDimensions(W, 5, 4), tensors.FromFlatDataAndDimensions(b, 4),
		tensors.FromFlatDataAndDimensions(UW, 5, 4), tensors.FromFlatDataAndDimensions(mat.Col(nil, 5, uw), 4),
		tensors.FromFlatDataAndDimensions(v, 4), tensors.FromFlatDataAndDimensions(F.RawMatrix().Data, 4, 2),
		tensors.FromFlatDataAndDimensions(p.X.RawMatrix().Data, 80, 5), tensors.FromFlatDataAndDimensions(ints(p.Y), 80),
		tensors.FromFlatDataAndDimensions(held.X.RawMatrix().Data, 40, 5), tensors.FromFlatDataAndDimensions(ints(held.Y), 40),
		tensors.FromFlatDataAndDimensions(balance, 40))
	const single = 1e-6 // the weights are float32
	nearAll(t, "hyper-gradient", got[0], want, single*(1+floats.Norm(want, 2)))
	Near(t, "‖H u‖", got[1][0], top, 1e-10)
	Near(t, "next direction", got[2][3], hu[3*6]/top, 1e-10)
}

func ints(y []int) []int32 {
	out := make([]int32, len(y))
	for i, c := range y {
		out[i] = int32(c)
	}
	return out
}

// blobs is a small search: four Gaussian classes with a tail, and a hidden layer.
func blobs(t *testing.T) *Search {
	rng := random.Stream(5, "blobs")
	counts := Must(LongTail(4, 60, 20))(t)
	draw := func(n []int) (e Examples) {
		for k, m := range n {
			for range m {
				for j := range 3 {
					x := rng.NormFloat64()
					if j == k%3 {
						x += 1.5 * float64(1-2*(k/3))
					}
					e.X = append(e.X, float32(x))
				}
				e.Y = append(e.Y, int32(k))
			}
		}
		return e
	}
	F := Must(Dictionary(Attribute{"frequency", Must(Frequencies(counts))(t)}))(t)
	return &Search{Net: model.MLP{Widths: []int{3, 8, 4}, Activation: "relu"}, Map: Map{F, F}, Fit: draw(counts), Held: draw([]int{10, 10, 10, 10}),
		Rounds: 60, Inner: 3, Start: 10, Batch: 16, UpperBatch: 32, Rate: 0.1, Momentum: 0.9, Decay: 1e-3, UpperRate: 0.05, T: 4, EtaMax: 0.1, Looks: 6, Seed: 1, Stream: "blobs"}
}

func run(t *testing.T, s *Search) (*Searched, error) {
	pool := Must(xla.NewPool(backend(), 1))(t)
	defer pool.Close()
	var out *Searched
	err := pool.Run(context.Background(), []xla.Job{{Program: s.Program(), Run: func(ctx context.Context, w *xla.Worker) (err error) {
		out, err = s.Run(ctx, w)
		return err
	}}})
	return out, err
}

// Nothing moves before the start; then the rare classes get the smaller l, as in a logit-adjusted loss.
func TestSearch(t *testing.T) {
	s := blobs(t)
	found := Must(run(t, s))(t)
	if floats.Norm(found.Path[0], 2) != 0 {
		t.Errorf("coefficients %v after %d rounds, before the start", found.Path[0], found.Round[0])
	}
	if found.L[0] <= found.L[3] {
		t.Errorf("l = %v: the first class is frequent, the last rare", found.L)
	}
	for k, d := range found.Delta {
		if d <= 0 {
			t.Errorf("Δ_%d = %g", k, d)
		}
	}
	again := Must(run(t, s))(t)
	nearAll(t, "the same seed", again.V, found.V, 0)
	if l, d := s.Adjustments(make([]float64, 4)); floats.Norm(l, 1) != 0 || d[2] != 1 {
		t.Errorf("at v = 0: l = %v, Δ = %v, want 0 and 1", l, d)
	}
}

func TestSearchRefuses(t *testing.T) {
	for name, spoil := range map[string]func(s *Search){
		"no rounds":                     func(s *Search) { s.Rounds = 0 },
		"more looks than rounds":        func(s *Search) { s.Looks = 61 },
		"outputs":                       func(s *Search) { s.Net.Widths[2] = 5 },
		"features":                      func(s *Search) { s.Fit.X = s.Fit.X[1:] },
		"a batch larger than the set":   func(s *Search) { s.Batch = 1000 },
		"more classes in validation":    func(s *Search) { s.Held.Y[0] = 4 },
		"a map without Δ":               func(s *Search) { s.Map.Delta = nil },
		"a rate that is no rate":        func(s *Search) { s.Rate = math.NaN() },
		"a negative Neumann truncation": func(s *Search) { s.T = -1 },
	} {
		s := blobs(t)
		spoil(s)
		if _, err := run(t, s); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := blobs(t)
	for i := range s.Fit.Y {
		s.Fit.Y[i] %= 3
	}
	if _, err := run(t, s); !errors.Is(err, ErrEmptyClass) {
		t.Errorf("no example of the rarest: %v", err)
	}
}
