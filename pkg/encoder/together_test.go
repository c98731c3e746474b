package encoder

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// Fine-tunings of one program on a leading axis are each alone, of all parameters and of factors.
func TestTuneTogether(t *testing.T) {
	c := smallCorpus(t)
	e, _, err := Pretraining{Dim: 8, Layers: 1, Heads: 2, Steps: 1, Batch: 4, Seed: 1}.job(c)
	if err != nil {
		t.Fatal(err)
	}
	e.Params = model.Draw(e.Net.Params(), 1, "encoder/test")
	task, err := c.Task("genre", 1)
	if err != nil {
		t.Fatal(err)
	}
	var jobs []train.Job
	alone := 0
	for seed := range uint64(2) {
		for _, l := range []*LoRA{nil, {Rank: 2, Alpha: 4}} {
			j, err := e.job(Tuning{Task: task, Config: AdamR(4, 1e-2*float64(seed+1), 0.1, false, seed), LoRA: l})
			if err != nil {
				t.Fatal(err)
			}
			j.Config.Batch = 3
			inner := j.Task.Loss
			j.Task.Loss = func(params, batch []*Node) *Node { alone++; return inner(params, batch) }
			jobs = append(jobs, j)
		}
	}
	var runs [2][]*train.Run
	for at, axis := range []xla.Axis{xla.AxisAlways, xla.AxisNever} {
		pool, err := xla.NewPool("go", 1) // where nothing is compiled
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		pool.Axis = axis
		if runs[at], err = train.FitPool(t.Context(), pool, jobs); err != nil {
			t.Fatal(err)
		}
		if (alone == 0) != (at == 0) {
			t.Fatalf("axis %d: the loss was built %d times", axis, alone)
		}
	}
	const tol = 1e-5 // four steps of 0.02 at most in float32
	for i, run := range runs[0] {
		if d := testkit.Farthest(run.Last.Flat(), runs[1][i].Last.Flat()); !(d <= tol) {
			t.Errorf("run %d is off by %g from the run alone", i, d)
		}
	}
	if d := testkit.Farthest(runs[0][1].Last.Flat(), runs[0][3].Last.Flat()); !(d > 10*tol) {
		t.Errorf("two seeds and rates end %g apart", d)
	}
}
