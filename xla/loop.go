package xla

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)

const (
	counterType = dtypes.Int64 // of the step counter

	// callTime is how long one device call of many steps should take: the
	// longest wait of a cancellation, and 2,000 times what a call costs.
	callTime = 100 * time.Millisecond

	// growth bounds how much longer one call is than the one before it, because
	// the time of a short call is mostly that of the call, not of its steps.
	growth = 8

	// unroll is the number of steps in one call where there is no While.
	unroll = 10
)

// Loop is an algorithm, compiled, and one run of it. It is not safe for
// concurrent use, and the Loops of one XLA backend take turns: workers that
// are to run at the same time need a backend each, see [Pool].
type Loop struct {
	backend       *Backend
	step, measure Step

	compiled map[string]*programs // by the shapes of state and args
	*programs

	k           int     // steps done
	counter     array   // k on the device
	state, args []array // of the run; state is nil before Start
}

// programs are the compiled forms of an algorithm for given shapes.
type programs struct {
	many    *program // XLA: any number of steps; pure Go: unroll steps, made when first needed
	single  *program // pure Go: one step
	measure *program // nil without a measure
	shapes  []shapes.Shape
	chunk   int           // XLA: steps of the next call
	perStep time.Duration // pure Go: of the last call
}

// NewLoop returns a Loop that advances by step. measure, which may be nil, is a
// function of the same kind whose results, of any shapes, make one row of
// numbers. Nothing is compiled before the shapes are known, in [Loop.Start].
func NewLoop(b *Backend, step, measure Step) (*Loop, error) {
	if b == nil || b.Backend == nil {
		return nil, errors.New("xla: new loop: no backend")
	}
	if b.IsFinalized() {
		return nil, errors.New("xla: new loop: the backend is closed")
	}
	if step == nil {
		return nil, errors.New("xla: new loop: no step")
	}
	return &Loop{backend: b, step: step, measure: measure, compiled: map[string]*programs{}}, nil
}

// Start begins a run at step 0 from copies of state and args, which the caller
// keeps. It compiles the step and the measure unless an earlier run had the
// same shapes. After an error there is no run.
func (l *Loop) Start(state, args []*tensors.Tensor) error { return l.StartAt(0, state, args) }

// StartAt is [Loop.Start] for a run that stands after k steps: with the state
// that an earlier run had there, from [Loop.State] in this process or from a
// file, it goes on to the bits of the run that was not interrupted.
func (l *Loop) StartAt(k int, state, args []*tensors.Tensor) error {
	end, err := l.backend.uses.begin()
	if err == nil {
		defer end()
		err = l.stop()
	}
	if err != nil {
		return fmt.Errorf("xla: start: %w", err)
	}
	err = l.begin(k, state, func() (err error) {
		l.args, err = l.uploadAll("args", args)
		return err
	})
	if err != nil {
		return errors.Join(fmt.Errorf("xla: start: %w", err), l.stop())
	}
	return nil
}

// Restart begins another run at step 0 from a copy of state, with the args of
// the run before it, which stay where they are on the device: for rounds and
// inner loops, whose data do not change. After an error there is no run.
func (l *Loop) Restart(state []*tensors.Tensor) error {
	end, err := l.work()
	if err != nil {
		return fmt.Errorf("xla: restart: %w", err)
	}
	defer end()
	old := append(l.state, l.counter)
	l.state, l.counter = nil, array{}
	err = protect(func() error { return free(old) })
	if err == nil {
		err = l.begin(0, state, func() error { return nil })
	}
	if err != nil {
		return errors.Join(fmt.Errorf("xla: restart: %w", err), l.stop())
	}
	return nil
}

