package federated

import (
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/xla"
)

func workerBackend(t *testing.T) *xla.Backend {
	t.Helper()
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func TestRunAgain(t *testing.T) {
	c := testConfig
	c.Look = []int{0, 2}
	scaffold := Head()
	scaffold.Scaffold = true
	local := Head()
	local.Local = true
	for _, m := range []Method{testSGPT(), scaffold, local} {
		var first *Result
		for range 2 {
			r, err := testSetup(t).Run(context.Background(), testPool(t), m, c)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = r
				continue
			}
			if !slices.Equal(r.Last.Flat(), first.Last.Flat()) || !slices.Equal(r.Global, first.Global) || !slices.Equal(r.Counts, first.Counts) {
				t.Errorf("%s: another run of the same seed ends elsewhere", m.Name)
			}
			mean, worst := 0.0, 1.0
			for _, a := range r.Clients[1] {
				mean, worst = mean+a/4, min(worst, a)
			}
			if math.Abs(mean-r.Local[1]) > 1e-12 || worst != r.Worst[1] || math.Abs(mean-r.Global[1]) > 1e-12 { // test sets of equal size
				t.Errorf("%s: clients %v, but local %g, worst %g, global %g", m.Name, r.Clients[1], r.Local[1], r.Worst[1], r.Global[1])
			}
			if m.Groups > 0 {
				sum := make([]int, m.Groups)
				for _, row := range r.TrainPicks {
					for g, n := range row {
						sum[g] += n
					}
				}
				if !slices.Equal(sum, r.Counts) {
					t.Errorf("clients picked %v together, the server counted %v", sum, r.Counts)
				}
			}
			if _, err := json.Marshal(r); err != nil {
				t.Errorf("a result cannot be kept: %v", err)
			}
		}
	}
}

// With control variates the server's is the mean of the clients' while all take part, and each is
// the mean of the gradients of its round: c_i⁺ - c_i + c = (θ - θ_i)/(K η).
func TestScaffold(t *testing.T) {
	c := testConfig
	c.Decay = 0
	m := Head()
	m.Scaffold = true
	r, err := testSetup(t).Run(context.Background(), testPool(t), m, c)
	if err != nil {
		t.Fatal(err)
	}
	mean, err := model.Mean(nil, r.Controls...)
	if err != nil {
		t.Fatal(err)
	}
	// The mean step of the last round is the mean gradient, as the corrections cancel: the mean of
	// c_i, times K η, is what the server has moved by, up to the mean of four.
	before := c
	before.Rounds = 1
	b, err := testSetup(t).Run(context.Background(), testPool(t), m, before)
	if err != nil {
		t.Fatal(err)
	}
	steps := float64(20 / 8 * 2 * c.Epochs)
	rate := c.Rate / (1 - c.Momentum)
	moved := b.Last.Sub(r.Last).Scale(1 / (steps * rate))
	if far := gap(moved.Flat(), mean.Flat()); !(far < 1e-6) || !(mean.Norm() > 1e-2) {
		t.Errorf("the server has moved by %g a step, the mean control is %g, apart by %g", moved.Norm(), mean.Norm(), far)
	}
}

// Where a part of the clients is chosen, the others keep their variates to the bit, and the server's
// stays the mean of all clients', not of those that took part.
func TestControlVariatesOfAPart(t *testing.T) {
	m := Head()
	m.Scaffold = true
	task, pool := newTask(t, testSetup(t), m, testConfig), testPool(t)
	server, err := task.Server()
	if err != nil {
		t.Fatal(err)
	}
	o, global := newOwn(task, server.Global), server.Global
	for round, chosen := range [][]int{{0, 2}, {2}, {3, 1}} {
		before, was := slices.Clone(o.controls), o.server
		var all []*trainee
		for _, i := range chosen {
			all = append(all, o.trainee(i, global))
		}
		if err := task.trainAll(t.Context(), pool, all, round, nil); err != nil {
			t.Fatal(err)
		}
		o.after(all)
		var ends []model.Params
		for _, x := range all {
			ends = append(ends, x.params)
		}
		if global, err = model.Mean(nil, ends...); err != nil {
			t.Fatal(err)
		}
		for i := range o.controls {
			if same, absent := slices.Equal(before[i].Flat(), o.controls[i].Flat()), !slices.Contains(chosen, i); same != absent {
				t.Errorf("round %d, clients %v: the variate of client %d is the same: %v", round, chosen, i, same)
			}
		}
		mean, err := model.Mean(nil, o.controls...)
		if err != nil {
			t.Fatal(err)
		}
		whole := was
		for _, i := range chosen { // as if nobody else were there
			whole = whole.Add(1/float64(len(chosen)), o.controls[i].Sub(before[i]))
		}
		if far, other := gap(o.server.Flat(), mean.Flat()), gap(whole.Flat(), mean.Flat()); !(far < 1e-12) || !(other > 1e-3) {
			t.Errorf("round %d, clients %v: the server's variate is %g from the mean of all, with 1/|S| it would be %g", round, chosen, far, other)
		}
	}
}

