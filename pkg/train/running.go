package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/xla"
)

// running is a run under way.
type running struct {
	*Job
	*program
	loop   device
	number int               // among the jobs
	graph  string            // fingerprint of what makes it
	state  []*tensors.Tensor // where it begins in this process
	from   int               // the step there
	over   bool              // its checkpoint says that it had come to its end
	order  *batches          // nil without batches
	run    *Run
	best   float64
	saver  *saver // nil without a checkpoint

	begun   time.Time
	earlier float64 // seconds of the processes before
}

// device is what a run asks of the loop that makes it, perhaps beside others.
type device interface {
	Steps() int
	Measure() ([]float64, error)
	State() ([]*tensors.Tensor, error)
}

// seconds is what the run has taken so far.
func (r *running) seconds() float64 { return r.earlier + time.Since(r.begun).Seconds() }

// result is what there is of the run; nil of none.
func (r *running) result() *Run {
	if r == nil {
		return nil
	}
	return r.run
}

// prepare finds where the run begins: at its start or where its checkpoint stands.
func (j Job) prepare(ctx context.Context, p *program, b *xla.Backend) (*running, error) {
	r := &running{Job: &j, program: p, begun: time.Now(), best: math.Inf(1), run: &Run{Seen: map[string][]float64{}, Kept: map[int]model.Params{}}}
	var err error
	if r.state, err = p.start(&j); err != nil {
		return nil, j.wrap(err)
	}
	if folder := progress.Folder(ctx); folder != "" && j.Checkpoint.Path == "" {
		r.saver, err = saverIn(folder, r, b, r.state)
	} else if j.Checkpoint.Path != "" {
		r.saver, err = newSaver(r, b, r.state)
	}
	if err != nil {
		return nil, j.wrap(err)
	}
	if r.saver == nil {
		return r, nil
	}
	saved, err := r.saver.load(r.state)
	switch {
	case err != nil:
		return nil, err
	case saved == nil:
		return r, nil
	}
	r.from, r.state = saved.step, saved.state
	r.run, r.best, r.earlier = saved.run, saved.best, saved.run.Seconds
	r.run.Resumed = r.from
	if saved.done {
		fmt.Fprintf(notices, "marginalia: %s had come to its end (%s)\n", j.Task.Name, j.Checkpoint.Path)
		r.over = true
		r.run.Last, err = model.FromTensors(j.Task.Layout, r.state)
		return r, err
	}
	fmt.Fprintf(notices, "marginalia: %s goes on from step %d of %d (%s)\n", j.Task.Name, r.from, j.Config.Steps, j.Checkpoint.Path)
	return r, nil
}

// notices is where a run says that it goes on from a checkpoint: the file that EnvNotices
// names, or else the standard error. Tests change it.
var notices io.Writer = noticer{}

// EnvNotices is the environment variable that names the file: for runners, whose notebooks
// should look alike whether or not something was kept.
const EnvNotices = "MARGINALIA_NOTICES"

type noticer struct{}

func (noticer) Write(text []byte) (int, error) {
	path := os.Getenv(EnvNotices)
	if path == "" {
		return os.Stderr.Write(text)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, err
	}
	n, err := f.Write(text)
	return n, errors.Join(err, f.Close())
}

// stop looks, and keeps what is to be kept, after step k.
func (r *running) stop(k int) error {
	looks := slices.Contains(r.Config.at(), k)
	if looks && r.measures(r.measure) != nil {
		row, err := r.loop.Measure()
		if err != nil {
			return err
		}
		seen, bad := r.read(row)
		if bad >= 0 {
			return r.notFinite(bad, "")
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
			return model.Params{}, r.notFinite(int(bad), "")
		}
	}
	p, err := model.FromTensors(r.Task.Layout, state)
	if err != nil || !r.guarded {
		return p, err
	}
	for i, values := range p.Values { // the last gradient may have made them so
		for _, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return model.Params{}, r.notFinite(r.loop.Steps()-1, p.Layout[i].Name)
			}
		}
	}
	return p, nil
}

// finish takes the last parameters and writes the last checkpoint.
func (r *running) finish() (err error) {
	if r.run.Last, err = r.params(); err != nil {
		return err
	}
	if r.Config.Best != "" && len(r.run.Best.Values) == 0 {
		return fmt.Errorf("the look %q, by which the best parameters are chosen, was never a number below +∞, after %d looks up to step %d: nothing is best",
			r.Config.Best, len(r.run.Steps), r.loop.Steps())
	}
	if r.saver != nil && time.Since(r.saver.begun) >= r.saver.least {
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
	if r.saver == nil { // the disk was full
		return err
	}
	return fmt.Errorf("%w; it goes on from %s", err, r.Checkpoint.Path)
}

// notFinite says whose loss was not finite, or the parameter that a step made so.
func (r *running) notFinite(step int, param string) error {
	e := &NotFinite{Task: r.Task.Name, Step: step, Param: param, Rate: r.Config.Optimizer.Rate}
	if r.batched && step >= 0 {
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
