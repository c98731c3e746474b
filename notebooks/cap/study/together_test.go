package study

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/imbalance"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// Trainings with different strategies on a leading axis are each alone, those of one draw and of another.
func TestPicturesTogether(t *testing.T) {
	const K, d = 3, 4
	some := func(n int, name string) (e imbalance.Examples) {
		rng := random.Stream(1, name)
		for i := range n {
			e.Y = append(e.Y, int32(i%K))
			for j := range d {
				e.X = append(e.X, float32(rng.NormFloat64())+map[bool]float32{true: 2}[j == i%K])
			}
		}
		return e
	}
	var jobs []train.Job
	alone := 0
	for draw, s := range []imbalance.Strategy{imbalance.Plain(K), testkit.Must(imbalance.VS([]int{20, 10, 5}, 0.15, 1))(t)} {
		p := &pictures{c: PicturesConfig{Hidden: 5, Epochs: 2, Batch: 4, Seed: 1}, classes: K, stream: map[int]string{0: "a", 1: "b"}[draw]}
		p.fit = some(20, p.stream)
		j := p.job("", p.fit, some(7, p.stream+"/test"), s)
		inner := j.Task.Loss
		j.Task.Loss = func(params, batch []*graph.Node) *graph.Node { alone++; return inner(params, batch) }
		jobs = append(jobs, j)
	}
	var runs [2][]*train.Run
	for at, axis := range []xla.Axis{xla.AxisAlways, xla.AxisNever} {
		pool := testkit.Must(xla.NewPool("go", 1))(t) // where nothing is compiled
		defer pool.Close()
		pool.Axis = axis
		runs[at] = testkit.Must(train.FitPool(t.Context(), pool, jobs))(t)
		if (alone == 0) != (at == 0) {
			t.Fatalf("axis %d: the loss was built %d times", axis, alone)
		}
	}
	const tol = 1e-5 // ten steps in float32, scores of order one
	for i, run := range runs[0] {
		if d := testkit.Farthest(run.Last.Flat(), runs[1][i].Last.Flat()); !(d <= tol) {
			t.Errorf("run %d: the parameters are off by %g from those of the run alone", i, d)
		}
		if d := testkit.Farthest(run.Seen["scores"], runs[1][i].Seen["scores"]); !(d <= tol) || len(run.Seen["scores"]) != 7*K {
			t.Errorf("run %d: %d scores, off by %g from those of the run alone", i, len(run.Seen["scores"]), d)
		}
	}
	if d := testkit.Farthest(runs[0][0].Last.Flat(), runs[0][1].Last.Flat()); !(d > 10*tol) {
		t.Errorf("two draws end %g apart", d)
	}
}
