package study

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/imbalance"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// PicturesConfig is the long tail of pictures of the bilevel experiment.
type PicturesConfig struct {
	Largest    int
	Imbalance  float64
	Hidden     int
	Epochs     int // of the search, and of the training afterwards
	Start      int // epochs before the search begins
	Inner      int // steps between two steps of the coefficients
	Batch      int
	UpperBatch int
	T          int     // of the Neumann series
	EtaMax     float64 // its largest step
	UpperRate  float64
	Test       int // examples of each class
	Draws      int
	Seed       uint64
}

// Small is the experiment of a quick run, and Large that of the paper's scale: as many pictures as MNIST has, a wider network.
var (
	Small = PicturesConfig{Largest: 500, Imbalance: 100, Hidden: 64, Epochs: 40, Start: 10, Inner: 5, Batch: 128, UpperBatch: 256, T: 8, EtaMax: 0.05, UpperRate: 0.05, Test: 300, Draws: 3}
	Large = PicturesConfig{Largest: 5000, Imbalance: 100, Hidden: 256, Epochs: 40, Start: 10, Inner: 5, Batch: 128, UpperBatch: 512, T: 8, EtaMax: 0.05, UpperRate: 0.05, Test: 900, Draws: 10}
)

const pictureRate, pictureMomentum, pictureDecay = 0.1, 0.9, 1e-4 // of stochastic gradient descent, as on long-tailed CIFAR

// pictures is one draw: classes in random order, the first the most frequent.
type pictures struct {
	c               PicturesConfig
	classes         int
	stream          string
	counts          []int
	fit, held, test imbalance.Examples
	frequency       imbalance.Attribute
}

// newPictures draws a long tail from a source, whose classes may have fewer examples than are asked for.
func newPictures(source *Source, c PicturesConfig, draw int) (*pictures, error) {
	K := source.Classes
	p := &pictures{c: c, classes: K, stream: fmt.Sprintf("pictures %d", draw)}
	rng := random.Stream(c.Seed, p.stream)
	var err error
	if p.counts, err = imbalance.LongTail(K, min(c.Largest, source.fewest(0)), c.Imbalance); err != nil {
		return nil, err
	}
	order := rng.Perm(K)
	take := func(part int, counts []int) ([][]int, error) {
		members := make([][]int, K)
		for i, y := range source.Parts[part].Labels {
			members[order[y]] = append(members[order[y]], i)
		}
		return imbalance.Subset(members, counts, rng)
	}
	sample, err := take(0, p.counts)
	if err != nil {
		return nil, err
	}
	fit, held, err := imbalance.Holdout(sample, 0.2)
	if err != nil {
		return nil, err
	}
	even := make([]int, K)
	for k := range even {
		even[k] = min(c.Test, source.fewest(1))
	}
	test, err := take(1, even)
	if err != nil {
		return nil, err
	}
	read := func(part int, members [][]int) (e imbalance.Examples) {
		index, class := imbalance.Flatten(members)
		for i, at := range index {
			for _, v := range source.Parts[part].Image(at) {
				e.X = append(e.X, float32(v)/math.MaxUint8)
			}
			e.Y = append(e.Y, int32(class[i]))
		}
		return e
	}
	p.fit, p.held, p.test = read(0, fit), read(0, held), read(1, test)
	pi, err := imbalance.Frequencies(p.counts)
	p.frequency = imbalance.Attribute{Name: "frequency", Values: pi}
	return p, err
}

func (p *pictures) net() model.MLP {
	return model.MLP{Widths: []int{len(p.fit.X) / len(p.fit.Y), p.c.Hidden, p.classes}, Activation: "relu"}
}

