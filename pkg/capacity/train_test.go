package capacity

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

const (
	// single is how far quantities of float32 may be from those of float64 after a few
	// hundred operations of round-off 6e-8, relative to the largest.
	single = 1e-4
	// double is the same for float64 and its 1e-16.
	double = 1e-12
)

func trainingCorpus(t *testing.T) *Corpus {
	t.Helper()
	c, err := Text{Kind: "grammar", N: 8, Seed: 1}.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// trained makes runs on a pool, on a leading axis or one by one.
func trained(t *testing.T, corpora []*Corpus, runs []Training, together bool) ([][]Fit, error) {
	t.Helper()
	pool, err := xla.NewPool("", len(runs))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	return train(context.Background(), pool, corpora, runs, together)
}

// At the start, the traced gap is that of the plain network on padded contexts, and the
// frozen features are its attention's.
func TestTrainStartsFromTheNetwork(t *testing.T) {
	c := trainingCorpus(t)
	r := Training{Hidden: 6, Steps: 1, Rate: 1e-3, Seed: 3, PerDecade: 1}
	only := r
	only.Only = true
	fits, err := trained(t, []*Corpus{c}, []Training{r, only}, false)
	if err != nil {
		t.Fatal(err)
	}
	net := model.NewOpenings(c.Zeta, r.Hidden)
	x, logits := plain(t, net, r.Initial(net), c)
	want := c.Excess(func(j int) []float64 { return logits[j*c.Zeta : (j+1)*c.Zeta] })
	for _, f := range fits[0] {
		if got := f.Trace[0]; got.Step != 0 || !(math.Abs(got.Gap-want) <= single*want) {
			t.Errorf("only the FNN: %v: the gap at step %d is %g, the network's %g", f.Training.Only, got.Step, got.Gap, want)
		}
		if f.Gap != f.Trace[len(f.Trace)-1].Gap || f.Contexts != len(c.Contexts) || f.Entropy != c.Entropy() {
			t.Errorf("fit %+v", f)
		}
	}
	if f := fits[0][1]; f.Params != TrainedCount(c.Zeta, 6) || f.Free != model.NewOpenings(c.Zeta, 6).CountFNN() || fits[0][0].Free != f.Params {
		t.Errorf("%d parameters of which %d are free", f.Params, f.Free)
	}
	table, err := newTable(c, net)
	if err != nil {
		t.Fatal(err)
	}
	features := newHost(net, net.Params(), r.Initial(net)).features(table)
	for j, row := range features {
		for i, got := range row {
			if want := x[j*net.Dim+i]; !(math.Abs(got-want) <= double*(1+math.Abs(want))) {
				t.Fatalf("context %d: feature %g, want %g", j, got, want)
			}
		}
	}
}

// plain returns the features and logits of the network, [n, d] and [n, ζ].
func plain(t *testing.T, net model.Openings, params []float64, c *Corpus) (x, logits []float64) {
	t.Helper()
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	n := len(c.Contexts)
	padded, lengths := make([]int32, n*net.T), make([]int32, n)
	for j, context := range c.Contexts {
		lengths[j] = int32(len(context))
		for s, z := range context {
			padded[j*net.T+s] = int32(z)
		}
	}
	l := net.Params()
	var inputs []any
	for _, p := range l {
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(params[:p.Size():p.Size()], p.Shape...))
		params = params[p.Size():]
	}
	inputs = append(inputs, tensors.FromFlatDataAndDimensions(padded, n, net.T), tensors.FromFlatDataAndDimensions(lengths, n))
	out, err := graph.CallOnceN(b.Backend, func(in []*graph.Node) []*graph.Node {
		x, logits := net.Apply(in[:len(l)], in[len(l)], in[len(l)+1])
		return []*graph.Node{x, logits}
	}, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	all := make([][]float64, 2)
	for i := range all {
		if all[i], err = tensors.CopyFlatData[float64](out[i]); err != nil {
			t.Fatal(err)
		}
	}
	return all[0], all[1]
}

// Runs of different widths in one loop are the runs by themselves, and another run is not.
func TestTrainTogether(t *testing.T) {
	c := trainingCorpus(t)
	for _, only := range []bool{true, false} {
		runs := []Training{
			{Hidden: 3, Steps: 30, Rate: 1e-2, Seed: 1, Only: only},
			{Hidden: 7, Steps: 30, Rate: 1e-2, Seed: 2, Only: only},
		}
		apart, err := trained(t, []*Corpus{c}, runs, false)
		if err != nil {
			t.Fatal(err)
		}
		together, err := trained(t, []*Corpus{c}, runs, true)
		if err != nil {
			t.Fatal(err)
		}
		for i := range runs {
			a, b := apart[0][i], together[0][i]
			if !(math.Abs(a.Gap-b.Gap) <= single*a.Gap) || a.Free != b.Free || a.Training != b.Training {
				t.Errorf("only the FNN: %v: run %d: gap %g by itself, %g with the other", only, i, a.Gap, b.Gap)
			}
		}
		if a, b := apart[0][0].Gap, apart[0][1].Gap; !(math.Abs(a-b) > 10*single*a) {
			t.Errorf("only the FNN: %v: the two runs have gaps %g and %g: nothing was told apart", only, a, b)
		}
	}
}

// Both kinds of training come down, the whole network further, and the schedule matters.
func TestTrainLearns(t *testing.T) {
	c := trainingCorpus(t)
	runs := []Training{
		{Hidden: 16, Steps: 300, Rate: 1e-2, Seed: 1, PerDecade: 1},
		{Hidden: 16, Steps: 300, Rate: 1e-2, Seed: 1, PerDecade: 1, Only: true},
		{Hidden: 16, Steps: 300, Rate: 1e-2, Seed: 1, PerDecade: 1, Constant: true},
	}
	fits, err := Train(context.Background(), "", []*Corpus{c}, runs)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range fits[0] {
		first := f.Trace[0].Gap
		if !(f.Gap >= 0 && f.Gap < first/2) {
			t.Errorf("run %d: the gap goes from %g to %g", i, first, f.Gap)
		}
		if !(f.Relative() == f.Gap/c.Entropy()) {
			t.Errorf("relative gap %g", f.Relative())
		}
	}
	if a, b := fits[0][0], fits[0][1]; !(a.Gap < b.Gap) {
		t.Errorf("all parameters: gap %g; FNN alone: %g", a.Gap, b.Gap)
	}
	if a, b := fits[0][0], fits[0][2]; a.Gap == b.Gap || a.Trace[0] != b.Trace[0] {
		t.Errorf("constant and falling step sizes: gaps %v and %v", a.Trace, b.Trace)
	}
}

// Short runs share a program, from the widest down; long ones do not. Each run has a job of
// its own, whose width it fits.
func TestWidened(t *testing.T) {
	c := trainingCorpus(t)
	table, err := newTable(c, model.NewOpenings(c.Zeta, 1))
	if err != nil {
		t.Fatal(err)
	}
	for steps, want := range map[int]int{1: 1, 1e9: 4} {
		runs := []Training{{Hidden: 4, Steps: steps}, {Hidden: 64, Steps: steps}, {Hidden: 8, Steps: steps}, {Hidden: 16, Steps: steps}}
		fits := make([]Fit, len(runs))
		jobs := widened(table, runs, fits, []int{0, 1, 2, 3})
		programs, seen := map[string]bool{}, map[*Fit]bool{}
		for _, j := range jobs {
			programs[j.program()], seen[j.fits[0]] = true, true
			if j.runs[0].Hidden > j.width {
				t.Errorf("%d steps: a run of width %d in a loop of width %d", steps, j.runs[0].Hidden, j.width)
			}
		}
		if len(programs) != want || jobs[0].runs[0].Hidden != 64 || len(seen) != len(runs) {
			t.Errorf("%d steps: %d programs, want %d, the widest first, for %d of %d runs", steps, len(programs), want, len(seen), len(runs))
		}
	}
}

// Runs are divided among loops as cheaply as neighbours in width can be: no other division
// costs less, a loop is no wider than its widest run, each run is in one, and on a large text
// the widest of many widths does not widen all.
func TestBySize(t *testing.T) {
	runs := []Training{{Steps: 10}, {Steps: 10}, {Steps: 10}, {Steps: 10}, {Steps: 10}, {Steps: 10}}
	for i, m := range []int{64, 512, 16, 512, 128, 256} {
		runs[i].Hidden, runs[i].Only = m, true
	}
	loops := map[int]int{}
	for _, n := range []int{1, 300, 3000, 100_000} {
		table := &table{zeta: 100, dim: 16, n: n}
		fits := make([]Fit, len(runs))
		cost := func(jobs []job) (c float64) {
			for _, j := range jobs {
				c += startCost + float64(j.cost())/10
			}
			return c
		}
		jobs := bySize(table, runs, fits, []int{0, 1, 2, 3, 4, 5})
		seen := map[*Fit]int{}
		for _, j := range jobs {
			widest := 0
			for i, r := range j.runs {
				widest = max(widest, r.Hidden)
				seen[j.fits[i]]++
			}
			if j.width != widest {
				t.Errorf("n = %d: a loop of width %d for runs up to %d", n, j.width, widest)
			}
		}
		if len(seen) != len(runs) {
			t.Errorf("n = %d: %d of %d runs have a loop", n, len(seen), len(runs))
		}
		sorted := []int{1, 3, 5, 4, 0, 2}
		for cuts := range 1 << (len(runs) - 1) {
			var other []job
			from := 0
			for i := 1; i <= len(runs); i++ {
				if i == len(runs) || cuts>>(i-1)&1 == 1 {
					other = append(other, oneLoop(table, runs, fits, sorted[from:i]))
					from = i
				}
			}
			if !(cost(jobs) <= cost(other)*(1+1e-12)) {
				t.Errorf("n = %d: %d loops of cost %g, others cost %g", n, len(jobs), cost(jobs), cost(other))
			}
		}
		loops[n] = len(jobs)
	}
	if loops[1] != 1 || loops[100_000] != 5 || loops[3000] < 2 {
		t.Errorf("loops by the number of contexts: %v", loops)
	}
}

// A run in a wider loop is the run by itself.
func TestTrainWidened(t *testing.T) {
	c := trainingCorpus(t)
	for _, only := range []bool{true, false} {
		narrow := Training{Hidden: 3, Steps: 30, Rate: 1e-2, Seed: 1, Only: only}
		wide := narrow
		wide.Hidden = 9
		apart, err := trained(t, []*Corpus{c}, []Training{narrow}, false)
		if err != nil {
			t.Fatal(err)
		}
		chained, err := trained(t, []*Corpus{c}, []Training{narrow, wide}, false)
		if err != nil {
			t.Fatal(err)
		}
		a, b := apart[0][0], chained[0][0]
		if !(math.Abs(a.Gap-b.Gap) <= single*a.Gap) || a.Training != b.Training || a.Free != b.Free {
			t.Errorf("only the FNN: %v: gap %g by itself, %g in a wider loop", only, a.Gap, b.Gap)
		}
		if b.Gap == chained[0][1].Gap {
			t.Errorf("only the FNN: %v: both runs have gap %g", only, b.Gap)
		}
	}
}

func TestTrainingMistakes(t *testing.T) {
	good := Training{Hidden: 2, Steps: 1, Rate: 1}
	c := trainingCorpus(t)
	whole, err := NewCorpus(c.Documents, c.Zeta, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(r *Training){
		func(r *Training) { r.Hidden = 0 },
		func(r *Training) { r.Steps = 0 },
		func(r *Training) { r.Rate = math.NaN() },
		func(r *Training) { r.Rate = math.Inf(1) },
		func(r *Training) { r.PerDecade = -1 },
	} {
		r := good
		change(&r)
		if _, err := Train(context.Background(), "", []*Corpus{c}, []Training{r}); !errors.Is(err, ErrInput) {
			t.Errorf("%+v: error %v", r, err)
		}
	}
	for what, corpus := range map[string]*Corpus{"nil": nil, "with the empty context": whole, "without contexts": {Zeta: 3}} {
		if _, err := Train(context.Background(), "", []*Corpus{corpus}, []Training{good}); !errors.Is(err, ErrInput) {
			t.Errorf("corpus %s: error %v", what, err)
		}
	}
	if _, err := RunGrid(t.Context(), Grid{Texts: []Text{{Kind: "none", N: 3}}, Runs: []Training{good}}); err == nil {
		t.Error("a text of an unknown kind is no error")
	}
}

// Equal seeds start with equal attention at all widths, other seeds with other numbers, and the
// numbers are those of the project's rule, in the order of the layout.
func TestInitial(t *testing.T) {
	narrow, wide := model.NewOpenings(7, 3), model.NewOpenings(7, 5)
	shared := narrow.Count() - narrow.CountFNN() // embeddings and attention come first
	one, again := Training{Seed: 1}.Initial(narrow), Training{Seed: 1}.Initial(narrow)
	other, wider := Training{Seed: 2}.Initial(narrow), Training{Seed: 1}.Initial(wide)
	if !slices.Equal(one, again) {
		t.Error("one seed has two starts")
	}
	if !slices.Equal(one[:shared], wider[:shared]) {
		t.Error("attention depends on the width")
	}
	for i := range one {
		if one[i] == other[i] {
			t.Fatalf("parameter %d of %d is %g for both seeds", i, len(one), one[i])
		}
	}
	if want := random.Stream(1, "capacity/openings").NormFloat64(); one[0] != want {
		t.Errorf("the first number is %g, want %g of the stream", one[0], want)
	}
}
