package generalization

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// RunAll makes all of them. On a CPU as many are under way as the backend that spec names (see
// xla.Open) has cores for; on a GPU those of one form and size, seen after the same steps, are
// one loop.
func RunAll(ctx context.Context, spec string, all []*Runs) ([]*Trace, error) {
	if len(all) == 0 {
		return nil, nil
	}
	pool, err := xla.NewPool(spec, len(all))
	if err != nil {
		return nil, err
	}
	traces, err := runAll(ctx, pool, all, pool.Together())
	return traces, errors.Join(err, pool.Close())
}

func runAll(ctx context.Context, pool *xla.Pool, all []*Runs, together bool) ([]*Trace, error) {
	for _, r := range all {
		if err := r.check(); err != nil {
			return nil, err
		}
	}
	traces := make([]*Trace, len(all))
	var jobs []xla.Job
	for _, group := range xla.Groups(len(all), together, func(i int) string { return all[i].key() }) {
		for _, part := range parts(group, all[group[0]].activations()) {
			of := make([]*Runs, len(part))
			for at, i := range part {
				of[at] = all[i]
			}
			g := of[0].graphs(len(of))
			name := g.name(of[0].Single)
			jobs = append(jobs, xla.Job{Program: name, Run: func(ctx context.Context, w *xla.Worker) error {
				step, measure := g.step, g.measure
				if g.blocks > 1 {
					step, measure = g.steps, g.measures
				}
				loop, err := w.Loop(name, step, measure)
				if err != nil {
					return err
				}
				found, err := trace(ctx, loop, g, of)
				for at, i := range part {
					if err == nil {
						traces[i] = found[at]
					}
				}
				return err
			}})
		}
	}
	return traces, pool.Run(ctx, jobs)
}

// mostActivations bounds the outputs of neurons, m n L a network, of all that is in one loop:
// 1 GiB of float64, of which a step holds a few.
const mostActivations = 1 << 27

func (r *Runs) activations() int {
	return r.Networks() * r.Net.M * r.Samples[0].N() * r.Net.L
}

// parts divides a group into as few parts of nearly equal length as the bound allows, so that
// few programs are compiled.
func parts(group []int, each int) (out [][]int) {
	n := max(1, min(len(group), mostActivations/max(each, 1))) // of a part
	count := (len(group) + n - 1) / n
	for i := range count {
		out = append(out, group[i*len(group)/count:(i+1)*len(group)/count])
	}
	return out
}

// graphs are those of so many Runs of one key.
func (r *Runs) graphs(blocks int) *graphs {
	return &graphs{net: r.Net, k: r.Networks(), n: r.Samples[0].N(), shared: len(r.Samples) == 1,
		test: r.Test != nil, first: r.First, anchors: r.Anchors != nil, blocks: blocks}
}

// key is that of Runs that one loop can make.
func (r *Runs) key() string {
	tested := 0
	if r.Test != nil {
		tested = r.Test.N()
	}
	return fmt.Sprint(r.graphs(1).name(r.Single), tested, r.At)
}

// trace makes Runs of one key on their loop.
func trace(ctx context.Context, loop *xla.Loop, g *graphs, of []*Runs) ([]*Trace, error) {
	state, args := of[0].tensors(g)
	if len(of) > 1 {
		var states, all [][]*tensors.Tensor
		for _, r := range of {
			s, a := r.tensors(g)
			states, all = append(states, s), append(all, a)
		}
		var err error
		if state, err = xla.StackRuns(states); err == nil {
			args, err = xla.StackRuns(all)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := loop.Start(state, args); err != nil {
		return nil, err
	}
	points, err := loop.Trace(ctx, of[0].At)
	if err != nil {
		return nil, err
	}
	final, err := loop.State()
	if err != nil {
		return nil, err
	}
	traces := make([]*Trace, len(of))
	for b := range of {
		t := &Trace{}
		for _, p := range points {
			each := len(p.Values) / len(of)
			t.see(g, p.Step, p.Values[b*each:(b+1)*each])
		}
		t.Last = make([][]float64, g.k)
		for l := range g.net.L {
			flat := floats64(final[l])
			each := len(flat) / g.k / len(of)
			flat = flat[b*each*g.k:]
			for i := range t.Last {
				t.Last[i] = append(t.Last[i], flat[i*each:(i+1)*each]...)
			}
		}
		traces[b] = t
	}
	return traces, nil
}

// see takes a measured row apart.
func (t *Trace) see(g *graphs, step int, rest []float64) {
	t.At = append(t.At, step)
	take := func(to *[][]float64, n int) {
		*to = append(*to, rest[:n])
		rest = rest[n:]
	}
	for _, to := range []*[][]float64{&t.Train, &t.Sum, &t.Slope, &t.Moved, &t.Apart} {
		take(to, g.k)
	}
	take(&t.Losses, g.n)
	if g.leaves() {
		take(&t.Outside, g.n)
	}
	if g.anchors {
		take(&t.Anchor, g.k)
	}
	if g.test {
		take(&t.Test, g.tested())
		take(&t.Error, g.tested())
	}
}
