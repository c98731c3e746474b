package study

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/federated"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

// tiny is a network of two blocks: what holds whatever its parameters are is as true of it.
var tiny = model.ViT{Height: 28, Width: 28, Patch: 7, Layers: 2, Dim: 16, Heads: 2, Hidden: 32, Classes: 10}

// few is a small federation of the four domains, with a pool to run it.
type few struct {
	setup *federated.Setup
	pool  *xla.Pool
	rng   *rand.Rand

	// Queries after half of the blocks, and features after all: of pictures to train on of each
	// client in turn, then of pictures to test on. The pictures go through the network once.
	query, feature []float32
}

// open makes it for a seed, on a backend.
func open(ctx context.Context, backend string, seed uint64, name string) (*few, error) {
	digits, err := federated.LoadDigits(ctx)
	if err != nil {
		return nil, err
	}
	b, err := federated.NewBackbone(tiny, model.Draw(tiny.Params(), seed, "tiny"))
	if err != nil {
		return nil, err
	}
	setup, err := federated.NewFeature(b, digits, federated.FeatureSpec{Domains: federated.Domains, Copies: 1, Train: 4, Test: 5}, seed)
	if err != nil {
		return nil, err
	}
	pool, err := xla.NewPool(backend, 1)
	if err != nil {
		return nil, err
	}
	f := &few{setup: setup, pool: pool, rng: random.Stream(seed, name)}
	var x []float32
	for _, c := range setup.Clients {
		x = append(x, c.Train.X...)
	}
	x = append(x, f.pictures().X...)
	err = pool.Run(ctx, []xla.Job{{Run: func(ctx context.Context, w *xla.Worker) (err error) {
		if f.query, err = b.Features(ctx, w.Backend, x, tiny.Layers/2); err != nil {
			return err
		}
		f.feature, err = b.Features(ctx, w.Backend, x, tiny.Layers)
		return err
	}}})
	f.query = federated.Normalise(f.query, tiny.Dim)
	return f, closeIf(pool, err)
}

// once is training of a single step, without anything that is not the gradient.
var once = federated.Config{Rounds: 1, Share: 1, Epochs: 1, Batch: 1000, Rate: 0.1}

// pictures are some of each client, to test on.
func (f *few) pictures() (e federated.Examples) {
	for _, c := range f.setup.Clients {
		e.X, e.Y = append(e.X, c.Test.X...), append(e.Y, c.Test.Y...)
	}
	return e
}

// trained is how many pictures a client has to train on, and tested the place behind all of them.
func (f *few) trained() int { return f.setup.Clients[0].Train.Len() }
func (f *few) tested() int  { return len(f.setup.Clients) * f.trained() }

// lively are parameters none of which is zero, with the query of a picture of each client in
// turn for keys.
func (f *few) lively(t *federated.Task, m federated.Method) model.Params {
	p := t.Start().Clone()
	for i := range p.Values {
		for k := range p.Values[i] {
			p.Values[i][k] += 0.3 * f.rng.NormFloat64()
		}
	}
	for g := range m.Groups {
		at := g % len(f.setup.Clients) * f.trained() * tiny.Dim
		for k := range tiny.Dim {
			p.Get("keys")[g*tiny.Dim+k] = float64(f.query[at+k])
		}
	}
	return p
}

// apart returns the largest difference of logits.
func apart(a, b *federated.Seen) float64 {
	most := 0.0
	for i := range a.Logits {
		for k, v := range a.Logits[i] {
			most = max(most, math.Abs(v-b.Logits[i][k]))
		}
	}
	return most
}

// Identities are what holds of the network whatever was trained: the largest differences of
// logits, and beside each one where something is not as it should be.
type Identities struct {
	Off, On       float64 // other prompts of groups and other keys, with groups off and on
	Order, Counts float64 // pictures in another order; with the factor of training
	Scaled, Moved int     // groups that change where keys are multiplied by 3.7; where they are moved
	Right, Decay  float64 // |cos| of a key and what one step adds to it, without and with weight decay
	Step, Pull    float64 // a step of the keys less the formula, relative; less the sum of queries
	Head, Zero    float64 // no prompts, against the linear head on frozen features; one prompt of zeros
	One, None     float64 // a single group, against shared prompts everywhere; with groups off
}

