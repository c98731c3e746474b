package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/marginalia-ml/marginalia/pkg/federated"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/xla"
)

// instance is what the other side is given.
type instance struct {
	Backbone string       `json:"backbone"` // a safetensors file
	Layers   int          `json:"layers"`
	Heads    int          `json:"heads"`
	Patch    int          `json:"patch"`
	Names    []string     `json:"names"` // of the trained parameters
	Shapes   [][]int      `json:"shapes"`
	Start    [][]float64  `json:"start"`
	Clients  []clientData `json:"clients"`
	Rate     float64      `json:"rate"`
	Momentum float64      `json:"momentum"`
	Decay    float64      `json:"decay"`
	Clip     float64      `json:"clip"`
	Factor   []float64    `json:"factor"`
}

type clientData struct {
	Pictures []float32  `json:"pictures"` // [n, 784]
	Labels   []int32    `json:"labels"`
	Queries  []float32  `json:"queries"` // [n, d]
	Orders   [2][][]int `json:"orders"`  // of the stages
}

// counts are those of earlier rounds.
var counts = []int{300, 100, 250, 150}

// side is ours.
type side struct {
	in      instance
	task    *federated.Task
	pool    *xla.Pool
	start   model.Params
	clients []int
	folder  string
}

func newSide(ctx context.Context, pool *xla.Pool, pictures int) (s *side, err error) {
	digits, err := federated.LoadDigits(ctx)
	if err != nil {
		return nil, err
	}
	b, err := federated.Load()
	if err != nil {
		return nil, err
	}
	setup, err := federated.NewFeature(b, digits, federated.FeatureSpec{Domains: federated.Domains, Copies: 1, Train: pictures, Test: 1}, 1)
	if err != nil {
		return nil, err
	}
	m := federated.SGPT(b.Net, len(counts), 2)
	m.Query = 2
	c := federated.Feature
	c.Epochs, c.Seed = 4, 1
	s = &side{pool: pool}
	if s.task, err = setup.NewTask(ctx, pool, m, c); err != nil {
		return nil, err
	}
	s.start = s.task.Start()
	for _, values := range s.start.Values { // as the device has them
		for k, v := range values {
			values[k] = float64(float32(v))
		}
	}
	if s.folder, err = os.MkdirTemp("", "bench-federated"); err != nil {
		return nil, err
	}
	s.in = instance{Backbone: filepath.Join(s.folder, "backbone.safetensors"), Layers: b.Net.Layers, Heads: b.Net.Heads, Patch: b.Net.Patch,
		Names: s.task.Layout().Names(), Start: s.start.Values, Rate: c.Rate, Momentum: c.Momentum, Decay: c.Decay, Clip: c.Clip, Factor: federated.Factor(counts)}
	for _, p := range s.task.Layout() {
		s.in.Shapes = append(s.in.Shapes, p.Shape)
	}
	on, err := xla.Open("")
	if err != nil {
		return nil, err
	}
	defer on.Close()
	for i, client := range setup.Clients {
		features, err := b.Features(ctx, on, client.Train.X, m.Query)
		if err != nil {
			return nil, err
		}
		s.clients = append(s.clients, i)
		s.in.Clients = append(s.in.Clients, clientData{Pictures: client.Train.X, Labels: client.Train.Y, Queries: federated.Normalise(features, b.Net.Dim),
			Orders: [2][][]int{s.task.Order(i, 0, 0), s.task.Order(i, 0, 1)}})
	}
	return s, b.Write(s.in.Backbone)
}

// train makes a round.
func (s *side) train() ([]federated.Trained, error) {
	return s.task.Train(context.Background(), s.pool, s.clients, 0, s.start, counts)
}

func (s *side) run(rounds int) error {
	for range rounds {
		if _, err := s.train(); err != nil {
			return err
		}
	}
	return nil
}

func (s *side) close() error { return os.RemoveAll(s.folder) }
