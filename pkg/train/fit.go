package train

import (
	"context"
	"errors"
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/model"
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
	return j.run(ctx, loop, p, b)
}

// FitAll makes runs at once, on as many backends of spec (see xla.Open) as there
// are cores. Jobs whose graphs are the same, as where configurations differ in numbers
// alone, share what is compiled. A job that fails ends all.
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
			begin, err := p.start(&j)
			if err != nil {
				return j.wrap(err)
			}
			print, err := p.fingerprint(&j, w.Backend, begin)
			if err != nil {
				return j.wrap(err)
			}
			loop, err := w.Loop("train "+print, p.step, p.measures())
			if err != nil {
				return err
			}
			runs[i], err = j.run(ctx, loop, p, w.Backend)
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
