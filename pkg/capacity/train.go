package capacity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/repro"
	"github.com/marginalia-ml/marginalia/xla"
)

// Training is one run of the paper's experiment: the network model.Openings, trained by
// Adam (β₁ = 0.9, β₂ = 0.999, ε = 1e-8) on all contexts at once, the loss being the sum over
// all predicted tokens. The paper's runs have Rate 1e-4, Constant, and 50,000 steps.
type Training struct {
	Hidden    int  // m
	Only      bool // only the FNN is trained, attention and embeddings stay as drawn
	Steps     int
	Rate      float64 // step size, which falls to 0 along half a cosine
	Constant  bool    // or does not
	Seed      uint64  // of the initial parameters; equal seeds have equal attention at all widths
	PerDecade int     // traced points in each factor of ten of the steps; 0: the end alone
}

// Fit is what came out of a Training on a corpus.
type Fit struct {
	Training Training
	Contexts int // n
	Zeta     int // ζ
	Params   int // of the network
	Free     int // of these, trained
	Entropy  float64
	Gap      float64 // Σ_α c(α) KL(p̂ ‖ h), a sum in nats like Entropy, at the end
	Trace    []GapAt
}

// GapAt is the gap after a number of steps.
type GapAt struct {
	Step int
	Gap  float64
}

// Relative is the gap over the entropy bound. The paper calls a corpus learned when it is
// below 1%, or 5% where only the FNN is trained.
func (f Fit) Relative() float64 { return f.Gap / f.Entropy }

// TrainedCount is the number of parameters of the trained network,
//
//	ζ m + 17 (ζ + m) + 1088
func TrainedCount(zeta, m int) int { return model.NewOpenings(zeta, m).Count() }

// Grid is the experiment of a heat map: every text with every run.
type Grid struct {
	Texts []Text
	Runs  []Training
}

// RunGrid makes all runs of a grid, on the backend of the environment. The result has a
// row for each text, which is kept as soon as it is there (repro.Part): a grid that is
// interrupted goes on with the text at which it stood.
func RunGrid(ctx context.Context, g Grid) (fits [][]Fit, err error) {
	var corpora []*Corpus
	for _, t := range g.Texts {
		c, err := t.Corpus()
		if err != nil {
			return nil, err
		}
		corpora = append(corpora, c)
	}
	fits = make([][]Fit, len(corpora))
	if len(corpora)*len(g.Runs) == 0 {
		return fits, nil
	}
	pool, err := xla.NewPool("", len(g.Runs))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	part := progress.Split(ctx, len(corpora))
	for i, t := range g.Texts {
		row := Grid{Texts: []Text{t}, Runs: g.Runs}
		fits[i], err = repro.Part(part(i), fmt.Sprintf("text-%d", i), row, func(ctx context.Context, _ Grid) ([]Fit, error) {
			all, err := train(ctx, pool, corpora[i:i+1], g.Runs, pool.Together())
			if err != nil {
				return nil, err
			}
			return all[0], nil
		})
		if err != nil {
			return nil, err
		}
		progress.Report(part(i), 1)
	}
	return fits, nil
}

// Train trains on every corpus with every run; spec names the backend, as for xla.Open. The
// result has a row for each corpus. On the CPU each core has a worker, the longest runs come
// first, and runs on a corpus whose widths are not far apart share a program; on a GPU
// runs on a corpus that differ in width and seed share a leading axis, grouped by size.
//
// Parameters are trained in float32; the gap is computed on the host in float64 as a sum of
// terms that are never negative, without the cancellation of a loss close to its bound.
func Train(ctx context.Context, spec string, corpora []*Corpus, runs []Training) (fits [][]Fit, err error) {
	if len(corpora)*len(runs) == 0 {
		return make([][]Fit, len(corpora)), nil
	}
	pool, err := xla.NewPool(spec, len(corpora)*len(runs))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	return train(ctx, pool, corpora, runs, pool.Together())
}

func train(ctx context.Context, pool *xla.Pool, corpora []*Corpus, runs []Training, together bool) ([][]Fit, error) {
	for i, r := range runs {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("run %d: %w", i, err)
		}
	}
	fits := make([][]Fit, len(corpora))
	var all []job
	for i, c := range corpora {
		if c == nil {
			return nil, bad("corpus %d is nil", i)
		}
		t, err := newTable(c, model.NewOpenings(c.Zeta, 1))
		if err != nil {
			return nil, fmt.Errorf("corpus %d: %w", i, err)
		}
		fits[i] = make([]Fit, len(runs))
		alike := func(i int) string {
			r := runs[i]
			r.Hidden, r.Seed = 0, 0
			return fmt.Sprint(r)
		}
		for _, group := range xla.Groups(len(runs), true, alike) {
			if together {
				all = append(all, bySize(t, runs, fits[i], group)...)
			} else {
				all = append(all, widened(t, runs, fits[i], group)...)
			}
		}
	}
	// The dearest first, so that no worker is left with one at the end.
	slices.SortStableFunc(all, func(a, b job) int { return b.cost() - a.cost() })
	var jobs []xla.Job
	for _, j := range all {
		program := j.program()
		jobs = append(jobs, xla.Job{Program: program, Run: func(ctx context.Context, w *xla.Worker) error {
			adam, err := j.optimizer()
			if err != nil {
				return err
			}
			loop, err := w.Loop(program, optim.Step(j.net(j.width).Objective, adam, 1), nil)
			if err != nil {
				return err
			}
			if err := j.begin(loop, adam); err != nil {
				return err
			}
			return j.run(ctx, loop)
		}})
	}
	return fits, pool.Run(ctx, jobs)
}

func (r Training) check() error {
	switch {
	case r.Hidden < 1:
		return bad("%d hidden units, want at least 1", r.Hidden)
	case r.Steps < 1:
		return bad("%d steps, want at least 1", r.Steps)
	case !(r.Rate > 0) || math.IsInf(r.Rate, 1):
		return bad("step size %v, want a positive number", r.Rate)
	case r.PerDecade < 0:
		return bad("%d traced points in each factor of ten, want 0 or more", r.PerDecade)
	}
	return nil
}

// steps are those at which a run is measured.
func (r Training) steps() []int {
	if r.PerDecade == 0 {
		return []int{r.Steps}
	}
	return xla.LogSteps(r.Steps, r.PerDecade)
}

// Initial returns the parameters that a run starts from, in the order of the layout: the
// beginning of the stream "capacity/openings" of the run's seed.
func (r Training) Initial(net model.Openings) []float64 {
	return net.Params().Flat(random.Stream(r.Seed, "capacity/openings"))
}
