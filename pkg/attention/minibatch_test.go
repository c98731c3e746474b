package attention

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// linear is a linear classifier of two classes on random examples, small enough to be
// trained on the host as well.
type linear struct {
	x       [2][][]float64 // training and test examples
	y       [2][]int
	W       []float64 // [d, 2]
	classes *Classes
}

func newLinear(sizes [2]int, d int, rng *rand.Rand) *linear {
	l := &linear{W: gaussian(2*d, 1, rng)}
	var sets [2]train.Set
	for part, n := range sizes {
		var flat []float32
		classes := make([]int32, n)
		for i := range n {
			x := gaussian(d, 1, rng)
			l.x[part], l.y[part] = append(l.x[part], x), append(l.y[part], rng.IntN(2))
			flat, classes[i] = append(flat, xla.Float32s(x)...), int32(l.y[part][i])
		}
		sets[part] = train.Set{tensors.FromFlatDataAndDimensions(flat, n, d), tensors.FromFlatDataAndDimensions(classes, n)}
	}
	layout := model.Layout{{Name: "W", Shape: []int{d, 2}}}
	l.classes = &Classes{
		Name: fmt.Sprint("linear ", sizes, d), Params: model.FromFlat(layout, slices.Clone(l.W)), Train: sets[0], Test: sets[1], weight: "W", values: map[int]int{1: 2},
		logits: func(params []*graph.Node, x *graph.Node) (logits, attention *graph.Node) {
			logits = graph.MatMul(x, params[0])
			return logits, graph.ExpandAxes(graph.Softmax(logits, -1), 1)
		},
	}
	return l
}

// loss returns the mean cross-entropy of some examples, and its gradient.
func (l *linear) loss(part int, examples []int, W []float64) (loss float64, grad []float64) {
	grad = make([]float64, len(W))
	n := float64(len(examples))
	for _, i := range examples {
		gap := 0.0 // logit of class 1 less that of class 0
		for k, v := range l.x[part][i] {
			gap += v * (W[2*k+1] - W[2*k])
		}
		sign := float64(2*l.y[part][i] - 1)
		loss += softplus(-sign*gap) / n
		for k, v := range l.x[part][i] {
			pull := sign * sigmoid(-sign*gap) * v / n
			grad[2*k], grad[2*k+1] = grad[2*k]+pull, grad[2*k+1]-pull
		}
	}
	return loss, grad
}

// TestMinibatchesOnHost: the curves are those of stochastic descent on the host, whose every
// epoch has a permutation of its own, from the seed of the training.
func TestMinibatchesOnHost(t *testing.T) {
	const n, batch, epochs, rate = 11, 3, 4, 0.4
	l := newLinear([2]int{n, 7}, 3, rand.New(rand.NewPCG(5, 5)))
	var trainings []Training
	for _, optimizer := range []string{"SGD", "SNGD"} {
		for _, seed := range []uint64{1, 2} {
			trainings = append(trainings, Training{Optimizer: optimizer, Rate: rate, Batch: batch, Epochs: epochs, Seed: seed})
		}
	}
	curves, err := Classify(t.Context(), "", []*Classes{l.classes, l.classes, l.classes, l.classes}, trainings)
	if err != nil {
		t.Fatal(err)
	}
	all := func(n int) []int {
		list := make([]int, n)
		for i := range list {
			list[i] = i
		}
		return list
	}
	const tol = 1e-5 // some tens of steps in float32
	for i, r := range trainings {
		W, order := slices.Clone(l.W), random.Stream(r.Seed, "/order")
		for epoch := range epochs + 1 {
			name := fmt.Sprintf("%s, seed %d, epoch %d: ", r.Optimizer, r.Seed, epoch)
			trained, _ := l.loss(0, all(n), W)
			tested, _ := l.loss(1, all(7), W)
			square := 0.0
			for _, w := range W {
				square += w * w
			}
			near(t, name+"training loss", curves[i].TrainLoss[epoch], trained, tol)
			near(t, name+"test loss", curves[i].TestLoss[epoch], tested, tol)
			near(t, name+"norm", curves[i].Norm[epoch], math.Sqrt(square), tol)
			examples := order.Perm(n)
			for ; len(examples) >= batch; examples = examples[batch:] {
				_, grad := l.loss(0, examples[:batch], W)
				size := 1.0
				if r.Optimizer == "SNGD" {
					size = 0
					for _, g := range grad {
						size += g * g
					}
					size = math.Sqrt(size)
				}
				for k := range W {
					W[k] -= rate / size * grad[k]
				}
			}
		}
	}
}

// TestContestOfSeeds: a contest of two seeds is the two contests of each alone: data, initial
// parameters and orders are a seed's own, and curves stand by their step size.
func TestContestOfSeeds(t *testing.T) {
	c := ContestConfig{
		Task: "sentences", Corpus: CorpusConfig{Neutral: 10, PerClass: 2, Length: 4, Sentences: 45},
		Text: TextConfig{Vocabulary: 15, Length: 4, D: 4}, Batch: 10, Epochs: 2, Seeds: []uint64{3, 4},
		Grid: []Grid{{"SGD", []float64{0.5, 3}}},
	}
	both, err := RunContest(c)
	if err != nil {
		t.Fatal(err)
	}
	for i, seed := range c.Seeds {
		alone := c
		alone.Seeds = []uint64{seed}
		one, err := RunContest(alone)
		if err != nil {
			t.Fatal(err)
		}
		for at, e := range both.Entries {
			if f := one.Entries[at]; e.Rate != f.Rate || !slices.Equal(e.Curves[i].TrainLoss, f.Curves[0].TrainLoss) {
				t.Errorf("seed %d at rate %g: %v beside another seed, %v alone", seed, e.Rate, e.Curves[i].TrainLoss, f.Curves[0].TrainLoss)
			}
		}
	}
	if slices.Equal(both.Entries[0].Curves[0].TrainLoss, both.Entries[0].Curves[1].TrainLoss) {
		t.Error("two seeds have one curve")
	}
	if slices.Equal(both.Entries[0].Curves[0].TrainLoss, both.Entries[1].Curves[0].TrainLoss) {
		t.Error("two step sizes have one curve")
	}
}