// begin uploads a state, has args upload the rest, and finds the programs.
func (l *Loop) begin(k int, state []*tensors.Tensor, args func() error) error {
	switch {
	case k < 0:
		return fmt.Errorf("at step %d, want 0 or more", k)
	case len(state) == 0:
		return errors.New("the state is empty")
	case l.backend.IsFinalized():
		return errors.New("the backend is closed")
	}
	var err error
	if l.state, err = l.uploadAll("state", state); err != nil {
		return err
	}
	if err := args(); err != nil {
		return err
	}
	if l.counter, err = uploadScalar(l.backend, int64(k)); err != nil {
		return err
	}
	l.k = k
	return l.prepare()
}

// SetArg puts a copy of a tensor of the same shape in the place of args[i]: the
// next piece of a table that is too long for the device.
func (l *Loop) SetArg(i int, t *tensors.Tensor) error {
	end, err := l.work()
	if err != nil {
		return fmt.Errorf("xla: set args[%d]: %w", i, err)
	}
	defer end()
	if i < 0 || i >= len(l.args) {
		return fmt.Errorf("xla: set args[%d]: the run has %d", i, len(l.args))
	}
	a, err := upload(l.backend, t)
	if err != nil {
		return fmt.Errorf("xla: set args[%d]: %w", i, err)
	}
	if !a.shape.Equal(l.args[i].shape) {
		return errors.Join(fmt.Errorf("xla: set args[%d]: shape %s, want %s", i, a.shape, l.args[i].shape), free([]array{a}))
	}
	old := l.args[i]
	l.args[i] = a
	return free([]array{old})
}

func (l *Loop) uploadAll(name string, ts []*tensors.Tensor) ([]array, error) {
	var all []array
	for i, t := range ts {
		a, err := upload(l.backend, t)
		if err != nil {
			return all, fmt.Errorf("%s[%d]: %w", name, i, err)
		}
		all = append(all, a)
	}
	return all, nil
}

// prepare finds or compiles the programs for the shapes of the run.
func (l *Loop) prepare() error {
	counter := shapes.Make(counterType)
	p := &programs{shapes: []shapes.Shape{counter}, chunk: 1}
	var key strings.Builder
	for _, a := range slices.Concat(l.state, l.args) {
		p.shapes = append(p.shapes, a.shape)
		fmt.Fprintf(&key, "%s ", a.shape)
	}
	fmt.Fprint(&key, len(l.state))
	if known, ok := l.compiled[key.String()]; ok {
		l.programs = known
		return nil
	}
	var err error
	if l.hasWhile() {
		p.many, err = compile(l.backend, "steps", slices.Concat([]shapes.Shape{counter}, p.shapes), steps(l.step, len(l.state)))
	} else {
		p.single, err = compile(l.backend, "step", p.shapes, unrolled(l.step, len(l.state), 1))
	}
	if err != nil {
		return fmt.Errorf("the step does not compile: %w", err)
	}
	if l.measure != nil {
		p.measure, err = compile(l.backend, "measure", p.shapes, measured(l.measure, len(l.state)))
		if err != nil {
			return errors.Join(fmt.Errorf("the measure does not compile: %w", err), p.close())
		}
	}
	l.compiled[key.String()] = p
	l.programs = p
	return nil
}

// hasWhile reports whether the backend runs a While.
func (l *Loop) hasWhile() bool { return l.backend.Kind != KindGo }

// Steps returns the number of steps done.
func (l *Loop) Steps() int { return l.k }

// State returns a copy of the state.
func (l *Loop) State() ([]*tensors.Tensor, error) {
	end, err := l.work()
	if err != nil {
		return nil, fmt.Errorf("xla: state: %w", err)
	}
	defer end()
	state := make([]*tensors.Tensor, len(l.state))
	for i, a := range l.state {
		t, err := download(a)
		if err != nil {
			return nil, fmt.Errorf("xla: state[%d] after step %d: %w", i, l.k, err)
		}
		state[i] = t
	}
	return state, nil
}