// MeasureIdentities runs the network on pictures of four domains.
func MeasureIdentities(ctx context.Context, backend string, seed uint64) (out Identities, err error) {
	f, err := open(ctx, backend, seed, "identities")
	if err != nil {
		return out, err
	}
	defer func() { err = closed(f.pool, err) }()
	for _, measure := range []func(context.Context, *few) error{out.groups, out.keys, out.heads} {
		if err := measure(ctx, f); err != nil {
			return out, err
		}
	}
	return out, nil
}

// closed closes a pool at the end of its use, closeIf where it never came to be used.
func closed(pool *xla.Pool, err error) error {
	if e := pool.Close(); err == nil {
		return e
	}
	return err
}

func closeIf(pool *xla.Pool, err error) error {
	if err != nil {
		return closed(pool, err)
	}
	return nil
}

// groups measures what the choice of groups does to logits.
func (out *Identities) groups(ctx context.Context, f *few) error {
	net := f.setup.Backbone.Net
	m := federated.SGPT(net, 4, 2)
	m.Query = net.Layers / 2
	t, err := f.setup.NewTask(ctx, f.pool, m, once)
	if err != nil {
		return err
	}
	p := f.lively(t, m)
	other := p.Clone()
	for i, q := range p.Layout {
		if q.Name == "keys" || q.Name[0] == 'g' {
			for k := range other.Values[i] {
				other.Values[i][k] += f.rng.NormFloat64()
			}
		}
	}
	e := f.pictures()
	look := func(p model.Params, e federated.Examples, o federated.Options) (seen *federated.Seen) {
		if err == nil {
			seen, err = t.Predict(ctx, f.pool, p, e, o)
		}
		return seen
	}
	off := federated.Options{NoGroups: true}
	offA, offB := look(p, e, off), look(other, e, off)
	onA, onB := look(p, e, federated.Options{}), look(other, e, federated.Options{})
	order := f.rng.Perm(e.Len())
	shuffled := look(p, e.Take(order), federated.Options{})
	counted := look(p, e, federated.Options{Factor: federated.Factor([]int{1000, 10, 10, 10})})
	if err != nil {
		return err
	}
	out.Off, out.On = apart(offA, offB), apart(onA, onB)
	back := &federated.Seen{Logits: make([][]float64, e.Len())}
	for i, at := range order {
		back.Logits[at] = shuffled.Logits[i]
	}
	out.Order, out.Counts = apart(onA, back), apart(onA, counted)
	return nil
}

// keys measures selection, and one step of the keys.
func (out *Identities) keys(ctx context.Context, f *few) error {
	net := f.setup.Backbone.Net
	m := federated.SGPT(net, 4, 2)
	m.Query = net.Layers / 2
	step := func(decay float64) (p, after model.Params, err error) {
		c := once
		c.Decay = decay
		t, err := f.setup.NewTask(ctx, f.pool, m, c)
		if err != nil {
			return p, after, err
		}
		p = f.lively(t, m)
		for k, v := range p.Get("keys") { // of no unit length, and away from the queries
			p.Get("keys")[k] = float64(float32(1.5*v + 0.2*f.rng.NormFloat64())) // as a client gets it
		}
		trained, err := t.Train(ctx, f.pool, []int{0}, 0, p, make([]int, m.Groups))
		if err != nil {
			return p, after, err
		}
		return p, trained[0].Params, nil
	}
	p, after, err := step(0)
	if err != nil {
		return err
	}
	decayed, afterDecay, err := step(1)
	if err != nil {
		return err
	}
	d := net.Dim
	q, all := f.query[:f.trained()*d], f.query[f.tested()*d:]
	keys := xla.Float32s(p.Get("keys"))
	chosen := federated.Select(q, keys, d, nil)
	pull := make([]float64, len(keys))
	formula := pullOf(q, p.Get("keys"), chosen, d)
	for i, g := range chosen {
		for j := range d {
			pull[g*d+j] += once.Rate / float64(len(chosen)) * float64(q[i*d+j])
		}
	}
	for k := range formula {
		formula[k] *= once.Rate
	}
	out.Step, out.Pull = off(p.Get("keys"), after.Get("keys"), formula), off(p.Get("keys"), after.Get("keys"), pull)
	out.Right, out.Decay = slant(p.Get("keys"), after.Get("keys"), d), slant(decayed.Get("keys"), afterDecay.Get("keys"), d)
	longer, moved := make([]float32, len(keys)), make([]float32, len(keys))
	for i, v := range keys {
		longer[i], moved[i] = 3.7*v, v+0.3*float32(f.rng.NormFloat64())
	}
	first, second, third := federated.Select(all, keys, d, nil), federated.Select(all, longer, d, nil), federated.Select(all, moved, d, nil)
	for i, g := range first {
		if second[i] != g {
			out.Scaled++
		}
		if third[i] != g {
			out.Moved++
		}
	}
	return nil
}

