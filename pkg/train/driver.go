package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/xla"
)

// tableEntries bounds the table of examples on the device: 64 MiB.
var tableEntries = 1 << 24

// driver makes a run, or several that share the leading axis of a loop: the same steps, looks
// and stops of all.
type driver struct {
	loop  *xla.Loop
	runs  []*running
	lead  *axis // nil of one run alone
	table int   // place of the table of examples among the args
	rows  int   // of the table
	first int   // step of the table's first row
}

// alone makes one run.
func alone(loop *xla.Loop, r *running) *driver {
	r.loop = loop
	return &driver{loop: loop, runs: []*running{r}}
}

// make makes the runs to their ends.
func (d *driver) make(ctx context.Context) error {
	for _, r := range d.runs {
		r.begun = time.Now()
	}
	err := d.begin()
	if err != nil {
		return d.runs[0].wrap(err)
	}
	err = d.all(ctx)
	for _, r := range d.runs {
		r.run.Seconds = r.seconds()
	}
	var bad *NotFinite
	if err != nil && !errors.As(err, &bad) {
		err = d.runs[0].wrap(err)
	}
	return err
}

// begin starts the loop where the runs stand, which is at one step.
func (d *driver) begin() error {
	k := d.runs[0].from
	for _, r := range d.runs {
		if !r.batched {
			continue
		}
		var err error
		if r.order, err = r.Job.order(); err != nil {
			return err
		}
		if err := r.order.skip(k); err != nil {
			return err
		}
		d.rows = max(1, min(r.Config.Steps, tableEntries/(r.order.width*len(d.runs))))
	}
	state, args := d.runs[0].state, d.runs[0].args(d.runs[0].Job)
	if d.lead != nil {
		var err error
		if state, args, err = stacked(d.runs); err != nil {
			return err
		}
	}
	d.table = len(args)
	if d.runs[0].batched {
		table, first, err := d.segment(k)
		if err != nil {
			return err
		}
		args = append(args, table, first)
	}
	for _, r := range d.runs {
		r.state = nil // the device has it
	}
	return d.loop.StartAt(k, state, args)
}

// segment returns the table of the steps from k on, [rows, width] or, of R runs,
// [rows, R, width].
func (d *driver) segment(k int) (table, first *tensors.Tensor, err error) {
	d.first = k
	width, runs := d.runs[0].order.width, len(d.runs)
	all := make([]int32, d.rows*runs*width)
	for i, r := range d.runs {
		rows, err := r.order.table(d.rows, r.Config.Steps-k)
		if err != nil {
			return nil, nil, err
		}
		for row := range d.rows {
			copy(all[(row*runs+i)*width:], rows[row*width:(row+1)*width])
		}
	}
	dims := []int{d.rows, runs, width}
	if d.lead == nil {
		dims = []int{d.rows, width}
	}
	return tensors.FromFlatDataAndDimensions(all, dims...), tensors.FromScalar(int64(k)), nil
}

// all runs to the end.
func (d *driver) all(ctx context.Context) error {
	c := d.runs[0].Config
	stops := slices.Concat(c.at(), c.Keep, []int{c.Steps})
	slices.Sort(stops)
	for _, k := range slices.Compact(stops) {
		seen := d.runs[0].run.Steps
		done := len(seen) > 0 && seen[len(seen)-1] >= k
		if k < d.loop.Steps() || k == d.loop.Steps() && done {
			continue // before the checkpoint
		}
		if err := d.to(ctx, k); err != nil {
			return d.each(func(r *running) error { return r.interrupted(ctx, err) })
		}
		if err := d.each(func(r *running) error { return r.stop(k) }); err != nil {
			return err
		}
	}
	if err := d.each((*running).finish); err != nil {
		return err
	}
	progress.Report(ctx, 1)
	return nil
}

// each does something with every run; its error is that of the first that fails.
func (d *driver) each(do func(r *running) error) (first error) {
	for _, r := range d.runs {
		if err := do(r); err != nil && first == nil {
			first = err
			if d.lead != nil {
				first = fmt.Errorf("run %d: %w", r.number, err)
			}
		}
	}
	return first
}

// to runs to step k, over the ends of segments and the times of checkpoints.
func (d *driver) to(ctx context.Context, k int) error {
	for d.loop.Steps() < k {
		end := k
		if d.runs[0].batched {
			if d.loop.Steps() == d.first+d.rows {
				if err := d.nextSegment(); err != nil {
					return err
				}
			}
			end = min(end, d.first+d.rows)
		}
		for _, r := range d.runs {
			end = r.saver.next(d.loop.Steps(), end)
		}
		if err := d.advance(ctx, end); err != nil {
			return err
		}
		for _, r := range d.runs {
			if r.saver.due(d.loop.Steps()) {
				if err := r.saver.save(false); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (d *driver) nextSegment() error {
	table, first, err := d.segment(d.loop.Steps())
	if err != nil {
		return err
	}
	return errors.Join(d.loop.SetArg(d.table, table), d.loop.SetArg(d.table+1, first))
}

// errPause ends a call of the loop where it is time for a checkpoint.
var errPause = errors.New("train: time for a checkpoint")

// advance runs to step k, or until it is time for a checkpoint.
func (d *driver) advance(ctx context.Context, k int) error {
	total := float64(max(d.runs[0].Config.Steps, 1))
	ctx = progress.Range(ctx, float64(d.loop.Steps())/total, float64(k)/total)
	limited := ctx
	if until, ok := d.deadline(); ok {
		var cancel context.CancelFunc
		limited, cancel = context.WithDeadlineCause(ctx, until, errPause)
		defer cancel()
	}
	err := d.loop.Run(limited, k-d.loop.Steps())
	if errors.Is(err, errPause) && ctx.Err() == nil {
		return nil
	}
	return err
}

// deadline is the first time at which a run is to be kept; false if none is.
func (d *driver) deadline() (until time.Time, ok bool) {
	for _, r := range d.runs {
		if r.saver == nil {
			continue
		}
		if at := r.saver.deadline(); !ok || at.Before(until) {
			until, ok = at, true
		}
	}
	return until, ok
}
