package train

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// R runs of one program on a leading axis. The state is that of a run with [R, ...] in the
// place of [...], the numbers of the optimizer and the guard [R], and the args are columns that
// all runs have in common, as they are, or [R, n, ...], and with batches
//
//	table  [rows, R, width]  the examples of each step of a segment (Int32)
//	first  []                the step of the first row (Int64)

// axis is the leading axis of a driver's loop, with what was last read of it.
type axis struct {
	loop    *xla.Loop
	program *program
	runs    int
	rowAt   int // step of row; -1 of none
	row     []float64
	stateAt int
	state   []*tensors.Tensor
}

// place is one run of an axis.
type place struct {
	*axis
	i int
}

// leading makes runs of one program that stand at one step.
func leading(loop *xla.Loop, runs []*running) *driver {
	a := &axis{loop: loop, program: runs[0].program, runs: len(runs), rowAt: -1, stateAt: -1}
	for i, r := range runs {
		r.loop = place{a, i}
	}
	return &driver{loop: loop, runs: runs, lead: a}
}

func (p place) Steps() int { return p.loop.Steps() }

// Measure returns the row of the run, as its own program would have measured it.
func (p place) Measure() ([]float64, error) {
	if k := p.loop.Steps(); p.rowAt != k {
		row, err := p.loop.Measure()
		if err != nil {
			return nil, err
		}
		p.row, p.rowAt = row, k
	}
	looked := len(p.program.task.looked())
	sizes, rest := p.row[:looked], p.row[looked:]
	row := slices.Clone(sizes)
	if p.program.guarded {
		row, rest = append(row, rest[p.i]), rest[p.runs:]
	}
	for _, size := range sizes {
		n := int(size)
		row = append(row, rest[p.i*n:(p.i+1)*n]...)
		rest = rest[p.runs*n:]
	}
	return row, nil
}

// State returns the state of the run.
func (p place) State() ([]*tensors.Tensor, error) {
	if k := p.loop.Steps(); p.stateAt != k {
		state, err := p.loop.State()
		if err != nil {
			return nil, err
		}
		p.state, p.stateAt = state, k
	}
	one := make([]*tensors.Tensor, len(p.state))
	for s, t := range p.state {
		var err error
		if one[s], err = part(t, p.i); err != nil {
			return nil, err
		}
	}
	return one, nil
}

// part returns t[i].
func part(t *tensors.Tensor, i int) (*tensors.Tensor, error) {
	one := tensors.FromShape(shapes.Make(t.DType(), t.Shape().Dimensions[1:]...))
	err := t.ConstBytes(func(from []byte) {
		one.MutableBytes(func(to []byte) { copy(to, from[i*len(to):]) })
	})
	return one, err
}

// stack returns the tensors, which have one shape, on a leading axis.
func stack(all []*tensors.Tensor) (*tensors.Tensor, error) {
	runs := make([][]*tensors.Tensor, len(all))
	for i, t := range all {
		runs[i] = []*tensors.Tensor{t}
	}
	one, err := xla.StackRuns(runs)
	if err != nil {
		return nil, err
	}
	return one[0], nil
}

