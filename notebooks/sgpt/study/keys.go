package study

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/federated"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train/fed"
	"github.com/marginalia-ml/marginalia/xla"
)

// KeysConfig trains keys alone, on the queries of real pictures: nothing else of the network
// takes part in the choice of groups, or in the gradient of the keys.
type KeysConfig struct {
	Seed        uint64
	Seeds       int // federations of each kind
	Rounds      int
	Query       int // blocks before the query, where clients are domains; all of them elsewhere
	Train, Test int // pictures of a class: of each of four domains; of all clients of label shift together
	Epochs      int
	Batch       int
	Rate        float64
	Momentum    float64
}

// Usage is how groups are used after a training of the keys.
type Usage struct {
	Train, Test float64 // normalised entropies: of all picks of the training, of test pictures without the factor
	Information float64 // of clients and groups at test, nats
	Table       [][]int // clients × groups at test
}

// Pair is the training with the factor and without, on one federation.
type Pair struct{ On, Off, FrozenOn, FrozenOff Usage }

// Keys are what came of all federations.
type Keys struct {
	Domains []Pair  // four clients of a domain each, four groups
	Labels  []Pair  // twenty clients with two classes of ten, eight groups
	Alike   []Usage // four clients of one of [Shades] each, four groups, with the factor
	Names   []string
}

// Shades are four domains that the frozen features do not tell apart: pictures that are darker by
// three, six and nine per cent.
var Shades = []federated.Domain{
	{Name: "1", At: func(x float64, _, _ int) float64 { return x }},
	{Name: "0.97", At: func(x float64, _, _ int) float64 { return 0.97 * x }},
	{Name: "0.94", At: func(x float64, _, _ int) float64 { return 0.94 * x }},
	{Name: "0.91", At: func(x float64, _, _ int) float64 { return 0.91 * x }},
}

// asked are a client's queries.
type asked struct{ train, test []float32 }

// RunKeys trains the keys of all federations; pictures go through the network once.
func RunKeys(ctx context.Context, c KeysConfig) (out Keys, err error) {
	digits, err := federated.LoadDigits(ctx)
	if err != nil {
		return out, err
	}
	b, err := federated.Load()
	if err != nil {
		return out, err
	}
	pool, err := xla.NewPool("", 1)
	if err != nil {
		return out, err
	}
	defer func() { err = closed(pool, err) }()
	var domains, alike, labels []*federated.Setup
	for k := range c.Seeds {
		seed := c.federation(k)
		for _, f := range []struct {
			of   []federated.Domain
			into *[]*federated.Setup
		}{{federated.Domains, &domains}, {Shades, &alike}} {
			d, err := federated.NewFeature(b, digits, federated.FeatureSpec{Domains: f.of, Copies: 1, Train: c.Train, Test: c.Test}, seed)
			if err != nil {
				return out, err
			}
			*f.into = append(*f.into, d)
		}
		l, err := federated.NewLabel(b, digits, federated.LabelSpec{Clients: 20, Each: 2, Train: 4 * c.Train, Test: 4 * c.Test}, seed)
		if err != nil {
			return out, err
		}
		labels = append(labels, l)
	}
	for _, client := range domains[0].Clients {
		out.Names = append(out.Names, client.Name)
	}
	half, err := queries(ctx, pool, b, append(domains, alike...), c.Query)
	if err != nil {
		return out, err
	}
	whole, err := queries(ctx, pool, b, labels, b.Net.Layers)
	if err != nil {
		return out, err
	}
	for k := range c.Seeds {
		t := keyTraining{KeysConfig: c, seed: c.federation(k), d: b.Net.Dim, groups: 4, majority: true, share: 1}
		p, err := t.pair(half[k])
		if err != nil {
			return out, err
		}
		t.factor = true
		u, err := t.run(half[c.Seeds+k])
		if err != nil {
			return out, err
		}
		t.groups, t.majority, t.server, t.share = 8, false, 0.5, 0.25
		l, err := t.pair(whole[k])
		if err != nil {
			return out, err
		}
		out.Domains, out.Alike, out.Labels = append(out.Domains, p), append(out.Alike, u), append(out.Labels, l)
	}
	return out, nil
}

// federation is the seed of one of them.
func (c KeysConfig) federation(k int) uint64 { return c.Seed*1000 + uint64(k) }

// queries sends the pictures of all clients of federations through some blocks at once.
func queries(ctx context.Context, pool *xla.Pool, b *federated.Backbone, all []*federated.Setup, blocks int) ([][]asked, error) {
	var x, q []float32
	for _, s := range all {
		for _, c := range s.Clients {
			x = append(append(x, c.Train.X...), c.Test.X...)
		}
	}
	err := pool.Run(ctx, []xla.Job{{Run: func(ctx context.Context, w *xla.Worker) (err error) {
		q, err = b.Features(ctx, w.Backend, x, blocks)
		return err
	}}})
	if err != nil {
		return nil, err
	}
	q = federated.Normalise(q, b.Net.Dim)
	out := make([][]asked, len(all))
	for i, s := range all {
		for _, c := range s.Clients {
			n, t := c.Train.Len()*b.Net.Dim, c.Test.Len()*b.Net.Dim
			out[i] = append(out[i], asked{q[:n], q[n : n+t]})
			q = q[n+t:]
		}
	}
	return out, nil
}

// keyTraining is one training of keys.
type keyTraining struct {
	KeysConfig
	seed           uint64
	d, groups      int
	majority       bool
	server, share  float64
	factor, frozen bool
}