// job trains with a strategy and looks at the scores of other examples in the end. Every example carries its adjustments, so
// that all strategies are one program, and on a GPU one loop.
func (p *pictures) job(name string, on, look imbalance.Examples, s imbalance.Strategy) train.Job {
	K := p.classes
	net := p.net()
	n, d := len(on.Y), net.Widths[0]
	adjust := make([]float32, 0, n*2*K)
	for range n {
		adjust = append(append(adjust, xla.Float32s(s.L)...), xla.Float32s(s.Delta)...)
	}
	steps := p.c.Epochs * (n / p.c.Batch)
	// losses are those of the examples, [B], or [R, B] of R runs.
	losses := func(scores *graph.Node, batch []*graph.Node) *graph.Node {
		part := func(i int) *graph.Node {
			return graph.Slice(batch[2], graph.AxisRange().Spacer(), graph.AxisRange(i*K, (i+1)*K))
		}
		return imbalance.AdjustedCrossEntropies(scores, part(0), part(1), batch[1])
	}
	task := train.Task{Name: fmt.Sprintf("cap pictures %d of %d classes", len(look.Y), K), Layout: net.Params(), Classes: map[int]int{1: K},
		Loss: func(params, batch []*graph.Node) *graph.Node {
			return graph.ReduceAllMean(losses(net.Apply(params, batch[0]), batch))
		},
		Together: func(params, batch []*graph.Node) *graph.Node {
			return graph.ReduceMean(losses(net.Together(params, batch[0]), batch), -1)
		},
		Looks: []train.Look{{Names: []string{"scores"}, Set: "look",
			At: func(params, set []*graph.Node) []*graph.Node {
				return []*graph.Node{net.Apply(params, set[0])}
			},
			Together: func(params, set []*graph.Node) []*graph.Node {
				return []*graph.Node{net.Together(params, set[0])}
			}}}}
	return train.Job{Task: task, From: model.Draw(net.Params(), p.c.Seed, p.stream+"/weights"),
		Sets: map[string]train.Set{train.Train: {tensors.FromFlatDataAndDimensions(on.X, n, d), tensors.FromFlatDataAndDimensions(on.Y, n), tensors.FromFlatDataAndDimensions(adjust, n, 2*K)},
			"look": {tensors.FromFlatDataAndDimensions(look.X, len(look.Y), d)}},
		Config: train.Config{Batch: p.c.Batch, Steps: steps, Seed: p.c.Seed, Stream: p.stream + "/order",
			Optimizer: optim.Spec{Method: "momentum", Rate: pictureRate, Momentum: pictureMomentum, Decay: pictureDecay,
				Schedule: optim.ScheduleSpec{Kind: "milestones", Gamma: 0.1, Milestones: []int{4 * steps / 5}}}}}
}

// search is the bilevel search of a map.
func (p *pictures) search(m imbalance.Map) *imbalance.Search {
	rounds := p.c.Epochs * (len(p.fit.Y) / p.c.Batch) / p.c.Inner
	return &imbalance.Search{Net: p.net(), Map: m, Fit: p.fit, Held: p.held, Rounds: rounds, Inner: p.c.Inner, Start: rounds * p.c.Start / p.c.Epochs,
		Batch: p.c.Batch, UpperBatch: p.c.UpperBatch, Rate: pictureRate, Momentum: pictureMomentum, Decay: pictureDecay,
		UpperRate: p.c.UpperRate, T: p.c.T, EtaMax: p.c.EtaMax, Looks: min(20, rounds), Seed: p.c.Seed, Stream: p.stream + "/search"}
}

func int64s(y []int32) []int {
	out := make([]int, len(y))
	for i, c := range y {
		out[i] = int(c)
	}
	return out
}

// Pictured is what a method did on one draw.
type Pictured struct {
	Errors   []float64
	L, Delta []float64
	Search   *imbalance.Searched // nil for fixed rules
}

// Gallery is all draws, each by method.
type Gallery struct {
	Source string
	Counts []int
	Draws  []map[string]Pictured
}

// Methods are the rows of the table, in its order.
var Methods = []string{"CE", "LA", "LA turned round", "CDT γ = 0.15", "VS (0.1, 1)", "post-hoc LA on CE", "Plain bilevel", "CAP frequency", "CAP frequency, difficulty"}

