package xla

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/progress"
)

// Measure returns the row of numbers of the measure for the present state.
func (l *Loop) Measure() ([]float64, error) {
	end, err := l.work()
	if err != nil {
		return nil, fmt.Errorf("xla: measure: %w", err)
	}
	defer end()
	if l.measure == nil {
		return nil, errors.New("xla: measure: the loop was made without a measure")
	}
	out, err := l.programs.measure.run(l.inputs(l.counter))
	if err != nil {
		return nil, fmt.Errorf("xla: measure after step %d: %w", l.k, err)
	}
	row := make([]float64, out[0].shape.Size())
	if err := errors.Join(out[0].buffer.ToFlatData(row), free(out)); err != nil {
		return nil, fmt.Errorf("xla: measure after step %d: %w", l.k, err)
	}
	return row, nil
}

// Point is what was measured after a number of steps.
type Point struct {
	Step   int
	Values []float64
}

// Trace runs on to each of the step counts, which increase from the present one
// or a later one, and measures there. With an error it returns the points that
// came before it. While it is under way it reports to pkg/progress.
func (l *Loop) Trace(ctx context.Context, steps []int) ([]Point, error) {
	end, err := l.work()
	if err != nil {
		return nil, fmt.Errorf("xla: trace: %w", err)
	}
	defer end()
	if len(steps) == 0 {
		return nil, nil
	}
	for i, k := range steps {
		if i == 0 && k < l.k || i > 0 && k <= steps[i-1] {
			return nil, fmt.Errorf("xla: trace: steps[%d] = %d does not increase (the run stands at %d)", i, k, l.k)
		}
	}
	report := newReporter(ctx, l.k, steps[len(steps)-1])
	defer report.end(l)
	trace := make([]Point, 0, len(steps))
	for _, k := range steps {
		if err := l.runTo(ctx, k, report); err != nil {
			return trace, err
		}
		row, err := l.Measure()
		if err != nil {
			return trace, err
		}
		trace = append(trace, Point{Step: k, Values: row})
	}
	return trace, nil
}

// LogSteps returns increasing step counts from 0 to n, about perDecade of them
// (at least one) in each factor of ten: for 1000 and 2, they are 0, 1, 3, 10,
// 32, 100, 316 and 1000. For n < 1 it returns just 0.
func LogSteps(n, perDecade int) []int {
	steps := []int{0}
	per := float64(max(perDecade, 1))
	for i, k := 0, 0; k < n; i++ {
		k = n
		if x := math.Round(math.Pow(10, float64(i)/per)); x < float64(n) {
			k = int(x)
		}
		if k > steps[len(steps)-1] {
			steps = append(steps, k)
		}
	}
	return steps
}

// interval is the least time between two reports of a run.
const interval = 250 * time.Millisecond

// reporter tells the context of a run how far it is: at most four times a second, and at
// the end of one that was long enough to be spoken of.
type reporter struct {
	ctx         context.Context
	first, last int // steps at the beginning and the end of the run
	told        time.Time
	spoke       bool
}

func newReporter(ctx context.Context, first, last int) *reporter {
	return &reporter{ctx: ctx, first: first, last: last, told: time.Now()}
}

func (r *reporter) at(k int) {
	if time.Since(r.told) < interval {
		return
	}
	r.say(k)
	r.told, r.spoke = time.Now(), true
}

func (r *reporter) end(l *Loop) {
	if r.spoke {
		r.say(l.k)
	}
}

func (r *reporter) say(k int) {
	progress.Report(r.ctx, float64(k-r.first)/float64(r.last-r.first))
}
