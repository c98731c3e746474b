package generalization

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/marginalia-ml/marginalia/xla"
)

// Runs of one form in one loop are those one by one: with their own samples, shared or not,
// starts, weights, step sizes, anchors and tests. Descent on a smooth loss moves two networks
// apart by a factor near one a step, so that what products of matrices round otherwise stays of
// the order of the precision.
func TestRunAllTogether(t *testing.T) {
	const steps = 6
	rng := stream(90)
	var all []*Runs
	shallow, deep := must[*Net](t)(NewNet(3, 8, 1, "softplus")), must[*Net](t)(NewNet(3, 4, 2, "tanh"))
	for i := range 3 {
		eta := 0.5 + float64(i)/4
		sample := func(n int) *Sample { return must[*Sample](t)(Quadrants(n, 3, rng)) }
		loo := must[*Runs](t)(LeaveOneOut(shallow, sample(5), shallow.Start(rng), eta, []int{0, 1, steps}))
		loo.Test = sample(7)
		all = append(all, loo,
			&Runs{Net: deep, Starts: [][]float64{deep.Start(rng), deep.Start(rng)}, Samples: []*Sample{sample(4), sample(4)}, Eta: eta,
				At: []int{steps}, Test: sample(6), First: true, Anchors: [][]float64{deep.Start(rng)}},
			&Runs{Net: shallow, Starts: [][]float64{shallow.Start(rng)}, Samples: []*Sample{sample(5)}, Eta: eta, At: []int{0, steps}, Single: true})
	}
	pool := must[*xla.Pool](t)(xla.NewPool("", len(all)))
	defer pool.Close()
	apart := must[[]*Trace](t)(runAll(context.Background(), pool, all, false))
	together := must[[]*Trace](t)(runAll(context.Background(), pool, all, true))
	for i, r := range all {
		a, b := reflect.ValueOf(*apart[i]), reflect.ValueOf(*together[i])
		tol := 1e-13
		if r.Single {
			tol = 1e-5
		}
		for f := range a.NumField() {
			name := a.Type().Field(f).Name
			if name == "At" {
				if !slices.Equal(apart[i].At, together[i].At) {
					t.Errorf("runs %d: looks at %v and %v", i, apart[i].At, together[i].At)
				}
				continue
			}
			if d := farthest(a.Field(f).Interface().([][]float64), b.Field(f).Interface().([][]float64)); !(d <= tol) {
				t.Errorf("runs %d: %s is off by %g beside others", i, name, d)
			}
		}
		if next := apart[(i+3)%len(all)]; farthest(apart[i].Last, next.Last) < 1000*tol {
			t.Errorf("runs %d end where the next of their form do", i)
		}
	}
}

// farthest is the largest difference of entries, infinite where the shapes differ.
func farthest(x, y [][]float64) float64 {
	d := 0.0
	for i := range max(len(x), len(y)) {
		if i >= len(x) || i >= len(y) || len(x[i]) != len(y[i]) {
			return math.Inf(1)
		}
		for j := range x[i] {
			d = max(d, math.Abs(x[i][j]-y[i][j]))
		}
	}
	return d
}

// A group that does not fit is divided into parts of nearly equal length, none above the bound
// unless it is one alone, and nobody is lost.
func TestParts(t *testing.T) {
	for _, n := range []int{1, 2, 5, 12} {
		for _, each := range []int{0, 1, mostActivations / 12, mostActivations / 5, mostActivations/2 + 1, 3 * mostActivations} {
			group := make([]int, n)
			for i := range group {
				group[i] = 10 + i
			}
			out := parts(group, each)
			what := fmt.Sprintf("%d of %d", n, each)
			if !slices.Equal(slices.Concat(out...), group) {
				t.Fatalf("%s: %v", what, out)
			}
			least := 1
			if each > 0 {
				least = (n + max(1, mostActivations/each) - 1) / max(1, mostActivations/each)
			}
			if len(out) != least {
				t.Errorf("%s: %d parts, want %d", what, len(out), least)
			}
			for _, p := range out {
				if len(p) > 1 && len(p)*each > mostActivations || len(p) < n/len(out) {
					t.Errorf("%s: a part of %d", what, len(p))
				}
			}
		}
	}
}
