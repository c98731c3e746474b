package geometry

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
	"github.com/marginalia-ml/marginalia/xla"
)

// pointTol is ten times the stationarity to which a point of the path is solved.
const pointTol = 1e-5

// From d = rank on the factors reach the convex optimum, with fewer dimensions they do not.
func TestUFMPath(t *testing.T) {
	s := must(softlabel.Fano().Uniform(3, newRand(940)))(t)
	lambdas := []float64{1, 1e-2, 1e-3, 1e-4}
	for _, d := range []int{5, 6, 9} {
		path := must(RegularizationPath(context.Background(), s, d, lambdas, newRand(941)))(t)
		if matrix.Norm(path[0].W) != 0 || matrix.Norm(path[0].H) != 0 {
			t.Errorf("d = %d: factors at λ = 1 are not zero, λ_max = %g", d, LambdaMax(s))
		}
		near(t, "gap at zero", path[0].Gap, 0, identityTol)
		for _, f := range path[1:] {
			relative := f.Gap / (f.Objective - s.Entropy())
			if reached := relative <= pointTol; reached != (d >= 6) {
				t.Errorf("d = %d, λ = %g: relative gap %g, rank of the optimum 6", d, f.Lambda, relative)
			}
			var WW, HH mat.Dense
			WW.Mul(f.W.T(), f.W)
			HH.Mul(f.H, f.H.T())
			near(t, "balance", matrix.Norm(matrix.Add(&WW, -1, &HH))/matrix.Norm(&WW), 0, pointTol)
		}
	}
	if _, err := RegularizationPath(context.Background(), s, 0, lambdas, newRand(1)); err == nil {
		t.Error("no error for d = 0")
	}
	if _, err := RegularizationPath(context.Background(), s, 3, []float64{1e-3, 1e-2}, newRand(1)); err == nil {
		t.Error("no error for increasing λ")
	}
}

// The limits of the theorem on a pattern whose L^mm is the proxy.
func TestPathLimits(t *testing.T) {
	config := UFMPath{Data: softlabel.Data{Kind: "random", V: 6, M: 8, K: 1, Skewed: true, Seed: 1}, D: 6, Lambdas: []float64{1e-3, 1e-4, 1e-5, 1e-6}}
	other := config
	other.Start = 1
	paths := must(FollowUFMs([]UFMPath{config, config, other}))(t)
	s := must(config.Data.Labels())(t)
	mm := must(Lmm(s.Pattern, nil))(t)
	last := paths[0][3]
	growth := (matrix.Inner(last.L(), mm.L) - matrix.Inner(paths[0][2].L(), mm.L)) / matrix.Inner(mm.L, mm.L)
	near(t, "R per decade over ln 10", growth/math.Ln10, 1, 0.02)
	near(t, "(CE - H)/λ over ‖Lmm‖_*", last.Excess/last.Lambda/mm.Primal, 1, 0.02)
	nearMatrix(t, "second path of the same configuration", paths[1][3].W, last.W, 0)
	// From another start the optimum is reached by factors that are turned.
	if gap := paths[2][3].Gap / (paths[2][3].Objective - s.Entropy()); !(gap <= pointTol) {
		t.Errorf("another start: relative gap %g", gap)
	}
	if d := matrix.Norm(matrix.Add(paths[2][3].W, -1, last.W)) / matrix.Norm(last.W); !(d >= 0.1) {
		t.Errorf("another start: factors %g apart, want those of another rotation", d)
	}
}