// pair trains with the factor and without, keys that learn and keys that do not.
func (t keyTraining) pair(clients []asked) (p Pair, err error) {
	for _, v := range []struct {
		factor, frozen bool
		into           *Usage
	}{{true, false, &p.On}, {false, false, &p.Off}, {true, true, &p.FrozenOn}, {false, true, &p.FrozenOff}} {
		t.factor, t.frozen = v.factor, v.frozen
		if *v.into, err = t.run(clients); err != nil {
			return p, err
		}
	}
	return p, nil
}

// run trains, round by round, on a server of the room.
func (t keyTraining) run(clients []asked) (u Usage, err error) {
	start := federated.SGPT(model.ViT{Layers: 2, Dim: t.d}, t.groups, 1).Start(model.ViT{Layers: 2, Dim: t.d}, 1, t.seed)
	keys, err := start.Select("keys")
	if err != nil {
		return u, err
	}
	s, err := fed.NewServer(keys, len(clients), t.groups, []fed.Rule{{Params: []string{"keys"}, ByGroup: true, Least: 50, Momentum: t.server}})
	if err != nil {
		return u, err
	}
	for range t.Rounds {
		chosen, err := fed.Sample(random.Stream(t.seed, fmt.Sprintf("keys/chosen %d", s.Round)), len(clients), t.share)
		if err != nil {
			return u, err
		}
		if err := s.Begin(chosen); err != nil {
			return u, err
		}
		var factor []float64
		if t.factor {
			factor = federated.Factor(s.Counts)
		}
		for _, i := range chosen {
			p, counts := s.Global.Clone(), make([]int, t.groups)
			t.train(random.Stream(t.seed, fmt.Sprintf("keys/order %d of %d", s.Round, i)), clients[i].train, p.Get("keys"), factor, counts)
			if err := s.Take(fed.Update{Client: i, Round: s.Round, Examples: len(clients[i].train) / t.d, Params: p, Counts: counts}); err != nil {
				return u, err
			}
		}
		if err := s.Close(); err != nil {
			return u, err
		}
	}
	total, last := make([]int, t.groups), xla.Float32s(s.Global.Get("keys"))
	for _, c := range clients {
		row := make([]int, t.groups)
		for _, g := range federated.Select(c.test, last, t.d, nil) {
			row[g]++
			total[g]++
		}
		u.Table = append(u.Table, row)
	}
	u.Train, u.Test = federated.Entropy(s.Counts), federated.Entropy(total)
	u.Information, err = federated.Information(u.Table)
	return u, err
}

// train is a client's: the gradient of minus the mean cosine of a batch, with momentum.
func (t keyTraining) train(rng *rand.Rand, q []float32, keys, factor []float64, counts []int) {
	n, b := len(q)/t.d, min(t.Batch, len(q)/t.d)
	velocity := make([]float64, len(keys))
	batch := make([]float32, b*t.d)
	for range t.Epochs {
		order := rng.Perm(n)
		for from := 0; from+b <= n; from += b {
			for i, at := range order[from : from+b] {
				copy(batch[i*t.d:(i+1)*t.d], q[at*t.d:(at+1)*t.d])
			}
			now := xla.Float32s(keys)
			chosen := federated.Select(batch, now, t.d, factor)
			if t.majority {
				most := most(chosen, t.groups)
				for i := range chosen {
					chosen[i] = most
				}
			}
			for _, g := range chosen {
				counts[g]++
			}
			if t.frozen {
				continue
			}
			ascent := pullOf(batch, keys, chosen, t.d)
			for k, v := range ascent {
				velocity[k] = t.Momentum*velocity[k] + v
				keys[k] += t.Rate * velocity[k]
			}
		}
	}
}

// most returns the group that was picked most often, the first of several.
func most(chosen []int, groups int) int {
	n, best := make([]int, groups), 0
	for _, g := range chosen {
		n[g]++
	}
	for g, v := range n {
		if v > n[best] {
			best = g
		}
	}
	return best
}

// pullOf is the gradient of the mean cosine of queries with the keys that they have chosen,
//
//	(1/|b|) Σ_{g(b) = g} (q_b − cos(q_b, k_g) k_g/‖k_g‖)/‖k_g‖
func pullOf(q []float32, keys []float64, chosen []int, d int) []float64 {
	grad := make([]float64, len(keys))
	for i, g := range chosen {
		at, key := q[i*d:(i+1)*d], keys[g*d:(g+1)*d]
		dot, square := 0.0, 0.0
		for j, k := range key {
			dot, square = dot+k*float64(at[j]), square+k*k
		}
		norm := math.Sqrt(square)
		for j, k := range key {
			grad[g*d+j] += (float64(at[j]) - dot/square*k) / (norm * float64(len(chosen)))
		}
	}
	return grad
}

// Gains are the entropies at test with the factor less those without, and beside them those of
// keys that stay where they were.
func Gains(all []Pair) (learned, frozen []float64) {
	for _, p := range all {
		learned, frozen = append(learned, p.On.Test-p.Off.Test), append(frozen, p.FrozenOn.Test-p.FrozenOff.Test)
	}
	return learned, frozen
}

// Each returns one number of each of several things.
func Each[T any](all []T, f func(T) float64) (x []float64) {
	for _, v := range all {
		x = append(x, f(v))
	}
	return x
}

// Mean is the mean of numbers.
func Mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v / float64(len(x))
	}
	return sum
}
