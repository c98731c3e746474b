package federated

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/xla"
)

// hostHead trains a client's head in float64 on the host, by the steps of momentum on clipped
// gradients, and returns the gradients' norms beside it.
func hostHead(t *Task, client int, c Config) (theta, norms []float64) {
	d, k, data := tiny.Dim, Classes, t.data[client]
	theta, v := make([]float64, (d+1)*k), make([]float64, (d+1)*k)
	for _, batch := range order(c.Seed, client, 0, 0, data.train.Len(), c.Batch, 2*c.Epochs) {
		g := make([]float64, len(theta))
		for _, i := range batch {
			x := data.feature[i*d : (i+1)*d]
			z, top := make([]float64, k), math.Inf(-1)
			for j := range z {
				z[j] = theta[d*k+j]
				for a, f := range x {
					z[j] += float64(f) * theta[a*k+j]
				}
				top = max(top, z[j])
			}
			sum := 0.0
			for j := range z {
				z[j] = math.Exp(z[j] - top)
				sum += z[j]
			}
			for j := range z {
				r := z[j] / sum
				if int32(j) == data.train.Y[i] {
					r--
				}
				r /= float64(len(batch))
				g[d*k+j] += r
				for a, f := range x {
					g[a*k+j] += r * float64(f)
				}
			}
		}
		norm := math.Sqrt(inner(g, g))
		norms = append(norms, norm)
		scale := 1.0
		if c.Clip > 0 && norm > c.Clip {
			scale = c.Clip / norm
		}
		for i := range theta {
			v[i] = c.Momentum*v[i] + scale*g[i] + c.Decay*theta[i]
			theta[i] -= c.Rate * v[i]
		}
	}
	return theta, norms
}

func TestHeadStepByStep(t *testing.T) {
	s := testSetup(t)
	c := testConfig
	c.Clip = 0
	task := newTask(t, s, Head(), c)
	_, norms := hostHead(task, 2, c)
	slices.Sort(norms)
	for _, clip := range []float64{0, norms[len(norms)/2]} { // so that some gradients are longer, and some not
		c.Clip = clip
		task := newTask(t, s, Head(), c)
		got, err := task.Train(context.Background(), testPool(t), []int{2}, 0, task.Start(), nil)
		if err != nil {
			t.Fatal(err)
		}
		want, norms := hostHead(task, 2, c)
		if longer := slices.Max(norms) > clip && slices.Min(norms) < clip; clip > 0 && !longer {
			t.Errorf("norms %v with the bound %g: the test wants longer and shorter ones", norms, clip)
		}
		if far := gap(slices.Concat(got[0].Params.Values...), want); !(far < 2e-5) { // 8 steps of float32 with entries of order one
			t.Errorf("clipped at %g, parameters differ by %g after %d steps", clip, far, len(norms))
		}
	}
}

func TestStagesKeepTheRest(t *testing.T) {
	s := testSetup(t)
	c := testConfig
	c.Batch, c.Epochs = 20, 8 // all pictures in each step
	task := newTask(t, s, testSGPT(), c)
	start := task.Start()
	who := &trainee{number: 0, data: task.data[0], params: start, from: start, counts: make([]int, 3)}
	changed := func(before model.Params) (names []string) {
		for i, p := range before.Layout {
			rounded := slices.Clone(before.Values[i])
			for k, v := range rounded {
				rounded[k] = float64(float32(v))
			}
			if !slices.Equal(rounded, who.params.Values[i]) && !slices.Equal(before.Values[i], who.params.Values[i]) {
				names = append(names, p.Name)
			}
		}
		return names
	}
	task.stageOf(t, testPool(t), []*trainee{who}, 0, nil)
	if got, want := changed(start), []string{"shared.0", "head.w", "head.b"}; !slices.Equal(got, want) {
		t.Errorf("the first stage changes %v, want %v", got, want)
	}
	middle := who.params
	task.stageOf(t, testPool(t), []*trainee{who}, 1, nil)
	if got, want := changed(middle), []string{"group.1", "keys", "head.w", "head.b"}; !slices.Equal(got, want) {
		t.Errorf("the second stage changes %v, want %v", got, want)
	}
	if n := who.counts[0] + who.counts[1] + who.counts[2]; n != 8*20 {
		t.Errorf("%d pictures were counted, want 160", n)
	}
	for g, n := range who.counts { // what nobody picked stays, though weights decay
		for _, name := range []string{"group.1", "keys"} {
			was, is := middle.Get(name), who.params.Get(name)
			size := len(was) / 3
			far := gap(is[g*size:(g+1)*size], was[g*size:(g+1)*size])
			if (n == 0) != (far < 1e-7) { // of the rounding to float32
				t.Errorf("group %d, picked %d times: %s moves by %g", g, n, name, far)
			}
		}
	}
	if slices.Min(who.counts) > 0 {
		t.Errorf("counts %v: the test wants a group that nobody picks", who.counts)
	}
	if len(who.losses) != 2 || !(who.losses[0][7] < who.losses[0][0]) {
		t.Errorf("losses of stages and epochs are %v, want the first stage's to fall", who.losses)
	}
}