// Run advances by n steps. When ctx ends it stops after the device call under
// way, about a tenth of a second at most (or one step), and returns the cause.
// After an error the run stands as it was after [Loop.Steps] steps and can go
// on. A NaN in the state is not an error: [Loop.Measure] shows it.
func (l *Loop) Run(ctx context.Context, n int) error {
	if n < 0 || n > math.MaxInt-l.k {
		return fmt.Errorf("xla: run: %d steps after %d", n, l.k)
	}
	done, err := l.work()
	if err != nil {
		return fmt.Errorf("xla: run: %w", err)
	}
	defer done()
	report := newReporter(ctx, l.k, l.k+n)
	defer report.end(l)
	return l.runTo(ctx, l.k+n, report)
}

func (l *Loop) runTo(ctx context.Context, end int, report *reporter) error {
	for l.k < end {
		if ctx.Err() != nil {
			return fmt.Errorf("xla: run stopped after step %d of %d: %w", l.k, end, context.Cause(ctx))
		}
		if err := l.advance(end - l.k); err != nil {
			return fmt.Errorf("xla: after step %d: %w", l.k, err)
		}
		report.at(l.k)
	}
	return nil
}

// advance makes one device call of at most n steps.
func (l *Loop) advance(n int) error {
	begin := time.Now()
	if l.hasWhile() {
		c := min(n, l.chunk)
		end, err := uploadScalar(l.backend, int64(l.k+c))
		if err != nil {
			return err
		}
		err = errors.Join(l.replace(l.many, c, l.counter, end), free([]array{end}))
		if d := time.Since(begin); c == l.chunk && err == nil {
			ratio := min(growth, float64(callTime)/float64(max(d, 1)))
			l.chunk = max(1, int(float64(c)*ratio))
		}
		return err
	}
	p, c := l.single, 1
	if n >= unroll && l.perStep > 0 && unroll*l.perStep <= callTime {
		if l.many == nil {
			many, err := compile(l.backend, "steps", l.shapes, unrolled(l.step, len(l.state), unroll))
			if err != nil {
				return err
			}
			l.many = many
		}
		p, c = l.many, unroll
	}
	err := l.replace(p, c, l.counter)
	l.perStep = time.Since(begin) / time.Duration(c)
	return err
}

// replace runs a program of c steps and puts its results in the place of the
// state. Nothing is donated: only when the new state is there is the old one
// freed, so that a call that fails leaves the run as it was.
func (l *Loop) replace(p *program, c int, counters ...array) error {
	out, err := p.run(l.inputs(counters...))
	if err != nil {
		return err
	}
	old := append(l.state, l.counter)
	l.counter, l.state, l.k = out[0], out[1:], l.k+c
	return free(old)
}

// inputs lists the buffers of a program's inputs.
func (l *Loop) inputs(counters ...array) []compute.Buffer {
	in := make([]compute.Buffer, 0, len(counters)+len(l.state)+len(l.args))
	for _, arrays := range [][]array{counters, l.state, l.args} {
		for _, a := range arrays {
			in = append(in, a.buffer)
		}
	}
	return in
}

func (l *Loop) started() error {
	switch {
	case l.state == nil:
		return errors.New("the loop was not started")
	case l.backend.IsFinalized():
		return errors.New("the backend is closed")
	}
	return nil
}

// work notes that the loop of a started run uses its backend, until end is called.
func (l *Loop) work() (end func(), err error) {
	if err := l.started(); err != nil {
		return nil, err
	}
	return l.backend.uses.begin()
}

// stop ends the run and frees its state.
func (l *Loop) stop() error {
	old := slices.Concat(l.state, l.args, []array{l.counter})
	l.state, l.args, l.counter, l.k, l.programs = nil, nil, array{}, 0, nil
	return protect(func() error { return free(old) })
}

// Close frees the run and the compiled programs. The Loop can be started anew.
func (l *Loop) Close() error {
	errs := []error{l.stop()}
	for _, p := range l.compiled {
		errs = append(errs, p.close())
	}
	clear(l.compiled)
	return errors.Join(errs...)
}

func (p *programs) close() error {
	return errors.Join(p.many.close(), p.single.close(), p.measure.close())
}
