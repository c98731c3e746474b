package federated

import (
	"context"
	"math"
	"sync"
	"testing"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

// tiny is a network of four patches, for tests of what is true of any.
var tiny = model.ViT{Height: side, Width: side, Patch: 14, Layers: 2, Dim: 8, Heads: 2, Hidden: 8, Classes: 5 * variants}

var tests = sync.OnceValues(func() (*xla.Pool, error) { return xla.NewPool("", 1) }) // one worker compiles once

func testPool(t *testing.T) *xla.Pool {
	t.Helper()
	p, err := tests()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// blobs are pictures of n of each digit: one bright square whose place is the digit's, and noise.
func blobs(n int, name string) *data.Images {
	rng := random.Stream(1, name)
	m := &data.Images{N: 10 * n, Rows: side, Cols: side, Pixels: make([]uint8, 10*n*pixels), Labels: make([]uint8, 10*n)}
	for i := range m.N {
		m.Labels[i] = uint8(i % 10)
		x := m.Image(i)
		for k := range x {
			x[k] = uint8(rng.IntN(60))
		}
		for a := range 6 {
			for b := range 6 {
				x[(2+5*(i%5)+a%5)*side+3+18*(i%10/5)+b] = uint8(200 + rng.IntN(50))
			}
		}
	}
	return m
}

func testDigits() *Digits { return &Digits{blobs(60, "train"), blobs(40, "test")} }

func testBackbone(t *testing.T) *Backbone {
	t.Helper()
	p := model.Draw(tiny.Params(), 1, "backbone")
	for _, name := range []string{"class", "positions", "patch.w"} { // away from a start that sees little
		for i := range p.Get(name) {
			p.Get(name)[i] *= 10
		}
	}
	b, err := NewBackbone(tiny, p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// testSetup has four clients, one of each domain, with 20 pictures to train on.
func testSetup(t *testing.T) *Setup {
	t.Helper()
	s, err := NewFeature(testBackbone(t), testDigits(), FeatureSpec{Domains: Domains, Copies: 1, Train: 2, Test: 3}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var testConfig = Config{Rounds: 2, Share: 1, Epochs: 2, Batch: 8, Rate: 0.1, Momentum: 0.9, Decay: 1e-2, Clip: 1, Seed: 3}

func testSGPT() Method {
	m := SGPT(tiny, 3, 2)
	m.Query = 1
	return m
}

func newTask(t *testing.T, s *Setup, m Method, c Config) *Task {
	t.Helper()
	task, err := s.NewTask(context.Background(), testPool(t), m, c)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// stage sends one client through a stage on a worker.
func (t *Task) stageOf(tb testing.TB, pool *xla.Pool, all []*trainee, s int, factor []float64) {
	tb.Helper()
	err := pool.Run(context.Background(), []xla.Job{{Run: func(ctx context.Context, w *xla.Worker) error { return t.train(ctx, w, all, s, 0, factor) }}})
	if err != nil {
		tb.Fatal(err)
	}
}

// gap is the largest difference of the entries of a parameter.
func gap(x, y []float64) float64 {
	d := 0.0
	for i, v := range x {
		if g := math.Abs(v - y[i]); g > d || math.IsNaN(g) {
			d = g
		}
	}
	return d
}
