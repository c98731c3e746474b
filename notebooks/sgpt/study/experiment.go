package study

import (
	"context"
	"fmt"
	"runtime"

	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/federated"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/xla"
)

// FeatureConfig is a federation whose clients differ in how their pictures look: two clients of
// each of four domains, of which one is held out and only tested.
type FeatureConfig struct {
	Seed          uint64
	Seeds         int      // federations, with the seeds 10·Seed + 0, 1, ...
	Methods       []string // see [FeatureMethods]
	Once          []string // methods that only the first federation is made with
	Train, Test   int      // pictures of each class and client
	Tokens        int      // before a block
	Groups, Query int
	Config        federated.Config // its Seed and Look are set here
}

// Last is over how many last rounds accuracies are averaged.
const Last = 3

// FeatureSettings are those of the quick scale.
func FeatureSettings(seed uint64) FeatureConfig {
	c := FeatureConfig{Seed: seed, Seeds: 3, Methods: []string{"Head", "FedVPT-D", "SGPT"},
		Train: 20, Test: 20, Tokens: 2, Groups: 4, Query: 3, Config: federated.Feature}
	c.Config.Rounds = 12
	return c
}

// LargeFeatureSettings are those of the paper's scale: what is compared on five federations, the
// other methods on the first.
func LargeFeatureSettings(seed uint64) FeatureConfig {
	c := FeatureSettings(seed)
	c.Seeds, c.Train, c.Test, c.Tokens, c.Config.Rounds = 5, 40, 40, 4, 20
	c.Methods = []string{"Head", "FedVPT-D", "SGPT", "SGPT, diluted"}
	c.Once = []string{"FedVPT", "FedProx", "SCAFFOLD", "local", "SGPT, all blocks", "SGPT, jointly"}
	return c
}

// methods of a configuration by name.
func (c FeatureConfig) methods(b *federated.Backbone) map[string]federated.Method {
	net := b.Net
	sgpt := federated.SGPT(net, c.Groups, c.Tokens)
	sgpt.Query, sgpt.Majority = c.Query, true
	with := func(m federated.Method, change func(m *federated.Method)) federated.Method {
		change(&m)
		return m
	}
	deep := federated.FedVPTD(net, c.Tokens)
	return map[string]federated.Method{
		"Head": federated.Head(), "FedVPT": federated.FedVPT(c.Tokens), "FedVPT-D": deep, "SGPT": sgpt,
		"FedProx":          with(deep, func(m *federated.Method) { m.Prox = 0.01 }),
		"SCAFFOLD":         with(deep, func(m *federated.Method) { m.Scaffold = true }),
		"local":            with(deep, func(m *federated.Method) { m.Local = true }),
		"SGPT, diluted":    with(sgpt, func(m *federated.Method) { m.Dilute, m.GroupMomentum = true, 0.5 }),
		"SGPT, all blocks": with(sgpt, func(m *federated.Method) { m.Group = federated.Blocks(0, net.Layers, c.Tokens) }),
		"SGPT, jointly":    with(sgpt, func(m *federated.Method) { m.Joint = true }),
		"SGPT, no factor":  with(sgpt, func(m *federated.Method) { m.NoFactor = true }),
	}
}

// FederatedRun is one method on one federation.
type FederatedRun struct {
	Method  string
	Seed    uint64
	Names   []string // of the clients
	Unseen  []string // of those that were only tested
	Others  int      // of these, the last ones: of domains that nobody trained on
	Outcome Outcome
}

// Outcome is what is kept of a [federated.Result], with the same meaning.
type Outcome struct {
	Rounds               []int
	Global, Local, Worst []float64
	Unseen               [][]float64
	Picks, TrainPicks    [][]int
	Losses               [][]float64
	Traffic              federated.Traffic
	Last                 map[string][]float64 // parameters by name: of SGPT on the first federation alone
}

// kept returns it, with parameters or without.
func kept(r *federated.Result, params bool) Outcome {
	o := Outcome{Rounds: r.Rounds, Global: r.Global, Local: r.Local, Worst: r.Worst, Unseen: r.Unseen,
		Picks: r.Picks, TrainPicks: r.TrainPicks, Losses: r.Losses, Traffic: r.Traffic}
	if params {
		o.Last = map[string][]float64{}
		for i, p := range r.Last.Layout {
			o.Last[p.Name] = r.Last.Values[i]
		}
	}
	return o
}

// Federations are the runs of several methods on the same federations.
type Federations struct{ Runs []FederatedRun }

// Fifth is a domain that nobody trains on: pictures behind vertical stripes.
var Fifth = []federated.Domain{
	{Name: "columns", At: func(x float64, _, j int) float64 { return 0.6*x + 0.4*float64(j/4%2) }},
}

// RunFeature makes all runs of a configuration, each round's clients side by side.
func RunFeature(ctx context.Context, c FeatureConfig) (out Federations, err error) {
	methods := func(b *federated.Backbone) map[string]federated.Method { return c.methods(b) }
	spec := federated.FeatureSpec{Domains: federated.Domains, Copies: 2, HoldOut: true, Others: Fifth, Train: c.Train, Test: c.Test}
	setup := func(b *federated.Backbone, d *federated.Digits, seed uint64) (*federated.Setup, error) {
		return federated.NewFeature(b, d, spec, seed)
	}
	return run(ctx, c.Seed, c.Seeds, c.Methods, c.Once, c.Config, methods, setup)
}

