package geometry

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
	"github.com/marginalia-ml/marginalia/xla"
)

// Trainings on a leading axis of one loop are those one by one: of another seed, rate and λ
// each, in float64 with products of all runs at once, in float32 with a network run by run.
// In 30 steps Adam stretches what a product rounds otherwise by less than a thousand.
func TestEmbedTogether(t *testing.T) {
	const steps = 30
	var list []Embedding
	for seed := range uint64(3) {
		data := softlabel.Data{Kind: "random", V: 6, M: 4, K: 2, Counts: 2, Seed: seed + 1, Stream: "together"}
		words := softlabel.Data{Kind: "recorded", Counts: 2, Seed: seed + 1}
		rate := 1 + float64(seed)/2
		list = append(list,
			Embedding{Data: data, D: 5, Optimizer: "gd", Rate: 0.1 * rate, Lambda: 0.01 * rate, Start: "uniform", Steps: steps, PerDecade: 2, Snapshots: []int{0, 3}},
			Embedding{Data: data, D: 5, Optimizer: "adam", Rate: 0.01 * rate, Decay: "cosine", Start: "small", Steps: steps, PerDecade: 1},
			Embedding{Data: words, D: 12, Layers: 1, Optimizer: "adam", Rate: 0.01 * rate, Steps: steps, PerDecade: 1})
	}
	pool := must(xla.NewPool("", len(list)))(t)
	defer pool.Close()
	apart := must(embedMany(pool, list, false))(t)
	together := must(embedMany(pool, list, true))(t)
	for i, e := range list {
		a, b := apart[i], together[i]
		if a.Params != b.Params || len(a.Metrics) != len(b.Metrics) || len(a.Snapshots) != len(b.Snapshots) {
			t.Fatalf("training %d: %d parameters, %d looks alone; %d, %d beside others", i, a.Params, len(a.Metrics), b.Params, len(b.Metrics))
		}
		tol := steps * 1000 * 1e-16
		if e.Layers > 0 {
			tol = steps * 1000 * 1e-8
		}
		for at, s := range a.Snapshots {
			what := fmt.Sprintf("training %d, step %d", i, s.Step)
			if got := b.Snapshots[at].Step; got != s.Step {
				t.Fatalf("%s: step %d beside others", what, got)
			}
			nearMatrix(t, what+": W", b.Snapshots[at].W, s.W, tol)
			nearMatrix(t, what+": H", b.Snapshots[at].H, s.H, tol)
		}
		near(t, fmt.Sprintf("training %d: excess", i), b.End().Excess, a.End().Excess, 100*tol)
		var next mat.Dense
		next.Sub(apart[(i+3)%len(list)].Last().W, a.Last().W)
		if matrix.Norm(&next) < 0.01 {
			t.Errorf("training %d ends where one of another seed does", i)
		}
	}
}
