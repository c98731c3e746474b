package train

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/xla"
)

// program is what a job compiles. Its state is
//
//	parameters, slots of the optimizer, and the first step whose loss was not
//	finite, -1 until then (Int64; not with Config.NaN)
//
// and its args are the columns of the sets that are read, in the order of their
// names, and with batches
//
//	table  [rows, width]  the examples of each step of a segment (Int32)
//	first  []             the step of the first row (Int64)
type program struct {
	task    Task
	opt     optim.Optimizer
	sets    []string       // that are read
	columns map[string]int // of each
	batched bool
	ranks   []int  // of the columns that are read
	print   string // see fingerprint; "" until it is asked for
	guarded bool   // the state has the guard against losses that are not finite
}

func (j *Job) program() (*program, error) {
	opt, err := j.Config.spec().New(j.Task.Layout)
	if err != nil {
		return nil, err
	}
	p := &program{task: j.Task, opt: opt, columns: map[string]int{}, batched: j.Config.Batch > 0, guarded: !j.Config.NaN}
	for _, name := range names(j.Sets) {
		reads := func(l Look) bool { return l.Set == name }
		if name == Train || slices.ContainsFunc(j.Task.Looks, reads) {
			p.sets = append(p.sets, name)
			p.columns[name] = len(j.Sets[name])
			for _, column := range j.Sets[name] {
				p.ranks = append(p.ranks, column.Rank())
			}
		}
	}
	return p, nil
}

// fingerprint tells the program from others, whatever their tasks are called: see
// xla.Fingerprint. begin is the state at the beginning.
func (p *program) fingerprint(j *Job, b *xla.Backend, begin []*tensors.Tensor) (string, error) {
	if p.print == "" {
		args := p.args(j)
		if p.batched {
			order, err := j.order()
			if err != nil {
				return "", err
			}
			args = append(args, tensors.FromShape(shapes.Make(dtypes.Int32, 1, order.width)), tensors.FromScalar(int64(0)))
		}
		var err error
		if p.print, err = xla.Fingerprint(b, p.step, p.measures(p.measure), begin, args); err != nil {
			return "", err
		}
	}
	return p.print, nil
}

// key names the programs that are likely the same, so that a worker takes them one after
// the other.
func (j *Job) key() string {
	return fmt.Sprintf("train %s %s batched=%t", j.Task.Name, j.Config.spec().Program(), j.Config.Batch > 0)
}

// set returns the columns of a set among the args.
func (p *program) set(name string, args []*Node) []*Node {
	at := 0
	for _, s := range p.sets {
		if s == name {
			return slices.Clone(args[at : at+p.columns[s]])
		}
		at += p.columns[s]
	}
	return nil
}

// split divides the state.
func (p *program) split(state []*Node) (params, slots []*Node, bad *Node) {
	n := len(p.task.Layout)
	params, slots = state[:n:n], state[n:]
	if p.guarded {
		slots, bad = slots[:len(slots)-1:len(slots)-1], slots[len(slots)-1]
	}
	return params, slots, bad
}

// step makes one step of the optimizer.
func (p *program) step(k *Node, state, args []*Node) []*Node {
	params, slots, bad := p.split(state)
	batch := p.set(Train, args)
	if p.batched {
		table, first := args[len(args)-2], args[len(args)-1]
		row := ExpandDims(Gather(table, ExpandDims(Sub(k, first), 0)), -1) // [B, 1]
		for i, column := range batch {
			batch[i] = Gather(column, row)
		}
	}
	var loss *Node
	objective := func(k *Node, params, args []*Node) (*Node, []*Node) {
		f, grads := p.task.objective()(k, params, args)
		loss = p.task.scalar(f)
		return f, grads
	}
	next := optim.Step(objective, p.opt, len(params))(k, append(params, slots...), batch)
	if p.guarded {
		next = append(next, guard(k, loss, bad))
	}
	return next
}

// guard is the first step whose loss was not finite, -1 until then; of one run or of each.
func guard(k, loss, bad *Node) *Node {
	now := And(LessThan(bad, ZerosLike(bad)), Not(IsFinite(loss)))
	if !bad.IsScalar() {
		k = BroadcastPrefix(k, bad.Shape().Dimensions...)
	}
	return Where(now, k, bad)
}

// measure returns the number of entries of each look's result, the guard if there
// is one, and the results.
func (p *program) measure(_ *Node, state, args []*Node) []*Node {
	params, _, bad := p.split(state)
	var sizes, results []*Node
	for _, l := range p.task.Looks {
		found := p.look(l, l.At, params, p.set(l.Set, args))
		for _, x := range found {
			sizes = append(sizes, Scalar(params[0].Graph(), dtypes.Float64, float64(x.Shape().Size())))
		}
		results = append(results, found...)
	}
	if p.guarded {
		sizes = append(sizes, bad)
	}
	return append(sizes, results...)
}

// look is what a look's function returns, a node for each name.
func (p *program) look(l Look, at func(params, set []*Node) []*Node, params, set []*Node) []*Node {
	found := at(slices.Clone(params), set)
	if len(found) != len(l.Names) {
		panic(fmt.Errorf("train: %s: the look %q returned %d nodes", p.task.Name, l.Names, len(found)))
	}
	return found
}

// measures is the measure if there is something to measure, of one run or of many.
func (p *program) measures(measure xla.Step) xla.Step {
	if !p.guarded && len(p.task.Looks) == 0 {
		return nil
	}
	return measure
}

// read takes a measured row apart: results by name, and the guard.
func (p *program) read(row []float64) (seen map[string][]float64, bad int) {
	looked := p.task.looked()
	sizes, rest := row[:len(looked)], row[len(looked):]
	bad = -1
	if p.guarded {
		bad, rest = int(rest[0]), rest[1:]
	}
	seen = map[string][]float64{}
	for i, name := range looked {
		n := int(sizes[i])
		seen[name], rest = rest[:n:n], rest[n:]
	}
	return seen, bad
}

// start returns the state at the beginning of a run.
func (p *program) start(j *Job) ([]*tensors.Tensor, error) {
	from, err := j.From.Tensors(j.Task.dtype())
	if err != nil {
		return nil, fmt.Errorf("where the run begins: %w", err)
	}
	state := optim.State(p.opt, from...)
	if p.guarded {
		state = append(state, tensors.FromScalar(int64(-1)))
	}
	return state, nil
}

// args returns the columns that are read.
func (p *program) args(j *Job) (args []*tensors.Tensor) {
	for _, name := range p.sets {
		args = append(args, j.Sets[name]...)
	}
	return args
}