// Clients of unequal sizes, of which the worst is neither the first nor the last.
func TestSummary(t *testing.T) {
	global, local, worst := summary([]int{8, 1, 6}, []int{10, 4, 8})
	if math.Abs(global-15.0/22) > 1e-15 || math.Abs(local-(0.8+0.25+0.75)/3) > 1e-15 || worst != 0.25 {
		t.Errorf("global %g, local %g, worst %g", global, local, worst)
	}
}

// In the second round control variates keep clients nearer to each other than they come without
// them, or with the variates' signs changed.
func TestControlVariatesAgree(t *testing.T) {
	c := testConfig
	c.Decay = 0
	m := Head()
	m.Scaffold = true
	task, pool := newTask(t, testSetup(t), m, c), testPool(t)
	server, err := task.Server()
	if err != nil {
		t.Fatal(err)
	}
	o, global := newOwn(task, server.Global), server.Global
	round := func(k int, sign float64) (all []*trainee, spread float64) {
		for i := range task.setup.Clients {
			x := o.trainee(i, global)
			x.control = x.control.Scale(sign)
			all = append(all, x)
		}
		if err := task.trainAll(t.Context(), pool, all, k, nil); err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			spread += x.params.Sub(all[0].params).Norm()
		}
		return all, spread
	}
	first, _ := round(0, 1)
	o.after(first)
	var ends []model.Params
	for _, x := range first {
		ends = append(ends, x.params)
	}
	if global, err = model.Mean(nil, ends...); err != nil {
		t.Fatal(err)
	}
	_, with := round(1, 1)
	_, without := round(1, 0)
	_, wrong := round(1, -1)
	if !(with < 0.8*without) || !(wrong > 1.2*without) {
		t.Errorf("clients are %g apart with control variates, %g without, %g with the other sign", with, without, wrong)
	}
}

// Where no group prompt is there, neither groups nor keys matter; where one is, they do.
func TestWithoutSelection(t *testing.T) {
	s := testSetup(t)
	task := newTask(t, s, testSGPT(), testConfig)
	p := model.Draw(task.Layout(), 9, "anything")
	for i, v := range p.Get(headW) {
		p.Get(headW)[i] = v + 0.1*float64(i%7)
	}
	other := p.Clone()
	for _, name := range []string{"group.1", keysName} {
		for i := range other.Get(name) {
			other.Get(name)[i] = -2 * other.Get(name)[i]
		}
	}
	e := s.Clients[0].Test
	logits := func(p model.Params, o Options) (all []float64) {
		seen, err := task.Predict(context.Background(), testPool(t), p, e, o)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(seen.Logits...)
	}
	if a, b := logits(p, Options{NoGroups: true}), logits(other, Options{NoGroups: true}); !slices.Equal(a, b) {
		t.Errorf("with selection off logits differ by %g", gap(a, b))
	}
	if a, b := logits(p, Options{}), logits(other, Options{}); gap(a, b) < 1e-4 {
		t.Error("with selection on they do not")
	}
	scaled := p.Clone()
	for i := range scaled.Get(keysName) {
		scaled.Get(keysName)[i] *= 4
	}
	if a, b := logits(p, Options{}), logits(scaled, Options{}); !slices.Equal(a, b) {
		t.Error("keys scaled by 4 pick other groups")
	}
}

func TestTraffic(t *testing.T) {
	// ViT-B/16 on CIFAR-100: 4 shared prompts, 3 of each of 20 groups, 20 keys, a head of 100 classes.
	net := model.ViT{Height: 224, Width: 224, Patch: 16, Layers: 12, Dim: 768, Heads: 12, Hidden: 3072, Classes: 1}
	m := Method{Name: "SGPT", Shared: Blocks(0, 4, 1), Group: Blocks(4, 7, 1), Groups: 20, Query: 12}
	if got := m.Traffic(net, 100); got.Numbers != 141412 || got.Up != 4*141412+160 {
		t.Errorf("SGPT on CIFAR-100 sends %+v, want 141412 numbers and 20 counts", got)
	}
	head := Head()
	head.Scaffold = true
	if got := head.Traffic(net, 100); got.Numbers != 76900 || got.Down != 8*76900 {
		t.Errorf("a head with control variates sends %+v, want 76900 numbers twice", got)
	}
}

