package capacity

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/xla"
)

// job is one run of a loop: runs on one corpus that share everything but their widths and
// seeds, side by side.
type job struct {
	table *table
	runs  []Training
	fits  []*Fit

	// width is that of the loop. A narrower run has units whose weights are zero, in and
	// out. GELU(0) = 0, so that their gradients are exactly zero and they stay.
	width int
}

func (j job) net(hidden int) model.Compact {
	return model.Compact{Openings: model.NewOpenings(j.table.zeta, hidden), Only: j.runs[0].Only}
}

// cost is about proportional to the time of a step: the operations of its matrix products
// and, dearer, of its sums over the tokens of the contexts.
func (j job) cost() int {
	return len(j.runs) * j.costOf(j.width)
}

// costOf is the cost of one of its runs in a loop of some width.
func (j job) costOf(m int) int {
	const attentionCost = 100 // measured: 0.8 times the time of an FNN of 32 units at ζ = 173
	t := j.table
	perContext := 3 * m * (t.zeta + t.dim)
	if !j.runs[0].Only {
		perContext += attentionCost * t.dim * model.NewOpenings(t.zeta, 1).T
	}
	return j.runs[0].Steps * t.n * perContext
}

// Loop returns the loop of a run on a corpus, at its start.
func (r Training) Loop(b *xla.Backend, c *Corpus) (*xla.Loop, error) {
	j, err := r.job(c)
	if err != nil {
		return nil, err
	}
	return j.loop(b)
}

// Gap returns the gap at the present state of a loop that Loop made.
func (r Training) Gap(c *Corpus, l *xla.Loop) (float64, error) {
	j, err := r.job(c)
	if err != nil {
		return 0, err
	}
	gaps, err := j.gaps(l)
	if err != nil {
		return 0, err
	}
	return gaps[0], nil
}

func (r Training) job(c *Corpus) (j job, err error) {
	if err := r.check(); err != nil {
		return j, err
	}
	t, err := newTable(c, model.NewOpenings(c.Zeta, r.Hidden))
	return job{table: t, runs: []Training{r}, width: r.Hidden}, err
}

// loop returns the job's loop at its start.
func (j job) loop(b *xla.Backend) (*xla.Loop, error) {
	adam, err := j.optimizer()
	if err != nil {
		return nil, err
	}
	loop, err := xla.NewLoop(b, optim.Step(j.net(j.width).Objective, adam, 1), nil)
	if err != nil {
		return nil, err
	}
	if err := j.begin(loop, adam); err != nil {
		return nil, errors.Join(err, loop.Close())
	}
	return loop, nil
}

// program names what the job compiles.
func (j job) program() string {
	return fmt.Sprintf("openings ζ=%d n=%d m=%d runs=%d only=%t %s",
		j.table.zeta, j.table.n, j.width, len(j.runs), j.runs[0].Only, j.runs[0].spec().Program())
}

// spec is the optimizer, whose numbers are inputs of the program.
func (r Training) spec() optim.Spec {
	s := optim.Spec{Method: "adam", Rate: r.Rate, Schedule: optim.ScheduleSpec{Kind: "cosine", Total: r.Steps}}
	if r.Constant {
		s.Schedule = optim.ScheduleSpec{}
	}
	return s
}

// optimizer is that of all the job's runs, for their one vector of parameters.
func (j job) optimizer() (optim.Optimizer, error) {
	return j.runs[0].spec().New(model.Layout{{Name: "θ"}})
}

// begin starts the job on its loop or on that of another job of its program.
func (j job) begin(loop *xla.Loop, adam optim.Optimizer) error {
	net := j.net(j.width)
	theta, x := j.start(net)
	return loop.Start(optim.State(adam, theta), j.table.args(net, x))
}

// run makes the steps of a loop that was begun and writes the fits.
func (j job) run(ctx context.Context, loop *xla.Loop) error {
	for i, r := range j.runs {
		*j.fits[i] = j.fit(r)
	}
	total := float64(j.runs[0].Steps)
	for _, k := range j.runs[0].steps() {
		part := progress.Range(ctx, float64(loop.Steps())/total, float64(k)/total)
		if err := loop.Run(part, k-loop.Steps()); err != nil {
			return err
		}
		gaps, err := j.gaps(loop)
		if err != nil {
			return err
		}
		for i, f := range j.fits {
			f.Gap, f.Trace = gaps[i], append(f.Trace, GapAt{k, gaps[i]})
		}
	}
	return nil
}

// gaps returns the gap of each run at the present state of the loop.
func (j job) gaps(loop *xla.Loop) ([]float64, error) {
	state, err := loop.State()
	if err != nil {
		return nil, err
	}
	theta, err := tensors.CopyFlatData[float32](state[0])
	if err != nil {
		return nil, err
	}
	net := j.net(j.width)
	k := net.Free().Count()
	gaps := make([]float64, len(j.runs))
	for i, r := range j.runs {
		params := make([]float64, k)
		for at, v := range theta[i*k : (i+1)*k] {
			params[at] = float64(v)
		}
		h := newHost(net.Openings, net.Free(), params)
		x := j.frozen(r)
		if !net.Only {
			x = h.features(j.table)
		}
		gaps[i] = h.gap(j.table, x)
	}
	return gaps, nil
}

// frozen returns what the attention that a run starts from makes of each context.
func (j job) frozen(r Training) [][]float64 {
	net := j.net(r.Hidden).Openings
	return newHost(net, net.Params(), r.Initial(net)).features(j.table)
}

func (j job) fit(r Training) Fit {
	net := j.net(r.Hidden)
	return Fit{
		Training: r, Contexts: j.table.n, Zeta: j.table.zeta,
		Params: net.Count(), Free: net.Free().Count(), Entropy: j.table.corpus.Entropy(),
	}
}

// start returns the free parameters of the runs, filled up with zeros to the width of the
// loop, and, if only the FNN is trained, what the frozen attention gives each of them. A
// leading axis has the runs if there are several.
func (j job) start(net model.Compact) (theta, x *tensors.Tensor) {
	var params, features []float64
	for _, r := range j.runs {
		own := j.net(r.Hidden)
		all := r.Initial(own.Openings)
		if own.Only {
			features = append(features, columns(j.frozen(r))...)
		}
		all = all[own.Params().Count()-own.Free().Count():]
		for i, p := range own.Free() {
			params = append(params, widen(all[:p.Size()], p.Shape, net.Free()[i].Shape)...)
			all = all[p.Size():]
		}
	}
	var runs []int
	if len(j.runs) > 1 {
		runs = []int{len(j.runs)}
	}
	theta = float32s(params, append(runs, net.Free().Count())...)
	if net.Only {
		x = float32s(features, append(runs, net.Dim, j.table.n)...)
	}
	return theta, x
}

// columns returns rows as the columns of a matrix in row order.
func columns(rows [][]float64) []float64 {
	m := make([]float64, 0, len(rows)*len(rows[0]))
	for i := range rows[0] {
		for _, row := range rows {
			m = append(m, row[i])
		}
	}
	return m
}

// widen puts a vector or matrix of shape from into the corner of zeros of shape to.
func widen(x []float64, from, to []int) []float64 {
	rows, cols, wide := 1, from[len(from)-1], to[len(to)-1]
	size := wide
	if len(from) == 2 {
		rows, size = from[0], to[0]*wide
	}
	y := make([]float64, size)
	for i := range rows {
		copy(y[i*wide:], x[i*cols:(i+1)*cols])
	}
	return y
}

func float32s(x []float64, dims ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(xla.Float32s(x), dims...)
}
