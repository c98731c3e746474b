package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

// Job is a run to be made.
type Job struct {
	Task       Task
	Sets       map[string]Set // "train", and those that looks are at
	From       model.Params   // where the run begins
	Config     Config
	Checkpoint Checkpoint
}

// Fit makes one run on a backend. When ctx ends, or where the loss is not finite,
// it returns what was seen up to there with the error.
func Fit(ctx context.Context, b *xla.Backend, t Task, sets map[string]Set, from model.Params, c Config) (*Run, error) {
	return Job{Task: t, Sets: sets, From: from, Config: c}.Fit(ctx, b)
}

// Fit makes the run on a backend, and goes on from the job's checkpoint if there is
// one.
func (j Job) Fit(ctx context.Context, b *xla.Backend) (run *Run, err error) {
	if err := j.check(); err != nil {
		return nil, err
	}
	p, err := j.program()
	if err != nil {
		return nil, j.wrap(err)
	}
	loop, err := xla.NewLoop(b, p.step, p.measures())
	if err != nil {
		return nil, j.wrap(err)
	}
	defer func() { err = errors.Join(err, loop.Close()) }()
	return j.run(ctx, loop, p, b.Kind)
}

// FitAll makes runs at once, on as many backends of spec (see xla.Open) as there
// are cores. Jobs whose tasks have one name and whose configurations differ in
// numbers alone share what is compiled. A job that fails ends all.
func FitAll(ctx context.Context, spec string, jobs []Job) (runs []*Run, err error) {
	if len(jobs) == 0 {
		return nil, nil
	}
	pool, err := xla.NewPool(spec, len(jobs))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	return FitPool(ctx, pool, jobs)
}

// FitPool is [FitAll] on a pool, which keeps what is compiled for later runs. A run
// that ended early is returned as far as it came, beside the error.
func FitPool(ctx context.Context, pool *xla.Pool, jobs []Job) ([]*Run, error) {
	for i, j := range jobs {
		if err := j.check(); err != nil {
			return nil, fmt.Errorf("run %d: %w", i, err)
		}
		if _, err := j.program(); err != nil {
			return nil, fmt.Errorf("run %d: %w", i, j.wrap(err))
		}
	}
	runs, work := make([]*Run, len(jobs)), make([]xla.Job, len(jobs))
	for i, j := range jobs {
		key := j.key()
		work[i] = xla.Job{Program: key, Run: func(ctx context.Context, w *xla.Worker) error {
			p, err := j.program()
			if err != nil {
				return err
			}
			loop, err := w.Loop(key, p.step, p.measures())
			if err != nil {
				return err
			}
			runs[i], err = j.run(ctx, loop, p, w.Backend.Kind)
			return err
		}}
	}
	return runs, pool.Run(ctx, work)
}

func (j *Job) wrap(err error) error { return fmt.Errorf("train: %s: %w", j.Task.Name, err) }

func (j *Job) check() error {
	if err := j.Task.check(j.Sets); err != nil {
		return j.wrap(err)
	}
	examples, _ := j.Sets[Train].Examples() // checked
	if err := j.Config.check(j.Task, examples); err != nil {
		return j.wrap(err)
	}
	if err := j.Task.Layout.CheckSame(j.From.Layout); err != nil {
		return j.wrap(fmt.Errorf("where the run begins: %w", err))
	}
	if _, err := model.NewParams(j.From.Layout, j.From.Values); err != nil {
		return j.wrap(fmt.Errorf("where the run begins: %w", err))
	}
	if j.Config.Batch > 0 {
		if _, err := j.order(); err != nil {
			return j.wrap(err)
		}
	}
	return j.Checkpoint.check()
}

// order returns the batches from the first step on.
func (j *Job) order() (*batches, error) {
	policy := j.Task.Order
	if policy == nil {
		var err error
		if policy, err = j.Config.Order.policy(); err != nil {
			return nil, err
		}
	}
	examples, err := j.Sets[Train].Examples()
	if err != nil {
		return nil, err
	}
	return newBatches(policy, random.Stream(j.Config.Seed, j.Config.Stream+"/order"), examples, j.Config.Batch)
}

