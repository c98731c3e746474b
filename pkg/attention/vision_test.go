package attention

import (
	"errors"
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/marginalia-ml/marginalia/xla"
)

// The transformer starts at the loss of a guess, as its head is zero, and learns.
func TestVision(t *testing.T) {
	c := ContestConfig{
		Task: "vision", Vision: VisionConfig{Train: 200, Test: 50, Layers: 1, D: 8, Heads: 2, Hidden: 16},
		Batch: 20, Epochs: 8, Seeds: []uint64{1}, Grid: []Grid{{"Adam", []float64{0.01}}},
	}
	contest, err := RunContest(c)
	if err != nil {
		t.Fatal(err)
	}
	curve := contest.Entries[0].Curves[0]
	near(t, "first loss", curve.TrainLoss[0], math.Log(digits), 1e-5)
	if last := curve.TrainLoss[8]; !(last < 1.9) {
		t.Errorf("training ends at loss %g", last)
	}
	for i, p := range curve.Peak {
		if !(p >= 1./17 && p <= 1) || !(curve.Norm[i] > 0) {
			t.Errorf("epoch %d: mean largest attention %g, ‖W‖ %g", i, p, curve.Norm[i])
		}
	}
}

// A batch in parts is the batch, and the mean of the largest attention the same.
func TestInParts(t *testing.T) {
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	apply := func(_ []*Node, x *Node) (logits, attention *Node) {
		return MulScalar(x, 2), Softmax(ExpandDims(x, 1), -1) // [n, 3], [n, 1, 3]
	}
	out, err := CallOnceN(b.Backend, func(g *Graph) []*Node {
		x := Sin(ConvertDType(Iota(g, shapes.Make(dtypes.Int32, partSize+7, 3), 0), dtypes.Float32))
		x = Mul(x, ConvertDType(Iota(g, shapes.Make(dtypes.Int32, partSize+7, 3), 1), dtypes.Float32))
		a, b := apply(nil, x)
		c, d := inParts(apply, 0)(nil, x)
		return []*Node{ReduceAllMax(Abs(Sub(a, c))), Abs(Sub(peak(b), peak(d))), peak(b)}
	})
	if err != nil {
		t.Fatal(err)
	}
	const rounding = 1e-5 // of a mean of float32
	if out[0].Value().(float32) != 0 || !(out[1].Value().(float32) <= rounding) || !(out[2].Value().(float32) > 0.4) {
		t.Errorf("logits differ by %v, peaks by %v of %v", out[0], out[1], out[2])
	}
}

func TestVisionRefuses(t *testing.T) {
	for _, v := range []VisionConfig{
		{Train: 0, Test: 1, Layers: 1, D: 4, Heads: 1, Hidden: 1},
		{Train: 1, Test: 10001, Layers: 1, D: 4, Heads: 1, Hidden: 1},
		{Train: 1, Test: 1, Layers: 1, D: 4, Heads: 3, Hidden: 1},
		{Train: 1, Test: 1, Layers: 0, D: 4, Heads: 1, Hidden: 1},
	} {
		c := ContestConfig{Task: "vision", Vision: v, Batch: 1, Epochs: 1, Seeds: []uint64{1}, Grid: []Grid{{"SGD", []float64{1}}}}
		if _, err := RunContest(c); !errors.Is(err, ErrData) {
			t.Errorf("%+v gave %v, want ErrData", v, err)
		}
	}
}
