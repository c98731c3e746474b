package main

import (
	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

const (
	inputs = 4
	eta    = 2
)

// kind is one of the compared trainings.
type kind struct {
	name, what string
	steps      int // of a call, if no other number is asked for
	runs       func(seed uint64) (*generalization.Runs, error)
}

// kinds are the networks of C5 and of C6 (E2) at quick scale.
var kinds = []kind{
	{"C5", "leave-one-out, n = 32: 33 networks of width 256", 16, leaveOneOut},
	{"E2", "8 samples of n = 128: 8 networks of width 128", 32, draws},
}

// leaveOneOut are the n + 1 networks of C5: one start, one sample, weights of their own.
func leaveOneOut(seed uint64) (*generalization.Runs, error) {
	rng := random.Stream(seed, "bench/generalization")
	s, err := generalization.Quadrants(32, inputs, rng)
	if err != nil {
		return nil, err
	}
	net, err := generalization.NewNet(inputs, 256, 1, "softplus")
	if err != nil {
		return nil, err
	}
	start, err := net.SymmetricStart(rng)
	if err != nil {
		return nil, err
	}
	return generalization.LeaveOneOut(net, s, start, eta, []int{0})
}

// draws are the networks of E2, each with its own start and sample.
func draws(seed uint64) (*generalization.Runs, error) {
	rng := random.Stream(seed, "bench/generalization")
	net, err := generalization.NewNet(inputs, 128, 1, "softplus")
	if err != nil {
		return nil, err
	}
	r := &generalization.Runs{Net: net, Eta: eta, At: []int{0}}
	for range 8 {
		s, err := generalization.Quadrants(128, inputs, rng)
		if err != nil {
			return nil, err
		}
		start, err := net.SymmetricStart(rng)
		if err != nil {
			return nil, err
		}
		r.Samples, r.Starts = append(r.Samples, s), append(r.Starts, start)
	}
	return r, nil
}

// instance is what the other side is told. Matrices are in row order; X, Starts and Weights have one entry for each
// network, or one for all.
type instance struct {
	Signs   []float64   `json:"signs"`   // [m]
	Starts  [][]float64 `json:"starts"`  // [m, d] each
	X       [][]float64 `json:"x"`       // [n, d] each
	Y       [][]float64 `json:"y"`       // [n] each
	Weights [][]float64 `json:"weights"` // [n] each
	Eta     float64     `json:"eta"`
}

func newInstance(r *generalization.Runs) instance {
	in := instance{Signs: r.Net.Signs, Starts: r.Starts, Weights: r.Weights, Eta: r.Eta}
	for _, s := range r.Samples {
		in.X, in.Y = append(in.X, s.X.RawMatrix().Data), append(in.Y, s.Y)
	}
	if in.Weights == nil {
		mean := make([]float64, r.Samples[0].N())
		for i := range mean {
			mean[i] = 1 / float64(len(mean))
		}
		in.Weights = [][]float64{mean}
	}
	return in
}
