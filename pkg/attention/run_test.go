package attention

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/xla"
)

// host is one step of a method in plain Go.
func host(p *Problem, method Method, eta float64, W *mat.Dense) *mat.Dense {
	pt := p.At(W)
	dir, logNorm := pt.Direction()
	length := eta
	switch method {
	case GD:
		length = eta * math.Exp(logNorm)
	case Polyak:
		length = eta * math.Exp(pt.LogExcess()-logNorm)
	}
	var next mat.Dense
	next.Scale(length, dir)
	next.Add(&next, W)
	return &next
}

func TestStepsMatchHost(t *testing.T) {
	_, p := sample(t, small(), 4)
	rng := rand.New(rand.NewPCG(9, 9))
	eta := map[Method]float64{GD: 1, NGD: 0.2, Polyak: 0.5, Naive: 0.05}
	var runs []Run
	for _, m := range []Method{GD, NGD, Polyak, Naive} {
		runs = append(runs, Run{Problem: p, Method: m, Eta: eta[m], Start: randomW(p.D, 0.02, rng), Steps: []int{0, 1, 5, 30}})
	}
	if _, err := Observe(context.Background(), "", runs, func(i, k int, W *mat.Dense) {
		want := runs[i].Start
		for range k {
			want = host(p, runs[i].Method, runs[i].Eta, want)
		}
		if d := difference(W, want); !(d <= loopTol) {
			t.Errorf("%s after %d steps differs from the host by %g", runs[i].Method, k, d)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// TestTogether: the leading axis of a GPU gives what single loops give.
func TestTogether(t *testing.T) {
	b := open(t)
	var runs []Run
	for seed := range uint64(3) {
		_, p := sample(t, small(), seed)
		runs = append(runs, Run{Problem: p, Method: Polyak, Eta: 0.5 / float64(1+seed), Steps: []int{0, 20}})
	}
	groups := xla.Groups(len(runs), true, kinds(runs))
	if len(groups) != 1 || len(groups[0]) != 3 {
		t.Fatalf("groups %v, want one of three", groups)
	}
	ends := make([]*mat.Dense, 3)
	loop, err := xla.NewLoop(b, steps[Polyak], nil)
	if err != nil {
		t.Fatal(err)
	}
	defer loop.Close()
	if err := observe(context.Background(), loop, runs, groups[0], make([]*Stopped, 3), func(i, k int, W *mat.Dense) { ends[i] = W }); err != nil {
		t.Fatal(err)
	}
	if _, err := Observe(context.Background(), "", runs, func(i, k int, W *mat.Dense) {
		if k == 20 {
			if d := difference(W, ends[i]); !(d <= loopTol) {
				t.Errorf("run %d alone and with others differ by %g", i, d)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// slopes returns the slope of the mean log-odds between two observed steps.
func slope(t *testing.T, run Run, from, to int) float64 {
	t.Helper()
	run.Steps = []int{from, to}
	odds := map[int]float64{}
	if _, err := Observe(context.Background(), "", []Run{run}, func(_, k int, W *mat.Dense) {
		odds[k] = floats.Sum(run.Problem.At(W).LogOdds) / float64(run.Problem.N)
	}); err != nil {
		t.Fatal(err)
	}
	return (odds[to] - odds[from]) / float64(to-from)
}

func TestRates(t *testing.T) {
	_, p := sample(t, small(), 4)
	svm, err := p.SVM(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	near(t, "NGD's slope", slope(t, Run{Problem: p, Method: NGD, Eta: 0.2}, 200, 300)/(-0.2/svm.Norm), 1, slopeTol)
	near(t, "Polyak's slope", slope(t, Run{Problem: p, Method: Polyak, Eta: 0.5}, 200, 300), -0.5, slopeTol)
}

func TestPolyakStops(t *testing.T) {
	_, p := sample(t, small(), 4)
	var seen []int
	stopped, err := Observe(context.Background(), "", []Run{{Problem: p, Method: Polyak, Eta: 0.5, Steps: []int{100, 1000, 1600, 2000}}},
		func(_, k int, W *mat.Dense) { seen = append(seen, k) })
	if err != nil {
		t.Fatal(err)
	}
	// log(L - L*) ≈ log((T-1) σ(-1)) - k/2 + O(1) reaches log 2.2e-308 = -708 near 1,400.
	if stopped[0] == nil || stopped[0].Step < 1350 || stopped[0].Step > 1450 {
		t.Errorf("stopped %v, want near step 1400", stopped[0])
	}
	if !slices.Equal(seen, []int{100, 1000}) {
		t.Errorf("seen %v, want the steps before the stop", seen)
	}
}

func TestBound(t *testing.T) {
	_, p := sample(t, small(), 4)
	svm, err := p.SVM(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	steps := make([]int, 101)
	for k := range steps {
		steps[k] = k
	}
	bound := NewBound(svm)
	count := 0
	if _, err := Observe(context.Background(), "", []Run{{Problem: p, Method: NGD, Eta: 0.2, Steps: steps}}, func(_, k int, W *mat.Dense) {
		pt := p.At(W)
		limit := bound.Next(pt)
		if math.IsNaN(limit) {
			return
		}
		count++
		d := Dist(W, svm.W)
		if !(d*d/2 <= limit+roundTol) {
			t.Errorf("step %d: 1 - corr = %g above its bound %g", k, d*d/2, limit)
		}
		key := pt.KeyLemma()
		if !(key.Mean <= key.Least+key.C0) {
			t.Errorf("step %d: key lemma %+v", k, key)
		}
		inner, M := pt.Inner(W)
		near(t, "⟨-∇L, W⟩ = S E[a]", math.Log(inner)+M, pt.Drive()+math.Log(key.Mean), 1e-9)
		low, high := pt.PolyakBand(svm.Norm)
		_, logNorm := pt.Direction()
		if length := math.Exp(pt.LogExcess()-logNorm) / 2; !(low <= length && length <= high) {
			t.Errorf("step %d: Polyak length %g outside %g..%g", k, length, low, high)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if count < 90 {
		t.Errorf("the bound spoke at %d of 101 steps", count)
	}
}