// Training follows the gradient: a step of gradient descent against the host, and runs
// that come nearer to what is predicted.
func TestEmbed(t *testing.T) {
	b := must(xla.Open(""))(t)
	defer b.Close()
	data := softlabel.Data{Kind: "random", V: 6, M: 5, K: 2, Counts: 3, Seed: 2}
	e := Embedding{Data: data, D: 4, Optimizer: "gd", Rate: 0.5, Lambda: 0.01, Start: "uniform", Steps: 1, PerDecade: 2, Snapshots: []int{0}}
	run := must(e.Train(context.Background(), b))(t)
	s := must(data.Labels())(t)
	first, last := run.Snapshots[0], run.Last()
	var L mat.Dense
	L.Mul(first.W, first.H)
	var gW, gH mat.Dense
	gW.Mul(s.Gradient(&L), first.H.T())
	gH.Mul(first.W.T(), s.Gradient(&L))
	nearMatrix(t, "W", last.W, matrix.Add(matrix.Add(first.W, -0.005, first.W), -0.5, &gW), identityTol)
	nearMatrix(t, "H", last.H, matrix.Add(matrix.Add(first.H, -0.005, first.H), -0.5, &gH), identityTol)

	e = Embedding{Data: data, D: 4, Optimizer: "adam", Rate: 0.02, Decay: "milestones", Milestones: []int{200}, Gamma: 0.5,
		Start: "small", Steps: 300, PerDecade: 2}
	all := must(EmbedMany([]Embedding{e, e}))(t)
	start, end := all[0].Metrics[0], all[0].End()
	if !(end.Excess < 0.05*start.Excess && end.SimW > start.SimW && end.SimH > start.SimH && end.Finite < start.Finite) {
		t.Errorf("training from %+v ended at %+v", start, end)
	}
	nearMatrix(t, "second run", all[1].Last().W, all[0].Last().W, 0)
}

// Adam goes on where gradients are tiny: one of 10⁻⁹ moves a parameter by 10/11 of the rate.
func TestAdamOnTinyGradients(t *testing.T) {
	spec := must(Embedding{D: 1, Optimizer: "adam", Rate: 0.5, Steps: 1, PerDecade: 1}.spec())(t)
	opt := must(spec.New(model.Layout{{Name: "x"}}))(t)
	tiny := func(_ *graph.Node, params, _ []*graph.Node) (*graph.Node, []*graph.Node) {
		return graph.ReduceAllSum(params[0]), []*graph.Node{graph.MulScalar(graph.OnesLike(params[0]), 1e-9)}
	}
	b := must(xla.Open(""))(t)
	defer b.Close()
	loop := must(xla.NewLoop(b, optim.Step(tiny, opt, 1), func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node { return state[:1] }))(t)
	defer loop.Close()
	if err := loop.Start(optim.State(opt, tensors.FromValue([]float64{0})), nil); err != nil {
		t.Fatal(err)
	}
	points := must(loop.Trace(context.Background(), []int{1}))(t)
	near(t, "first step", points[0].Values[0], -0.5*10/11, 1e-6)
}

// A network that reads the contexts learns their labels.
func TestNetwork(t *testing.T) {
	e := Embedding{Data: softlabel.Data{Kind: "recorded", Counts: 2, Seed: 3}, D: 12, Layers: 1, Optimizer: "adam", Rate: 0.01, Decay: "cosine", Steps: 60, PerDecade: 1}
	run := must(EmbedMany([]Embedding{e}))(t)[0]
	if start, end := run.Metrics[0], run.End(); !(end.Excess < 0.5*start.Excess && end.SimH > start.SimH) {
		t.Errorf("training from %+v ended at %+v", start, end)
	}
	steps, excess := run.Column(func(s Metrics) float64 { return s.Excess })
	if len(steps) != len(run.Metrics)-1 || steps[0] != 1 || !(excess[len(excess)-1] > 0) {
		t.Errorf("column of steps %v and %v", steps, excess)
	}
}

func TestEmbedErrors(t *testing.T) {
	good := Embedding{Data: softlabel.Data{Kind: "random", V: 5, M: 3, K: 2, Counts: 2, Seed: 1}, D: 3, Optimizer: "adam", Rate: 0.1, Start: "small", Steps: 3, PerDecade: 1}
	for name, change := range map[string]func(*Embedding){
		"optimizer": func(e *Embedding) { e.Optimizer = "other" }, "decay": func(e *Embedding) { e.Decay = "other" },
		"start": func(e *Embedding) { e.Start = "other" }, "rate": func(e *Embedding) { e.Rate = math.NaN() },
		"dimension": func(e *Embedding) { e.D = 0 }, "λ": func(e *Embedding) { e.Lambda = -1 },
		"data": func(e *Embedding) { e.Data.K = 5 }, "network without words": func(e *Embedding) { e.Layers = 1 },
		"network with λ": func(e *Embedding) {
			e.Data, e.Layers, e.Lambda = softlabel.Data{Kind: "recorded", Counts: 2}, 1, 0.1
		},
	} {
		e := good
		change(&e)
		if _, err := EmbedMany([]Embedding{e}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