// Clients on a leading axis, as a GPU has them, are what each is alone.
func TestStackedClients(t *testing.T) {
	s := testSetup(t)
	for _, m := range []Method{testSGPT(), {Name: "FedProx", Prox: 0.5}} {
		task := newTask(t, s, m, testConfig)
		start := task.Start()
		factor := Factor([]int{30, 10, 1})
		make := func(i int) *trainee {
			return &trainee{number: i, data: task.data[i], params: start, from: start, counts: make([]int, m.Groups)}
		}
		together := []*trainee{make(0), make(1), make(3)}
		for stage := range task.stages {
			task.stageOf(t, testPool(t), together, stage, factor)
		}
		for _, got := range together {
			alone := make(got.number)
			for stage := range task.stages {
				task.stageOf(t, testPool(t), []*trainee{alone}, stage, factor)
			}
			if far := gap(got.params.Flat(), alone.params.Flat()); !(far < 1e-4) || !slices.Equal(got.counts, alone.counts) {
				t.Errorf("%s: client %d beside others differs by %g, counts %v and %v", m.Name, got.number, far, got.counts, alone.counts)
			}
		}
	}
}

func TestMajority(t *testing.T) {
	s := testSetup(t)
	m := testSGPT()
	m.FrozenKeys = true
	single := newTask(t, s, m, testConfig)
	m.Majority = true
	whole := newTask(t, s, m, testConfig)
	start := single.Start()
	for g, i := range []int{0, 7, 13} { // keys that lie among the pictures
		for k, v := range single.data[0].query[i*tiny.Dim : (i+1)*tiny.Dim] {
			start.Get(keysName)[g*tiny.Dim+k] = float64(v)
		}
	}
	counts := func(task *Task) []int {
		out, err := task.Train(context.Background(), testPool(t), []int{0}, 0, start, make([]int, 3))
		if err != nil {
			t.Fatal(err)
		}
		return out[0].Counts
	}
	// Batch by batch, as the host votes.
	keys := make([]float32, 3*tiny.Dim)
	for i, v := range start.Get(keysName) {
		keys[i] = float32(v)
	}
	picks := Select(single.data[0].query, keys, tiny.Dim, nil)
	each, most := make([]int, 3), make([]int, 3)
	for _, batch := range single.Order(0, 0, 1) {
		votes := make([]int, 3)
		for _, i := range batch {
			votes[picks[i]]++
			each[picks[i]]++
		}
		best := 0
		for g, n := range votes {
			if n > votes[best] {
				best = g
			}
		}
		most[best] += len(batch)
	}
	if slices.Equal(each, most) {
		t.Fatalf("counts %v with and without a majority: the test cannot see it", each)
	}
	if got := counts(single); !slices.Equal(got, each) {
		t.Errorf("picture by picture counts are %v, want %v", got, each)
	}
	if got := counts(whole); !slices.Equal(got, most) {
		t.Errorf("batch by batch counts are %v, want %v", got, most)
	}
}

// A pull of μ towards the global parameters keeps clients nearer to them; at their start it is
// no pull, so that one step is the same.
func TestProx(t *testing.T) {
	s := testSetup(t)
	far := func(mu float64, batch int) model.Params {
		c := testConfig
		c.Batch, c.Epochs = batch, 1
		c.Momentum, c.Decay = 0, 0
		m := Head()
		m.Prox = mu
		task := newTask(t, s, m, c)
		out, err := task.Train(context.Background(), testPool(t), []int{0}, 0, task.Start(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return out[0].Params
	}
	free, held := far(0, 4), far(5, 4)
	if !(held.Norm() < 0.9*free.Norm()) {
		t.Errorf("with μ = 5 a client moves %g, without %g: want less", held.Norm(), free.Norm())
	}
	// Two steps of all 20 pictures: θ₂ = θ₁ - η (g₁ + μ θ₁) with θ₁ = -η g₀, by which the two differ.
	a, b := far(0, 20), far(0.5, 20)
	c := testConfig
	c.Epochs, c.Batch, c.Momentum, c.Decay = 1, 20, 0, 0
	task := newTask(t, s, Head(), c)
	half := task.Start()
	who := &trainee{number: 0, data: task.data[0], params: half, from: half}
	task.stages = []stage{{[]string{headW, headB}, false}, {nil, false}} // two stages of one epoch: stop after the first
	task.stageOf(t, testPool(t), []*trainee{who}, 0, nil)
	want := a.Add(-0.5*c.Rate, who.params)
	if d := gap(b.Flat(), want.Flat()); !(d < 1e-6) {
		t.Errorf("after two steps θ differs by %g from θ₂ - η μ θ₁", d)
	}
}

func TestOrder(t *testing.T) {
	a := order(1, 0, 0, 0, 20, 8, 3)
	if len(a) != 6 {
		t.Fatalf("%d steps, want 2 whole batches of 8 of 20 in each of 3 epochs", len(a))
	}
	for e := range 3 {
		all := slices.Concat(a[2*e], a[2*e+1])
		slices.Sort(all)
		if len(slices.Compact(all)) != 16 {
			t.Errorf("epoch %d takes an example twice", e)
		}
	}
	for _, b := range [][][]int{order(2, 0, 0, 0, 20, 8, 3), order(1, 1, 0, 0, 20, 8, 3), order(1, 0, 1, 0, 20, 8, 3), order(1, 0, 0, 1, 20, 8, 3)} {
		if slices.EqualFunc(a, b, slices.Equal[[]int]) {
			t.Error("another seed, client, round or stage has the same order")
		}
	}
}

// Pure Go trains a client to the same numbers.
func TestPureGo(t *testing.T) {
	s := testSetup(t)
	c := testConfig
	c.Epochs = 1
	task := newTask(t, s, testSGPT(), c)
	var all []model.Params
	pure, err := xla.NewPool("go", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer pure.Close()
	for _, pool := range []*xla.Pool{testPool(t), pure} {
		out, err := task.Train(context.Background(), pool, []int{1}, 0, task.Start(), make([]int, 3))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, out[0].Params)
	}
	if far := gap(all[0].Flat(), all[1].Flat()); !(far < 1e-4) { // four steps in float32
		t.Errorf("parameters differ by %g", far)
	}
}