// TestBestAtTheEnd: the best step size is that of the least mean loss after the last epoch.
func TestBestAtTheEnd(t *testing.T) {
	entry := func(rate float64, ends ...float64) Contestant {
		e := Contestant{Optimizer: "SGD", Rate: rate}
		for _, end := range ends {
			e.Curves = append(e.Curves, Curve{TrainLoss: []float64{1, rate, end}})
		}
		return e
	}
	c := &Contest{Entries: []Contestant{
		entry(0.1, 0.5, 0.5),        // best after the first epoch
		entry(0.2, 0.1, 0.9),        // best of the first seed
		entry(0.3, 0.4, 0.4),        // best
		entry(0.4, math.NaN(), 0.1), // diverged
	}}
	if got := c.Best("SGD").Rate; got != 0.3 {
		t.Errorf("the best step size is %g, want 0.3", got)
	}
	c.Entries = []Contestant{entry(0.4, math.NaN(), 0.1), entry(0.1, 5, 5)}
	if got := c.Best("SGD").Rate; got != 0.1 {
		t.Errorf("the best step size is %g, want that which did not diverge", got)
	}
}

// TestNetworksOnHost: the networks of patches and of sentences by their formulas.
func TestNetworksOnHost(t *testing.T) {
	b, rng := open(t), rand.New(rand.NewPCG(6, 6))
	const d, T = 3, 4
	evaluate := func(f func(in []*graph.Node) []*graph.Node, inputs ...any) []float64 {
		exec, err := graph.NewExec(b.Backend, f)
		if err != nil {
			t.Fatal(err)
		}
		defer exec.Finalize()
		out, err := exec.Call(inputs...)
		if err != nil {
			t.Fatal(err)
		}
		values, err := tensors.CopyFlatData[float64](out[0])
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	dot := func(x, y []float64) (s float64) {
		for i := range x {
			s += x[i] * y[i]
		}
		return s
	}
	soft := func(scores []float64) []float64 {
		sum, out := 0.0, make([]float64, len(scores))
		for i, s := range scores {
			out[i] = math.Exp(s)
			sum += out[i]
		}
		for i := range out {
			out[i] /= sum
		}
		return out
	}
	W := gaussian(d*d, 1, rng) // by rows
	bilinear := func(x, y []float64) (s float64) {
		for i := range x {
			s += x[i] * dot(W[i*d:(i+1)*d], y)
		}
		return s
	}

	x, U := gaussian(T*d, 1, rng), gaussian(T*d*2, 1, rng)
	token := func(s int) []float64 { return x[s*d : (s+1)*d] }
	want := make([]float64, 2)
	for q := range T {
		var scores []float64
		for s := range T {
			scores = append(scores, bilinear(token(q), token(s)))
		}
		for s, a := range soft(scores) {
			for k, v := range token(s) {
				for c := range want {
					want[c] += a * v * U[(q*d+k)*2+c]
				}
			}
		}
	}
	got := evaluate(func(in []*graph.Node) []*graph.Node {
		logits, _ := patchLogits(in[:2], in[2])
		return []*graph.Node{logits}
	}, tensors.FromFlatDataAndDimensions(W, d, d), tensors.FromFlatDataAndDimensions(U, T*d, 2), tensors.FromFlatDataAndDimensions(x, 1, T, d))
	for c := range want {
		near(t, fmt.Sprint("logit of patches ", c), got[c], want[c], roundTol)
	}

	E, u := gaussian(5*d, 1, rng), gaussian(d, 1, rng)
	ids := []int32{query, 3, 4, padding}
	word := func(id int32) []float64 { return E[int(id)*d : int(id+1)*d] }
	var scores []float64
	for _, id := range ids[:3] {
		scores = append(scores, bilinear(word(id), word(ids[0])))
	}
	score := 0.0
	for s, a := range soft(scores) {
		score += a * dot(word(ids[s]), u)
	}
	got = evaluate(func(in []*graph.Node) []*graph.Node {
		logits, _ := textLogits(in[:3], in[3])
		return []*graph.Node{logits}
	}, tensors.FromFlatDataAndDimensions(E, 5, d), tensors.FromFlatDataAndDimensions(W, d, d), tensors.FromFlatDataAndDimensions(u, d, 1),
		tensors.FromFlatDataAndDimensions(ids, 1, T))
	near(t, "logit of class 0", got[0], -score/2, roundTol)
	near(t, "logit of class 1", got[1], score/2, roundTol)
}

// TestForeignLabel: a label that is none of the problem's classes is an error before the
// first step.
func TestForeignLabel(t *testing.T) {
	l := newLinear([2]int{11, 7}, 3, rand.New(rand.NewPCG(5, 5)))
	l.classes.values[1] = 1 // of which the examples have two
	_, err := Classify(t.Context(), "", []*Classes{l.classes}, []Training{{Optimizer: "SGD", Rate: 1, Batch: 3, Epochs: 1, Seed: 1}})
	if err == nil || !strings.Contains(err.Error(), "is the label 1, want one of 1 classes") {
		t.Errorf("a label 1 of one class gave %v", err)
	}
}