// stacked returns the state and the columns of runs. What all have in common, be it one
// tensor or equal ones, stays without the axis.
func stacked(runs []*running) (state, args []*tensors.Tensor, err error) {
	lists := func(of func(r *running) []*tensors.Tensor, share bool) ([]*tensors.Tensor, error) {
		columns := make([][]*tensors.Tensor, len(of(runs[0])))
		for _, r := range runs {
			for c, t := range of(r) {
				columns[c] = append(columns[c], t)
			}
		}
		out := make([]*tensors.Tensor, len(columns))
		for c, all := range columns {
			if share && common(all) {
				out[c] = all[0]
				continue
			}
			var err error
			if out[c], err = stack(all); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	if state, err = lists(func(r *running) []*tensors.Tensor { return r.state }, false); err != nil {
		return nil, nil, err
	}
	args, err = lists(func(r *running) []*tensors.Tensor { return r.args(r.Job) }, true)
	return state, args, err
}

// common reports whether tensors are equal, byte by byte.
func common(all []*tensors.Tensor) bool {
	same := true
	for _, t := range all[1:] {
		if t != all[0] {
			all[0].ConstBytes(func(a []byte) { t.ConstBytes(func(b []byte) { same = same && bytes.Equal(a, b) }) })
		}
	}
	return same
}

// setTogether returns the columns of a set among the args, [R, n, ...], where all is how many
// runs there are.
func (p *program) setTogether(name string, args []*Node, runs int) []*Node {
	at := 0
	for _, s := range p.sets {
		if s == name {
			break
		}
		at += p.columns[s]
	}
	var all []*Node
	for i, column := range p.set(name, args) {
		if column.Rank() == p.ranks[at+i] {
			column = BroadcastPrefix(column, runs)
		}
		all = append(all, column)
	}
	return all
}

// batchTogether returns the columns of the batches of step k, [R, B, ...].
func (p *program) batchTogether(k *Node, args []*Node, runs int) []*Node {
	if !p.batched {
		return p.setTogether(Train, args, runs)
	}
	table, first := args[len(args)-2], args[len(args)-1]
	width := table.Shape().Dim(-1)
	rows := Reshape(Gather(table, ExpandDims(Sub(k, first), 0)), runs, width)
	at := slices.Index(p.sets, Train)
	place := 0
	for _, s := range p.sets[:at] {
		place += p.columns[s]
	}
	var batch []*Node
	for i, column := range p.set(Train, args) {
		dims, take := column.Shape().Dimensions, rows
		if column.Rank() > p.ranks[place+i] { // [R, n, ...]: run r's examples begin at r n
			n := dims[1]
			begin := MulScalar(Iota(k.Graph(), shapes.Make(rows.DType(), runs, width), 0), float64(n))
			column, take, dims = Reshape(column, append([]int{runs * n}, dims[2:]...)...), Add(rows, begin), dims[1:]
		}
		found := Gather(column, Reshape(take, runs*width, 1))
		batch = append(batch, Reshape(found, append([]int{runs, width}, dims[1:]...)...))
	}
	return batch
}

// stepTogether makes one step of all runs.
func (p *program) stepTogether(k *Node, state, args []*Node) []*Node {
	params, slots, bad := p.split(state)
	runs := params[0].Shape().Dim(0)
	losses := p.task.Together(slices.Clone(params), p.batchTogether(k, args, runs))
	if !losses.Shape().Equal(shapes.Make(losses.DType(), runs)) {
		panic(fmt.Errorf("train: %s: Together of %d runs returned shape %s, want a loss for each, [%d]", p.task.Name, runs, losses.Shape(), runs))
	}
	grads := Gradient(ReduceAllSum(losses), params...) // runs have no parameter in common
	next, moved := p.opt.Update(k, losses, grads, params, slots)
	next = append(next, moved...)
	if p.guarded {
		next = append(next, guard(k, losses, bad))
	}
	return next
}

// measureTogether returns what measure does, of each result the entries of one run after the
// other.
func (p *program) measureTogether(_ *Node, state, args []*Node) []*Node {
	params, _, bad := p.split(state)
	runs := params[0].Shape().Dim(0)
	var sizes, results []*Node
	for _, l := range p.task.Looks {
		for i, x := range p.lookTogether(l, params, args, runs) {
			if x.Rank() == 0 || x.Shape().Dim(0) != runs {
				panic(fmt.Errorf("train: %s: Together of the look %q has shape %s of %d runs, want [%d, ...]", p.task.Name, l.Names[i], x.Shape(), runs, runs))
			}
			sizes = append(sizes, Scalar(x.Graph(), dtypes.Float64, float64(x.Shape().Size()/runs)))
			results = append(results, x)
		}
	}
	if p.guarded {
		sizes = append(sizes, bad)
	}
	return append(sizes, results...)
}

// lookTogether looks at all runs, with At at one after the other.
func (p *program) lookTogether(l Look, params, args []*Node, runs int) []*Node {
	var set []*Node
	if l.Set != "" {
		set = p.setTogether(l.Set, args, runs)
	}
	if l.Together != nil {
		return p.look(l, l.Together, params, set)
	}
	all := make([][]*Node, len(l.Names))
	for r := range runs {
		one := func(nodes []*Node) (out []*Node) {
			for _, x := range nodes {
				out = append(out, Squeeze(Slice(x, AxisElem(r)), 0))
			}
			return out
		}
		for i, x := range p.look(l, l.At, one(params), one(set)) {
			all[i] = append(all[i], x)
		}
	}
	found := make([]*Node, len(all))
	for i, x := range all {
		found[i] = Stack(x, 0)
	}
	return found
}

// fingerprintTogether is the fingerprint of the program of many runs, as of one of them.
func (p *program) fingerprintTogether(j *Job, b *xla.Backend, begin []*tensors.Tensor) (string, error) {
	var state []*tensors.Tensor
	for _, t := range begin {
		one, err := stack([]*tensors.Tensor{t})
		if err != nil {
			return "", err
		}
		state = append(state, one)
	}
	args := p.args(j)
	if p.batched {
		order, err := j.order()
		if err != nil {
			return "", err
		}
		args = append(args, tensors.FromShape(shapes.Make(dtypes.Int32, 1, 1, order.width)), tensors.FromScalar(int64(0)))
	}
	return xla.Fingerprint(b, p.stepTogether, p.measures(p.measureTogether), state, args)
}
