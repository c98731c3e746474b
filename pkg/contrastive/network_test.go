package contrastive

import (
	"context"
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/xla"
)

// backend is the plugin of scripts/test, or pure Go.
func backend() string {
	if plugin := os.Getenv("MARGINALIA_PLUGIN"); plugin != "" {
		return plugin
	}
	return "go"
}

// evaluate returns f of rows and labels in float64.
func evaluate(t *testing.T, rows *mat.Dense, labels []int32, f func(h, y *Node) []*Node) (values [][]float64) {
	t.Helper()
	b, err := xla.Open(backend())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	e, err := NewExec(b.Backend, f)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Finalize()
	n, d := rows.Dims()
	out, err := e.Call(tensors.FromFlatDataAndDimensions(rows.RawMatrix().Data, n, d), tensors.FromFlatDataAndDimensions(labels, n))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range out {
		v, err := tensors.CopyFlatData[float64](x)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	return values
}

// The graph's loss times the number of anchors is the host's, its gradient 2HA; an example
// without another of its class is no anchor.
func TestMeanLossIsTheLoss(t *testing.T) {
	p := problem(t, 2, 3, 2, 4)
	H := RandomSphere(5, 9, rng(t))
	rows := mat.DenseCopyOf(H.T())
	labels := make([]int32, 9)
	for i, y := range p.Label {
		labels[i] = int32(y)
	}
	out := evaluate(t, rows, labels, func(h, y *Node) []*Node {
		l := MeanLoss(h, y, 2, 3)
		return append([]*Node{l}, Gradient(l, h)...)
	})
	near(t, "mean loss", out[0][0], p.ByDefinition(H)/9, 1e-12)
	grad := out[1]
	var want mat.Dense
	want.Mul(H, p.Gradient(Gram(H)))
	for i := range 9 {
		for a := range 5 {
			near(t, "gradient", grad[i*5+a], 2*want.At(a, i)/9, 1e-12)
		}
	}
	// With a tenth of class 3 alone: nine anchors, one more negative for each.
	alone := mat.NewDense(10, 5, append(append([]float64{}, rows.RawMatrix().Data...), 1, 0, 0, 0, 0))
	got := evaluate(t, alone, append(labels, 3), func(h, y *Node) []*Node { return []*Node{MeanLoss(h, y, 2, 4)} })
	sum := 0.0
	for i := range 9 {
		total, pull := 0.0, 0.0
		for l := range 10 {
			s := 2 * mat.Dot(alone.RowView(i), alone.RowView(l))
			if l != i {
				total += math.Exp(s)
			}
			if l != i && l < 9 && p.Label[l] == p.Label[i] {
				pull += s / float64(p.Sizes[p.Label[i]]-1)
			}
		}
		sum += math.Log(total) - pull
	}
	near(t, "with a lone example", got[0][0], sum/9, 1e-12)
}

func TestDirections(t *testing.T) {
	rows := mat.NewDense(3, 2, []float64{3, -4, -1, -1, 0, 2})
	out := evaluate(t, rows, []int32{0, 0, 0}, func(h, _ *Node) []*Node { return []*Node{Directions(h, false), Directions(h, true)} })
	for i, want := range [][]float64{{0.6, -0.8, -math.Sqrt(0.5), -math.Sqrt(0.5), 0, 1}, {1, 0, 0, 0, 0, 1}} {
		got := out[i]
		for j := range want {
			near(t, "direction", got[j], want[j], 1e-12)
		}
	}
}

// A small network learns the geometry of its class sizes, and a non-negative one a frame.
func TestNetworkLearnsTheGeometry(t *testing.T) {
	c := Network{Data: "mixture", Inputs: 10, Sizes: []int{12, 12, 4, 4}, R: 1, Hidden: []int{32}, D: 6,
		Rate: 5e-3, Steps: 600, Looks: 3, Seed: 1, Stream: "test"}
	first, err := c.Train(ctx, backend())
	if err != nil {
		t.Fatal(err)
	}
	best, err := first.Problem.Reduced(ctx, rng(t))
	if err != nil {
		t.Fatal(err)
	}
	if d := Distance(first.Last(), best.M); d > 0.02 {
		t.Errorf("distance from the prediction %v", d)
	}
	if l := first.Loss[len(first.Loss)-1]; l < best.Lower || l > best.Loss+0.05 {
		t.Errorf("loss %v of at least %v", l, best.Loss)
	}
	again, err := c.Train(ctx, backend())
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the same run", again.Loss[3], first.Loss[3], 0)
	c.Nonnegative, c.Batch, c.Bind, c.D, c.Rate = true, 16, true, 128, 1e-3
	frame, err := c.Train(ctx, backend())
	if err != nil {
		t.Fatal(err)
	}
	if mat.Min(frame.H) < 0 {
		t.Error("a ReLU's output is negative")
	}
	if d := Distance(frame.Last(), mat.NewDiagDense(4, []float64{1, 1, 1, 1})); d > 0.1 {
		t.Errorf("distance from a frame %v", d)
	}
}

// Networks whose losses alone differ do not go on from each other.
func TestNetworksOfOneFolder(t *testing.T) {
	warm := Network{Data: "mixture", Inputs: 10, Sizes: []int{12, 12, 4, 4}, R: 1, Hidden: []int{32}, D: 6,
		Rate: 5e-3, Steps: 100_000, Looks: 1, Seed: 1, Stream: "test"}
	cold, relu := warm, warm
	cold.R, relu.Nonnegative = 10, true
	folder := t.TempDir()
	for i, c := range []Network{warm, cold, relu} {
		stopped, cancel := context.WithCancel(progress.WithFolder(t.Context(), folder))
		_, err := c.Train(progress.With(stopped, func(fraction float64) {
			if fraction > 0 {
				cancel()
			}
		}), backend())
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped: %v", err)
		}
		if kept, err := os.ReadDir(folder); err != nil || len(kept) != i+1 {
			t.Errorf("%d networks have %d files (%v)", i+1, len(kept), err)
		}
	}
}