func TestMistakes(t *testing.T) {
	s := testSetup(t)
	plan := func(change func(s *Setup, m *Method, c *Config)) error {
		copy := &Setup{Backbone: s.Backbone, Clients: slices.Clone(s.Clients), Classes: s.Classes}
		m, c := testSGPT(), testConfig
		change(copy, &m, &c)
		_, err := copy.Plan(m, c)
		return err
	}
	_, hold := NewFeature(s.Backbone, testDigits(), FeatureSpec{Domains: Domains, Copies: 1, HoldOut: true, Train: 1, Test: 1}, 1)
	_, many := NewFeature(s.Backbone, testDigits(), FeatureSpec{Domains: Domains, Copies: 1, Train: 40, Test: 1}, 1)
	_, uneven := NewLabel(s.Backbone, testDigits(), LabelSpec{Clients: 20, Each: 3, Train: 10, Test: 10}, 1)
	_, both := NewLabel(s.Backbone, testDigits(), LabelSpec{Clients: 20, Each: 2, Beta: 1, Train: 10, Test: 10}, 1)
	_, lost := LoadFile(filepath.Join(t.TempDir(), "none.safetensors"), tiny)
	path := filepath.Join(t.TempDir(), "tiny.safetensors")
	if err := s.Backbone.Write(path); err != nil {
		t.Fatal(err)
	}
	again, err := LoadFile(path, tiny)
	if err != nil || again.Hash != s.Backbone.Hash {
		t.Errorf("a backbone comes back with the hash %.8s, want %.8s (%v)", again.Hash, s.Backbone.Hash, err)
	}
	_, another := LoadFile(path, Small.Net)
	task := newTask(t, s, testSGPT(), testConfig)
	_, stranger := task.Train(context.Background(), testPool(t), []int{4}, 0, task.Start(), make([]int, 3))
	_, foreign := task.Train(context.Background(), testPool(t), []int{0}, 0, Head().Start(tiny, Classes, 1), make([]int, 3))
	_, fewer := task.Train(context.Background(), testPool(t), []int{0}, 0, task.Start(), make([]int, 2))
	for want, err := range map[string]error{
		"no picture to train on":  plan(func(s *Setup, _ *Method, _ *Config) { s.Clients[1].Train = Examples{} }),
		"no picture to be tested": plan(func(s *Setup, _ *Method, _ *Config) { s.Clients[1].Test = Examples{} }),
		"picture of class 10":     plan(func(s *Setup, _ *Method, _ *Config) { s.Classes = 11 }),
		"of class 9, of 0 to 8":   plan(func(s *Setup, _ *Method, _ *Config) { s.Classes = 9 }),
		"groups for client": plan(func(s *Setup, m *Method, _ *Config) {
			s.Clients[0].Train = s.Clients[0].Train.Take([]int{0, 1})
		}),
		"8 dimensions":      plan(func(_ *Setup, m *Method, _ *Config) { m.Groups = 9 }),
		"before block 2":    plan(func(_ *Setup, m *Method, _ *Config) { m.Shared = Blocks(2, 3, 1) }),
		"both or none":      plan(func(_ *Setup, m *Method, _ *Config) { m.Groups = 0 }),
		"queries after 3":   plan(func(_ *Setup, m *Method, _ *Config) { m.Query = 3 }),
		"it has none":       plan(func(_ *Setup, m *Method, _ *Config) { *m = Head(); m.Majority = true }),
		"momenta 1":         plan(func(_ *Setup, m *Method, _ *Config) { m.GroupMomentum = 1 }),
		"share of 2":        plan(func(_ *Setup, _ *Method, c *Config) { c.Share = 2 }),
		"0 rounds":          plan(func(_ *Setup, _ *Method, c *Config) { c.Rounds = 0 }),
		"rate NaN":          plan(func(_ *Setup, _ *Method, c *Config) { c.Rate = math.NaN() }),
		"looks after":       plan(func(_ *Setup, _ *Method, c *Config) { c.Look = []int{3} }),
		"hold one out":      hold,
		"asked for":         many,
		"divide the":        uneven,
		"classes each or":   both,
		"there is no backb": lost,
		"another network":   another,
		"no client 4":       stranger,
		"another method":    foreign,
		"of 2 groups":       fewer,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, found %v", want, err)
		}
	}
}

// Clients of different sizes share what is compiled, with room for the largest; what fills the
// room is never taken: a client has the update that it has beside others of its own size.
func TestUnevenClients(t *testing.T) {
	s := testSetup(t)
	s.Clients[2].Train = s.Clients[2].Train.Take([]int{0, 3, 5, 7, 9, 11, 13, 15, 17, 19, 1, 2})
	alone := &Setup{Backbone: s.Backbone, Classes: s.Classes, Clients: slices.Clone(s.Clients)}
	for i := range alone.Clients {
		alone.Clients[i].Train = s.Clients[2].Train
	}
	var all []Trained
	for _, setup := range []*Setup{s, alone} {
		task := newTask(t, setup, testSGPT(), testConfig)
		out, err := task.Train(context.Background(), testPool(t), []int{2}, 0, task.Start(), make([]int, 3))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, out...)
	}
	if !slices.Equal(all[0].Params.Flat(), all[1].Params.Flat()) || !slices.Equal(all[0].Counts, all[1].Counts) || all[0].Examples != 12 {
		t.Errorf("beside larger clients parameters differ by %g, counts %v and %v", gap(all[0].Params.Flat(), all[1].Params.Flat()), all[0].Counts, all[1].Counts)
	}
	if all[0].Losses[0][0] != all[1].Losses[0][0] || !(all[0].Losses[0][0] > 1) {
		t.Errorf("losses %v and %v", all[0].Losses, all[1].Losses)
	}
}
