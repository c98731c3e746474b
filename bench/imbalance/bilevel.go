package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/imbalance"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

const (
	// searchRounds is the number of rounds of one search, each of five steps of training and one of the coefficients.
	searchRounds = 40
	// searchAgrees is how far the coefficients of both sides may be apart, relative to the longest: 40 steps of Adam with
	// float32 gradients, whose sign decides where it is near zero.
	searchAgrees = 2e-2
)

// newSearch is the bilevel search of the notebook's pictures, with Gaussian ones of as many pixels: 20 classes from 400
// examples down to 4, a fifth as many for validation.
func newSearch() (*imbalance.Search, error) {
	const K, d = 20, 784
	rng := random.Stream(1, "bench/bilevel")
	counts, err := imbalance.LongTail(K, 400, 100)
	if err != nil {
		return nil, err
	}
	means := make([]float64, K*d)
	for i := range means {
		means[i] = 0.1 * rng.NormFloat64()
	}
	draw := func(share float64) (e imbalance.Examples) {
		for k, n := range counts {
			for range max(1, int(share*float64(n))) {
				for j := range d {
					e.X = append(e.X, float32(means[k*d+j]+0.3*rng.NormFloat64()))
				}
				e.Y = append(e.Y, int32(k))
			}
		}
		return e
	}
	pi, err := imbalance.Frequencies(counts)
	if err != nil {
		return nil, err
	}
	F, err := imbalance.Dictionary(imbalance.Attribute{Name: "frequency", Values: pi})
	if err != nil {
		return nil, err
	}
	return &imbalance.Search{Net: model.MLP{Widths: []int{d, 64, K}, Activation: "relu"}, Map: imbalance.Map{L: F, Delta: F},
		Fit: draw(1), Held: draw(0.2), Rounds: searchRounds, Inner: 5, Start: 2, Batch: 128, UpperBatch: 256,
		Rate: 0.1, Momentum: 0.9, Decay: 1e-4, UpperRate: 0.05, T: 8, EtaMax: 0.05, Looks: 1, Seed: 1, Stream: "bench/bilevel"}, nil
}

// searched is what the other side is given: shapes and entries of state and arguments.
type searched struct {
	State     []tensor `json:"state"`
	Arguments []tensor `json:"arguments"`
	Inner     int      `json:"inner"`
	Batch     int      `json:"batch"`
	T         int      `json:"t"`
	Momentum  float64  `json:"momentum"`
	Decay     float64  `json:"decay"`
	UpperRate float64  `json:"upper_rate"`
	EtaMax    float64  `json:"eta_max"`
	Rounds    int      `json:"rounds"`
}

type tensor struct {
	Shape   []int     `json:"shape"`
	Integer bool      `json:"integer"`
	Values  []float64 `json:"values"`
}

func handedSearch(s *imbalance.Search) (out searched, err error) {
	state, args, err := s.Tensors()
	if err != nil {
		return out, err
	}
	out = searched{Inner: s.Inner, Batch: s.Batch, T: s.T, Momentum: s.Momentum, Decay: s.Decay, UpperRate: s.UpperRate, EtaMax: s.EtaMax, Rounds: s.Rounds}
	for i, list := range [][]*tensors.Tensor{state, args} {
		to := []*[]tensor{&out.State, &out.Arguments}[i]
		for _, x := range list {
			t := tensor{Shape: append([]int{}, x.Shape().Dimensions...)}
			if narrow, err := tensors.CopyFlatData[float32](x); err == nil {
				for _, v := range narrow {
					t.Values = append(t.Values, float64(v))
				}
			} else {
				whole, err := tensors.CopyFlatData[int32](x)
				if err != nil {
					return out, err
				}
				t.Integer = true
				for _, v := range whole {
					t.Values = append(t.Values, float64(v))
				}
			}
			*to = append(*to, t)
		}
	}
	return out, nil
}

// bilevel measures the bilevel search against JAX, whose products with the Hessian are the gradient of ⟨∇L, c⟩ as ours, a
// double backward, and in a second row the derivative of ∇L along c.
func bilevel(ctx context.Context, backend, python, script string, rounds int) (err error) {
	s, err := newSearch()
	if err != nil {
		return err
	}
	pool, err := xla.NewPool(backend, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	var found *imbalance.Searched
	ours := func(int) error {
		return pool.Run(ctx, []xla.Job{{Program: s.Program(), Run: func(ctx context.Context, w *xla.Worker) (err error) {
			found, err = s.Run(ctx, w)
			return err
		}}})
	}
	in, err := handedSearch(s)
	if err != nil {
		return err
	}
	fmt.Printf("\nbilevel: %d rounds of %d steps of training and one of the coefficients, %d terms, %d and %d examples\n", s.Rounds, s.Inner, s.T+1, len(s.Fit.Y), len(s.Held.Y))
	for _, kind := range []string{"double", "forward"} {
		var others func(int) (float64, error)
		var theirs *process.Process
		if python != "" {
			var version string
			if theirs, err = process.Start(ctx, python, script, in, &version); err != nil {
				return err
			}
			others = func(int) (seconds float64, err error) { return seconds, theirs.Ask(&seconds, "run %s", kind) }
		}
		err := func() error {
			seen, err := process.Interleaved(rounds, s.Rounds, ours, others)
			if err != nil {
				return err
			}
			seen.Print(os.Stdout, kind)
			if theirs == nil {
				return nil
			}
			var v []float64
			if err := theirs.Ask(&v, "coefficients %s", kind); err != nil {
				return err
			}
			apart, err := searchesApart(s, found, v)
			if err != nil {
				return err
			}
			what := map[string]string{"double": "a double backward", "forward": "derivatives of gradients"}[kind]
			return process.Record(process.Result{Bench: "imbalance", What: fmt.Sprintf("a round of the bilevel search: %d steps of training and an implicit gradient", s.Inner), Against: "JAX, by " + what,
				Ours: fmt.Sprintf("%.1f ms", seen.Least()/1e3), Comment: fmt.Sprintf("after %d rounds the coefficients differ by %.0e", s.Rounds, apart)}.Ratios(seen.Ours, seen.Theirs))
		}()
		if theirs != nil {
			err = errors.Join(err, theirs.Close())
		}
		if err != nil || theirs == nil {
			return err
		}
	}
	return nil
}

// searchesApart is the largest difference of the coefficients, relative to the largest of ours; an error beyond [searchAgrees].
func searchesApart(s *imbalance.Search, found *imbalance.Searched, v []float64) (float64, error) {
	l, d := s.Map.Size()
	width := len(v) / 2
	if width < max(l, d) {
		return 0, fmt.Errorf("bilevel: %d coefficients on the other side, want %d of l and %d of Δ at least", len(v), l, d)
	}
	theirs := slices.Concat(v[:l], v[width:width+d])
	apart, largest := 0.0, 0.0
	for i, x := range found.V {
		apart, largest = max(apart, math.Abs(x-theirs[i])), max(largest, math.Abs(x))
	}
	if !(apart <= searchAgrees*largest) || largest == 0 {
		return 0, fmt.Errorf("bilevel: coefficients %.4v, on the other side %.4v", found.V, theirs)
	}
	return apart / largest, nil
}