// Bound batches have the first two samples of every class, and looks are at equal distances.
func TestConfig(t *testing.T) {
	p := problem(t, 1, 3, 2)
	c, err := Network{Batch: 2, Bind: true, Steps: 90, Looks: 3}.config(p)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Order.Bind, []int{0, 1, 3, 4}) || !slices.Equal(c.At, []int{0, 30, 60, 90}) {
		t.Errorf("bound by %v, looks at %v", c.Order.Bind, c.At)
	}
	if _, err := (Network{Bind: true, Steps: 1, Looks: 1}).config(p); err == nil {
		t.Error("batches are bound where there are none")
	}
}

// Two mixtures of different seeds, and two streams of one, have different examples.
func TestMixturesDiffer(t *testing.T) {
	draw := func(seed uint64, stream string) float32 {
		set, _, err := Network{Data: "mixture", Inputs: 3, Sizes: []int{2, 2}, R: 1, Seed: seed, Stream: stream}.Examples(ctx)
		if err != nil {
			t.Fatal(err)
		}
		x, err := tensors.CopyFlatData[float32](set[0])
		if err != nil {
			t.Fatal(err)
		}
		return x[0]
	}
	if a, b, c := draw(1, "a"), draw(2, "a"), draw(1, "b"); a == b || a == c || a != draw(1, "a") {
		t.Errorf("first entries %v, %v, %v", a, b, c)
	}
}

// Images are taken digit by digit, in the order of the file.
func TestFirstImages(t *testing.T) {
	m := &data.Images{N: 4, Rows: 1, Cols: 2, Pixels: []uint8{0, 255, 10, 20, 30, 40, 50, 60}, Labels: []uint8{1, 0, 1, 0}}
	x, err := firstImages(m, []int{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range []float64{10, 20, 0, 255, 30, 40} {
		near(t, "pixel", float64(x[i]), (v/255-pixelMean)/pixelDeviation, 1e-6)
	}
	if _, err := firstImages(m, []int{3, 1}); err == nil {
		t.Error("three images of a digit that has two")
	}
	if _, err := firstImages(m, make([]int, 11)); err == nil {
		t.Error("eleven digits")
	}
}