// off returns ‖(after − before) − step‖/‖step‖.
func off(before, after, step []float64) float64 {
	a, b := 0.0, 0.0
	for i, v := range step {
		e := after[i] - before[i] - v
		a, b = a+e*e, b+v*v
	}
	return math.Sqrt(a / b)
}

// slant returns the largest |cos| of a key and what was added to it, of the keys that moved.
func slant(before, after []float64, d int) float64 {
	most := 0.0
	for i := 0; i < len(before); i += d {
		dot, a, b := 0.0, 0.0, 0.0
		for j := i; j < i+d; j++ {
			e := after[j] - before[j]
			dot, a, b = dot+e*before[j], a+e*e, b+before[j]*before[j]
		}
		if a > 0 {
			most = max(most, math.Abs(dot)/math.Sqrt(a*b))
		}
	}
	return most
}

// heads measures networks without prompts, and with one group.
func (out *Identities) heads(ctx context.Context, f *few) error {
	net, e := f.setup.Backbone.Net, f.pictures()
	look := func(m federated.Method, p *model.Params, o federated.Options) (*federated.Seen, error) {
		t, err := f.setup.NewTask(ctx, f.pool, m, once)
		if err != nil {
			return nil, err
		}
		if p.Values == nil {
			*p = f.lively(t, m)
		}
		return t.Predict(ctx, f.pool, *p, e, o)
	}
	var head model.Params
	seen, err := look(federated.Head(), &head, federated.Options{})
	if err != nil {
		return err
	}
	feature := f.feature[f.tested()*net.Dim:]
	linear, w, b := &federated.Seen{}, head.Get("head.w"), head.Get("head.b")
	for i := range e.Len() {
		logits := append([]float64{}, b...)
		for j, v := range feature[i*net.Dim : (i+1)*net.Dim] {
			for k := range logits {
				logits[k] += float64(v) * w[j*len(b)+k]
			}
		}
		linear.Logits = append(linear.Logits, logits)
	}
	zero := federated.FedVPT(1)
	with := model.FromFlat(zero.Layout(net, f.setup.Classes), make([]float64, zero.Layout(net, f.setup.Classes).Count()))
	copy(with.Get("head.w"), w)
	copy(with.Get("head.b"), b)
	prompted, err := look(zero, &with, federated.Options{})
	if err != nil {
		return err
	}
	out.Head, out.Zero = apart(seen, linear), apart(seen, prompted)

	one := federated.SGPT(net, 1, 2)
	var p model.Params
	single, err := look(one, &p, federated.Options{})
	if err != nil {
		return err
	}
	none, err := look(one, &p, federated.Options{NoGroups: true})
	if err != nil {
		return err
	}
	every := federated.FedVPTD(net, 2)
	shared := model.FromFlat(every.Layout(net, f.setup.Classes), make([]float64, every.Layout(net, f.setup.Classes).Count()))
	for i, q := range shared.Layout {
		name := q.Name
		var block int
		if n, _ := fmt.Sscanf(name, "shared.%d", &block); n == 1 && block >= net.Layers/2 {
			name = fmt.Sprintf("group.%d", block)
		}
		copy(shared.Values[i], p.Get(name))
	}
	everywhere, err := look(every, &shared, federated.Options{})
	if err != nil {
		return err
	}
	out.One, out.None = apart(single, everywhere), apart(none, everywhere)
	return nil
}