// tableEntries bounds the table of examples on the device: 64 MiB.
var tableEntries = 1 << 24

// running is a run under way.
type running struct {
	*Job
	*program
	loop  *xla.Loop
	order *batches // nil without batches
	rows  int      // of the table
	first int      // step of the table's first row
	run   *Run
	best  float64
	saver *saver // nil without a checkpoint
}

// run makes the run on a loop of the job's program.
func (j Job) run(ctx context.Context, loop *xla.Loop, p *program, kind string) (*Run, error) {
	r := &running{Job: &j, program: p, loop: loop, best: math.Inf(1), run: &Run{Seen: map[string][]float64{}, Kept: map[int]model.Params{}}}
	begin := p.start(&j)
	k := 0
	if j.Checkpoint.Path != "" {
		r.saver = newSaver(r, kind)
		saved, err := r.saver.load(begin)
		if err != nil {
			return nil, err
		}
		if saved != nil {
			k, begin = saved.step, saved.state
			r.run, r.best = saved.run, saved.best
			r.run.Resumed = k
			if saved.done {
				fmt.Fprintf(notices, "marginalia: %s had come to its end (%s)\n", j.Task.Name, j.Checkpoint.Path)
				r.run.Last, err = model.FromTensors(j.Task.Layout, begin)
				return r.run, err
			}
			fmt.Fprintf(notices, "marginalia: %s goes on from step %d of %d (%s)\n", j.Task.Name, k, j.Config.Steps, j.Checkpoint.Path)
		}
	}
	if err := r.begin(k, begin); err != nil {
		return nil, j.wrap(err)
	}
	err := r.all(ctx)
	if err != nil {
		var bad *NotFinite
		if !errors.As(err, &bad) {
			err = j.wrap(err)
		}
	}
	return r.run, err
}

// notices is where a run says that it goes on from a checkpoint.
var notices io.Writer = os.Stderr

// begin starts the loop after k steps.
func (r *running) begin(k int, state []*tensors.Tensor) error {
	args := r.args(r.Job)
	if r.batched {
		var err error
		if r.order, err = r.Job.order(); err != nil {
			return err
		}
		if err := r.order.skip(k); err != nil {
			return err
		}
		r.rows = max(1, min(r.Config.Steps, tableEntries/r.order.width))
		table, first, err := r.segment(k)
		if err != nil {
			return err
		}
		args = append(args, table, first)
	}
	return r.loop.StartAt(k, state, args)
}

// segment returns the table of the steps from k on.
func (r *running) segment(k int) (table, first *tensors.Tensor, err error) {
	r.first = k
	rows, err := r.order.table(r.rows, r.Config.Steps-k)
	if err != nil {
		return nil, nil, err
	}
	return tensors.FromFlatDataAndDimensions(rows, r.rows, r.order.width), tensors.FromScalar(int64(k)), nil
}

// all runs to the end.
func (r *running) all(ctx context.Context) error {
	stops := slices.Concat(r.Config.at(), r.Config.Keep, []int{r.Config.Steps})
	slices.Sort(stops)
	for _, k := range slices.Compact(stops) {
		done := len(r.run.Steps) > 0 && r.run.Steps[len(r.run.Steps)-1] >= k
		if k < r.loop.Steps() || k == r.loop.Steps() && done {
			continue // before the checkpoint
		}
		if err := r.to(ctx, k); err != nil {
			return r.interrupted(ctx, err)
		}
		if err := r.stop(k); err != nil {
			return err
		}
	}
	if err := r.finish(); err != nil {
		return err
	}
	progress.Report(ctx, 1)
	return nil
}

