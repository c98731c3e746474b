package train

import (
	"context"
	"errors"
	"fmt"

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
	r, err := j.prepare(ctx, p, b)
	if err != nil || r.over {
		return r.result(), err
	}
	loop, err := xla.NewLoop(b, p.step, p.measures(p.measure))
	if err != nil {
		return nil, j.wrap(err)
	}
	defer func() { err = errors.Join(err, loop.Close()) }()
	return r.run, alone(loop, r).make(ctx)
}

// FitAll makes runs at once, on as many backends of spec (see xla.Open) as there
// are cores. Jobs whose graphs are the same, as where configurations differ in numbers
// alone, share what is compiled. A job that fails ends all.
//
// On a GPU, or where the pool of [FitPool] says so, jobs whose tasks have a Together and whose
// graphs, shapes and steps are the same run on a leading axis of one loop; a set that they have
// in common lies on the device once. To round-off each is then the run alone.
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
	runs := make([]*Run, len(jobs))
	var work []xla.Job
	for _, group := range pool.Groups(len(jobs), func(i int) string { return jobs[i].shape(i) }) {
		work = append(work, xla.Job{Program: jobs[group[0]].key(), Run: func(ctx context.Context, w *xla.Worker) error {
			return fitGroup(ctx, w, jobs, group, runs)
		}})
	}
	return runs, pool.Run(ctx, work)
}

// fitGroup makes the runs of a group on a worker: those alone whose graphs are no other's,
// or that go on from another step than the others, or from before the look there.
func fitGroup(ctx context.Context, w *xla.Worker, jobs []Job, group []int, runs []*Run) error {
	together := len(group) > 1
	var keys []string
	parts := map[string][]*running{}
	for _, i := range group {
		j := jobs[i]
		p, err := j.program()
		if err != nil {
			return j.wrap(err)
		}
		r, err := j.prepare(ctx, p, w.Backend)
		runs[i] = r.result()
		if err != nil {
			return err
		}
		if r.over {
			continue
		}
		r.number = i
		print := p.fingerprint
		if together {
			print = p.fingerprintTogether
		}
		if r.graph, err = print(&j, w.Backend, r.state); err != nil {
			return j.wrap(err)
		}
		// at one step some may have looked, others not
		key := fmt.Sprint(r.graph, " from ", r.from, " after ", len(r.run.Steps), " looks")
		if parts[key] == nil {
			keys = append(keys, key)
		}
		parts[key] = append(parts[key], r)
	}
	for at, key := range keys {
		ctx := progress.Range(ctx, float64(at)/float64(len(keys)), float64(at+1)/float64(len(keys)))
		if err := fitPart(ctx, w, parts[key], together); err != nil {
			return err
		}
	}
	return nil
}

// fitPart makes runs of one graph that stand at the same step.
func fitPart(ctx context.Context, w *xla.Worker, part []*running, together bool) error {
	p := part[0].program
	if together && len(part) > 1 {
		loop, err := w.Loop("train together "+part[0].graph, p.stepTogether, p.measures(p.measureTogether))
		if err != nil {
			return err
		}
		return leading(loop, part).make(ctx)
	}
	for _, r := range part {
		print, err := r.fingerprint(r.Job, w.Backend, r.state)
		if err != nil {
			return r.wrap(err)
		}
		loop, err := w.Loop("train "+print, r.step, r.measures(r.measure))
		if err != nil {
			return err
		}
		if err := alone(loop, r).make(ctx); err != nil {
			return err
		}
	}
	return nil
}

// shape is the same for the jobs that may share a leading axis, as far as their data tell.
func (j *Job) shape(number int) string {
	if j.Task.Together == nil {
		return fmt.Sprint("alone ", number)
	}
	text := fmt.Sprintf("%s %s NaN=%t steps=%d at=%v keep=%v", j.key(), j.Task.dtype(), j.Config.NaN, j.Config.Steps, j.Config.at(), j.Config.Keep)
	for _, name := range names(j.Sets) {
		text += fmt.Sprintf(" %q", name)
		for _, column := range j.Sets[name] {
			text += column.Shape().String()
		}
	}
	return text
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
