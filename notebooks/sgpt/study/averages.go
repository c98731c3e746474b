package study

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/federated"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train/fed"
)

// Averages are what a server makes of prompts of groups, as shares of what one client has
// changed, and of rows that nobody has used.
type Averages struct {
	Diluted      float64 // the only one of four clients that picked the group; weights by examples, m_p = ½
	Sixty, Forty float64 // the same, weights by counts, where it was picked 60 and 40 times
	Formula      float64 // largest difference from (1 − m_p) Σ w_i (P_i − P), unequal clients
	Whole        float64 // the same without 1 − m_p
	Unused, Mean float64 // how far a row moves that nobody picked and everybody sent changed: by counts, by examples
	Idle         float64 // relative change of an unpicked row in a client's training with weight decay
	Picked       int     // groups that this client did pick
	Decayed      float64 // what 65 steps of the authors' optimizer do to such a row
}

// MeasureAverages lets the server of a small federation average.
func MeasureAverages(ctx context.Context, backend string, seed uint64) (out Averages, err error) {
	f, err := open(ctx, backend, seed, "averages")
	if err != nil {
		return out, err
	}
	defer func() { err = closed(f.pool, err) }()
	net := f.setup.Backbone.Net
	byCounts := federated.SGPT(net, 4, 2)
	byCounts.Query = net.Layers / 2
	diluted := byCounts
	diluted.Dilute, diluted.GroupMomentum = true, 0.5
	const row = 2
	name := fmt.Sprintf("group.%d", net.Layers-1)
	// round is one with four clients, of which the second has changed a row.
	round := func(m federated.Method, examples []int, change func(client int, p model.Params), counts func(client int) []int) (before, after model.Params, sent []model.Params, err error) {
		t, err := f.setup.NewTask(ctx, f.pool, m, once)
		if err != nil {
			return before, after, nil, err
		}
		server, err := t.Server()
		if err != nil {
			return before, after, nil, err
		}
		before = server.Global
		if err = server.Begin([]int{0, 1, 2, 3}); err != nil {
			return before, after, nil, err
		}
		for i, n := range examples {
			p := before.Clone()
			change(i, p)
			sent = append(sent, p)
			if err = server.Take(fed.Update{Client: i, Examples: n, Params: p, Counts: counts(i)}); err != nil {
				return before, after, nil, err
			}
		}
		err = server.Close()
		return before, server.Global, sent, err
	}
	alone := func(client int, p model.Params) {
		if client == 1 {
			jolt(f.rng, rowOf(p, name, row, 4))
		}
	}
	for _, k := range []struct {
		m     federated.Method
		picks int
		into  *float64
	}{{diluted, 60, &out.Diluted}, {byCounts, 60, &out.Sixty}, {byCounts, 40, &out.Forty}} {
		before, after, sent, err := round(k.m, []int{50, 50, 50, 50}, alone, func(client int) []int {
			counts := []int{70, 0, 0, 0}
			if client == 1 {
				counts[row] = k.picks
			}
			return counts
		})
		if err != nil {
			return out, err
		}
		*k.into = part(rowOf(before, name, row, 4), rowOf(after, name, row, 4), rowOf(sent[1], name, row, 4))
	}
	everybody := func(_ int, p model.Params) { jolt(f.rng, rowOf(p, name, row, 4)) }
	nobody := func(int) []int { return []int{70, 0, 0, 0} }
	examples := []int{10, 40, 80, 70}
	before, after, sent, err := round(diluted, examples, everybody, nobody)
	if err != nil {
		return out, err
	}
	was, is := rowOf(before, name, row, 4), rowOf(after, name, row, 4)
	for k := range was {
		mean := 0.0
		for i, n := range examples {
			mean += float64(n) / 200 * (rowOf(sent[i], name, row, 4)[k] - was[k])
		}
		out.Formula = max(out.Formula, math.Abs(is[k]-was[k]-0.5*mean))
		out.Whole = max(out.Whole, math.Abs(is[k]-was[k]-mean))
		out.Mean = max(out.Mean, math.Abs(is[k]-was[k]))
	}
	if before, after, _, err = round(byCounts, examples, everybody, nobody); err != nil {
		return out, err
	}
	was, is = rowOf(before, name, row, 4), rowOf(after, name, row, 4)
	for k := range was {
		out.Unused = max(out.Unused, math.Abs(is[k]-float64(float32(was[k]))))
	}
	out.Decayed = decayed(65, 0.01, 0.9, 1e-5)
	return out, out.idle(ctx, f, byCounts, name)
}

// idle trains a client, whose batches take the group of most, and looks at the others' rows.
func (out *Averages) idle(ctx context.Context, f *few, m federated.Method, name string) error {
	m.Majority = true
	c := federated.Config{Rounds: 1, Share: 1, Epochs: 5, Batch: 20, Rate: 0.01, Momentum: 0.9, Decay: 1e-2}
	t, err := f.setup.NewTask(ctx, f.pool, m, c)
	if err != nil {
		return err
	}
	p := f.lively(t, m)
	trained, err := t.Train(ctx, f.pool, []int{0}, 0, p, []int{0, 0, 0, 0})
	if err != nil {
		return err
	}
	for g, n := range trained[0].Counts {
		if n > 0 {
			out.Picked++
			continue
		}
		was, is := rowOf(p, name, g, 4), rowOf(trained[0].Params, name, g, 4)
		for k, v := range was {
			out.Idle = max(out.Idle, math.Abs(is[k]/float64(float32(v))-1))
		}
	}
	return nil
}

// rowOf is the row of a group in a parameter with an axis of groups, in place.
func rowOf(p model.Params, name string, g, groups int) []float64 {
	all := p.Get(name)
	n := len(all) / groups
	return all[g*n : (g+1)*n]
}

func jolt(rng *rand.Rand, x []float64) {
	for k := range x {
		x[k] += rng.NormFloat64()
	}
}

// part returns the share of a change that has been made: the projection of is − was on changed − was.
func part(was, is, changed []float64) float64 {
	dot, square := 0.0, 0.0
	for k, v := range was {
		e := changed[k] - v
		dot, square = dot+(is[k]-v)*e, square+e*e
	}
	return dot / square
}

// decayed returns the relative change of a number whose gradient is zero, after steps of
// stochastic gradient descent with momentum and weight decay.
func decayed(steps int, rate, momentum, decay float64) float64 {
	x, v := 1.0, 0.0
	for range steps {
		v = momentum*v + decay*x
		x -= rate * v
	}
	return 1 - x
}
