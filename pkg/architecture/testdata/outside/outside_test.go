// Package outside is a reader's own module: four things that she may want, each in an ordinary Go test.
package outside

import (
	"context"
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/ntp"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

func TestWmm(t *testing.T) {
	H := mat.NewDense(2, 3, []float64{1, 0, -1, 0, 1, -1})
	P := mat.NewDense(3, 3, []float64{.5, 0, 0, .5, .4, 0, 0, .6, 1})
	in, err := ntp.New(H, P, []float64{.3, .3, .4}, nil)
	if err != nil {
		t.Fatal(err)
	}
	mm, err := in.Wmm()
	if err != nil {
		t.Fatal(err)
	}
	if m := in.MinMargin(mm.W); math.Abs(m-1) > 1e-9 { // the margin of the program's constraints
		t.Errorf("the least margin is %v, want 1", m)
	}
}

func TestQP(t *testing.T) {
	program := &convex.QP{G: convex.FromDense(mat.NewDense(3, 2, []float64{1, 0, 0, 1, -1, -1})), H: []float64{1, 1, -3}}
	s, err := program.Solve(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Residual > convex.DefaultTolerance {
		t.Errorf("the residual is %v, want at most %v", s.Residual, convex.DefaultTolerance)
	}
}

func TestTrain(t *testing.T) {
	b, err := xla.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	net := model.MLP{Widths: []int{2, 8, 2}, Activation: "relu"}
	task := train.Task{
		Name: "xor", Layout: net.Params(), Classes: map[int]int{1: 2},
		Loss: func(params, batch []*Node) *Node { return loss.CrossEntropy(net.Apply(params, batch[0]), batch[1]) },
		Looks: []train.Look{{Names: []string{"loss"}, Set: train.Train, At: func(params, set []*Node) []*Node {
			return []*Node{loss.CrossEntropy(net.Apply(params, set[0]), set[1])}
		}}},
	}
	x := tensors.FromFlatDataAndDimensions([]float32{-1, -1, -1, 1, 1, -1, 1, 1}, 4, 2)
	y := tensors.FromFlatDataAndDimensions([]int32{0, 1, 1, 0}, 4)
	run, err := train.Fit(context.Background(), b, task, map[string]train.Set{train.Train: {x, y}}, model.Draw(net.Params(), 1, "start"),
		train.Config{Optimizer: optim.Spec{Method: "adam", Rate: 0.05}, Steps: 300, At: []int{0, 300}, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if end := run.End("loss"); !(end < math.Ln2/4) { // below log 2 / 4 each of the four is classified rightly
		t.Errorf("the loss ends at %v, want below %v", end, math.Ln2/4)
	}
}

func TestClaim(t *testing.T) {
	paper, err := claim.ParsePaper([]byte(`{
 "key": "powers", "title": "Powers", "authors": ["A reader"], "venue": "here", "learn": "How fast powers grow.", "read": "all",
 "statements": [{"id": "C1", "kind": "rate", "title": "Slope", "tex": "$\\log x^2$ has the slope $2$ in $\\log x$", "source": "(1)", "known": "ours"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := claim.Open(paper, "", claim.Run{Scale: claim.Quick, Backend: "go", Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	slope := func(power float64) float64 { return math.Log(math.Pow(8, power)/math.Pow(2, power)) / math.Log(4) }
	c := ledger.Part("C1").Claim("C1")
	c.Check("slope", slope(2), claim.SlopeOf(2, 1.5, 3)).Control("of $x^3$", slope(3))
	if err := ledger.Close(); err != nil {
		t.Error(err)
	}
}