// LabelConfig is a federation of plain pictures whose clients have few of the classes.
type LabelConfig struct {
	Seed        uint64
	Seeds       int
	Methods     []string
	Clients     int
	Each        int // classes of each client
	Train, Test int // pictures of each class, of all clients together
	Tokens      int
	Groups      int
	Config      federated.Config
}

// LabelSettings are those of the paper's scale.
func LabelSettings(seed uint64) LabelConfig {
	c := LabelConfig{Seed: seed, Seeds: 3, Methods: []string{"Head", "FedVPT-D", "SGPT"}, Clients: 20, Each: 2, Train: 160, Test: 80, Tokens: 2, Groups: 4, Config: federated.Feature}
	c.Config.Rounds, c.Config.Share, c.Config.Batch, c.Config.Rate = 6, 0.25, 20, 0.03
	return c
}

// RunLabel makes all runs of a configuration.
func RunLabel(ctx context.Context, c LabelConfig) (Federations, error) {
	f := FeatureConfig{Tokens: c.Tokens, Groups: c.Groups, Query: 1}
	methods := func(b *federated.Backbone) map[string]federated.Method {
		all := f.methods(b)
		for name, m := range all {
			if m.Groups > 0 { // what class a picture is of, the last block says best
				m.Query, m.Majority, m.KeyMomentum = b.Net.Layers, false, 0.5
				all[name] = m
			}
		}
		return all
	}
	spec := federated.LabelSpec{Clients: c.Clients, Each: c.Each, Train: c.Train, Test: c.Test}
	setup := func(b *federated.Backbone, d *federated.Digits, seed uint64) (*federated.Setup, error) {
		return federated.NewLabel(b, d, spec, seed)
	}
	return run(ctx, c.Seed, c.Seeds, c.Methods, nil, c.Config, methods, setup)
}

func run(ctx context.Context, seed uint64, seeds int, names, once []string, c federated.Config,
	methods func(b *federated.Backbone) map[string]federated.Method,
	setup func(b *federated.Backbone, d *federated.Digits, seed uint64) (*federated.Setup, error)) (out Federations, err error) {
	digits, err := federated.LoadDigits(ctx)
	if err != nil {
		return out, err
	}
	b, err := federated.Load()
	if err != nil {
		return out, err
	}
	pool, err := xla.NewPool("", runtime.NumCPU())
	if err != nil {
		return out, err
	}
	defer pool.Close()
	all, done, total := methods(b), 0, seeds*len(names)+len(once)
	c.Look = looks(c.Rounds)
	for k := range seeds {
		c.Seed = 10*seed + uint64(k)
		s, err := setup(b, digits, c.Seed)
		if err != nil {
			return out, err
		}
		now := names
		if k == 0 {
			now = append(now[:len(now):len(now)], once...)
		}
		for _, name := range now {
			m, known := all[name]
			if !known {
				return out, fmt.Errorf("study: there is no method %q", name)
			}
			m.Name = name
			part := progress.Range(ctx, float64(done)/float64(total), float64(done+1)/float64(total))
			r, err := s.Run(part, pool, m, c)
			if err != nil {
				return out, err
			}
			one := FederatedRun{Method: name, Seed: c.Seed, Outcome: kept(r, k == 0 && name == "SGPT")}
			for _, client := range s.Clients {
				one.Names = append(one.Names, client.Name)
			}
			for _, client := range s.Unseen {
				one.Unseen = append(one.Unseen, client.Name)
				if client.Domain >= len(federated.Domains) {
					one.Others++
				}
			}
			out.Runs, done = append(out.Runs, one), done+1
		}
	}
	return out, nil
}

// looks are every fifth round and the last of all.
func looks(rounds int) (at []int) {
	for r := 0; r <= rounds; r++ {
		if r%5 == 0 || r > rounds-Last {
			at = append(at, r)
		}
	}
	return at
}

// Accuracy returns one number of each run of a method, in the order of the federations: that of
// all test pictures ("global"), the mean of clients ("local"), the worst client ("worst"), the mean
// of those that were held out ("unseen"), and of those of domains that nobody has ("other"); each
// the mean of the last rounds.
func (f Federations) Accuracy(method, what string) (x []float64) {
	for _, r := range f.Runs {
		if r.Method != method {
			continue
		}
		o, series := r.Outcome, []float64(nil)
		switch what {
		case "global":
			series = o.Global
		case "local":
			series = o.Local
		case "worst":
			series = o.Worst
		case "unseen":
			for _, all := range o.Unseen {
				series = append(series, stat.Mean(all[:len(all)-r.Others], nil))
			}
		case "other":
			for _, all := range o.Unseen {
				series = append(series, stat.Mean(all[len(all)-r.Others:], nil))
			}
		default:
			panic(fmt.Sprintf("study: no accuracy %q", what))
		}
		x = append(x, federated.Final(series, Last))
	}
	return x
}

// Of returns the runs of a method.
func (f Federations) Of(method string) (all []FederatedRun) {
	for _, r := range f.Runs {
		if r.Method == method {
			all = append(all, r)
		}
	}
	return all
}

// Methods are the methods in the order in which they first ran.
func (f Federations) Methods() (names []string) {
	seen := map[string]bool{}
	for _, r := range f.Runs {
		if !seen[r.Method] {
			names = append(names, r.Method)
		}
		seen[r.Method] = true
	}
	return names
}