// to runs to step k, over the ends of segments and the times of checkpoints.
func (r *running) to(ctx context.Context, k int) error {
	for r.loop.Steps() < k {
		end := k
		if r.batched {
			if r.loop.Steps() == r.first+r.rows {
				if err := r.nextSegment(); err != nil {
					return err
				}
			}
			end = min(end, r.first+r.rows)
		}
		if err := r.advance(ctx, r.saver.next(r.loop.Steps(), end)); err != nil {
			return err
		}
		if r.saver.due(r.loop.Steps()) {
			if err := r.saver.save(false); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *running) nextSegment() error {
	table, first, err := r.segment(r.loop.Steps())
	if err != nil {
		return err
	}
	n := len(r.args(r.Job))
	return errors.Join(r.loop.SetArg(n, table), r.loop.SetArg(n+1, first))
}

// errPause ends a call of the loop where it is time for a checkpoint.
var errPause = errors.New("train: time for a checkpoint")

// advance runs to step k, or until it is time for a checkpoint.
func (r *running) advance(ctx context.Context, k int) error {
	total := float64(max(r.Config.Steps, 1))
	ctx = progress.Range(ctx, float64(r.loop.Steps())/total, float64(k)/total)
	limited := ctx
	if r.saver != nil {
		var cancel context.CancelFunc
		limited, cancel = context.WithDeadlineCause(ctx, r.saver.deadline(), errPause)
		defer cancel()
	}
	err := r.loop.Run(limited, k-r.loop.Steps())
	if errors.Is(err, errPause) && ctx.Err() == nil {
		return nil
	}
	return err
}

// stop looks, and keeps what is to be kept, after step k.
func (r *running) stop(k int) error {
	looks := slices.Contains(r.Config.at(), k)
	if looks && r.measures() != nil {
		row, err := r.loop.Measure()
		if err != nil {
			return err
		}
		seen, bad := r.read(row)
		if bad >= 0 {
			return r.notFinite(bad)
		}
		if err := r.look(k, seen); err != nil {
			return err
		}
	}
	if looks {
		r.run.Steps = append(r.run.Steps, k)
	}
	if slices.Contains(r.Config.Keep, k) {
		p, err := r.params()
		if err != nil {
			return err
		}
		r.run.Kept[k] = p
	}
	return nil
}

func (r *running) look(k int, seen map[string][]float64) error {
	for name, values := range seen {
		r.run.Seen[name] = append(r.run.Seen[name], values...)
	}
	if r.Config.Best == "" {
		return nil
	}
	values := seen[r.Config.Best]
	if len(values) != 1 {
		return fmt.Errorf("the look %q, by which the best parameters are chosen, has %d entries, want 1", r.Config.Best, len(values))
	}
	if !(values[0] < r.best) {
		return nil
	}
	p, err := r.params()
	if err != nil {
		return err
	}
	r.best, r.run.Best, r.run.BestStep = values[0], p, k
	return nil
}

func (r *running) params() (model.Params, error) {
	state, err := r.loop.State()
	if err != nil {
		return model.Params{}, err
	}
	if r.guarded {
		if bad := tensors.ToScalar[int64](state[len(state)-1]); bad >= 0 {
			return model.Params{}, r.notFinite(int(bad))
		}
	}
	return model.FromTensors(r.Task.Layout, state)
}

// finish takes the last parameters and writes the last checkpoint.
func (r *running) finish() (err error) {
	if r.run.Last, err = r.params(); err != nil {
		return err
	}
	if r.saver != nil {
		return r.saver.save(true)
	}
	return nil
}

// interrupted keeps a run whose context ended, and its parameters.
func (r *running) interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	p, failed := r.params()
	if failed != nil {
		return failed
	}
	r.run.Last = p
	if r.saver == nil {
		return err
	}
	if failed := r.saver.save(false); failed != nil {
		return errors.Join(err, failed)
	}
	return fmt.Errorf("%w; it goes on from %s", err, r.Checkpoint.Path)
}

// notFinite says whose loss was not finite.
func (r *running) notFinite(step int) error {
	e := &NotFinite{Task: r.Task.Name, Step: step, Rate: r.Config.Optimizer.Rate}
	if r.batched {
		order, err := r.Job.order()
		if err == nil {
			err = order.skip(step)
		}
		if err != nil {
			return err
		}
		if e.Examples, err = order.step(); err != nil {
			return err
		}
		e.Examples = slices.Clone(e.Examples)
	}
	return e
}
