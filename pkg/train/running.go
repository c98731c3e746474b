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

	begun   time.Time
	earlier float64 // seconds of the processes before
}

// seconds is what the run has taken so far.
func (r *running) seconds() float64 { return r.earlier + time.Since(r.begun).Seconds() }

// run makes the run on a loop of the job's program.
func (j Job) run(ctx context.Context, loop *xla.Loop, p *program, b *xla.Backend) (*Run, error) {
	r := &running{Job: &j, program: p, loop: loop, begun: time.Now(), best: math.Inf(1), run: &Run{Seen: map[string][]float64{}, Kept: map[int]model.Params{}}}
	begin, err := p.start(&j)
	if err != nil {
		return nil, j.wrap(err)
	}
	k := 0
	if folder := progress.Folder(ctx); folder != "" && j.Checkpoint.Path == "" {
		r.saver, err = saverIn(folder, r, b, begin)
	} else if j.Checkpoint.Path != "" {
		r.saver, err = newSaver(r, b, begin)
	}
	if err != nil {
		return nil, j.wrap(err)
	}
	if r.saver != nil {
		saved, err := r.saver.load(begin)
		if err != nil {
			return nil, err
		}
		if saved != nil {
			k, begin = saved.step, saved.state
			r.run, r.best, r.earlier = saved.run, saved.best, saved.run.Seconds
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
	err = r.all(ctx)
	r.run.Seconds = r.seconds()
	if err != nil {
		var bad *NotFinite
		if !errors.As(err, &bad) {
			err = j.wrap(err)
		}
	}
	return r.run, err
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