// Pictures makes all draws: a first model on the training part for the difficulty of the classes, three searches, and then a
// training on training and validation part with each strategy.
func Pictures(ctx context.Context, spec string, c PicturesConfig) (*Gallery, error) {
	source, err := Sources(ctx)
	if err != nil {
		return nil, err
	}
	pool, err := xla.NewPool(spec, 2*c.Draws)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	g := &Gallery{Source: source.Name}
	var all []*pictures
	var warm []train.Job
	for i := range c.Draws {
		p, err := newPictures(source, c, i)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
		warm = append(warm, p.job("warm", p.fit, p.held, imbalance.Plain(p.classes)))
	}
	g.Counts = all[0].counts
	first, err := train.FitPool(ctx, pool, warm)
	if err != nil {
		return nil, err
	}
	found, err := searches(ctx, pool, all, first)
	if err != nil {
		return nil, err
	}
	var jobs []train.Job
	var strategies [][]imbalance.Strategy
	for i, p := range all {
		s, err := p.strategies(found[i])
		if err != nil {
			return nil, err
		}
		strategies = append(strategies, s)
		for k := range s {
			jobs = append(jobs, p.job(Methods[k], p.fit.Append(p.held), p.test, s[k]))
		}
	}
	runs, err := train.FitPool(ctx, pool, jobs)
	if err != nil {
		return nil, err
	}
	for i, p := range all {
		d := map[string]Pictured{}
		y := int64s(p.test.Y)
		for k, method := range Methods {
			s := strategies[i][k]
			scores := runs[i*len(Methods)+k].Seen["scores"]
			r := Pictured{L: s.L, Delta: s.Delta}
			switch {
			case method == "post-hoc LA on CE":
				after, err := imbalance.PosthocLA(p.counts, 1)
				if err != nil {
					return nil, err
				}
				scores = after.Apply(scores)
			case k >= len(Methods)-3:
				r.Search = found[i][k-len(Methods)+3]
			}
			if r.Errors, err = imbalance.Errors(scores, y, p.classes); err != nil {
				return nil, err
			}
			d[method] = r
		}
		g.Draws = append(g.Draws, d)
	}
	return g, nil
}

// searches makes the three searches of each draw: free numbers, frequency, frequency and difficulty.
func searches(ctx context.Context, pool *xla.Pool, all []*pictures, first []*train.Run) ([][3]*imbalance.Searched, error) {
	found := make([][3]*imbalance.Searched, len(all))
	var jobs []xla.Job
	for i, p := range all {
		losses, _ := imbalance.ClassLosses(imbalance.Plain(p.classes), first[i].Seen["scores"], int64s(p.held.Y))
		frequency, err := imbalance.Dictionary(p.frequency)
		if err != nil {
			return nil, err
		}
		both, err := imbalance.Dictionary(p.frequency, imbalance.Attribute{Name: "difficulty", Values: losses})
		if err != nil {
			return nil, err
		}
		for k, m := range []imbalance.Map{imbalance.Free(p.classes, true), {L: frequency, Delta: frequency}, {L: both, Delta: both}} {
			s := p.search(m)
			jobs = append(jobs, xla.Job{Program: s.Program(), Run: func(ctx context.Context, w *xla.Worker) (err error) {
				found[i][k], err = s.Run(ctx, w)
				return err
			}})
		}
	}
	return found, pool.Run(ctx, jobs)
}

// strategies returns those of Methods.
func (p *pictures) strategies(found [3]*imbalance.Searched) ([]imbalance.Strategy, error) {
	var out []imbalance.Strategy
	for _, v := range [][2]float64{{0, 0}, {0, 1}, {0, -1}, {0.15, 0}, {0.1, 1}, {0, 0}} {
		s, err := imbalance.VS(p.counts, v[0], v[1])
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	for _, f := range found {
		s := imbalance.Plain(len(f.L))
		s.L, s.Delta = f.L, f.Delta
		out = append(out, s)
	}
	return out, nil
}

// Scores returns an objective of a method in all draws.
func (g *Gallery) Scores(method string, o imbalance.Objective) []float64 {
	var x []float64
	for _, d := range g.Draws {
		x = append(x, o.Value(d[method].Errors))
	}
	return x
}
