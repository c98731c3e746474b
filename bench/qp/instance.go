package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// size is the shape of an instance.
type size struct {
	v, m, d  int // tokens, contexts, dimensions
	support  int // tokens of a support
	rounds   int // as the command line says when 0
	oursOnly bool
	limited  bool          // the peers take hours
	limit    time.Duration // of each of their calls, none when 0
}

var sizes = map[string]size{
	"main":   {v: 10, m: 50, d: 60, support: 6},
	"medium": {v: 20, m: 250, d: 300, support: 4, rounds: 1},
	"large":  {v: 50, m: 500, d: 600, support: 2, rounds: 1, limited: true},
	"huge":   {v: 200, m: 1000, d: 1200, support: 2, rounds: 1, oursOnly: true},
}

// instance is a max-margin program.
type instance struct {
	size
	h        *mat.Dense // d by m
	supports [][]int
}

// handed is what the other side is given, matrices by rows.
type handed struct {
	D        int       `json:"d"`
	M        int       `json:"m"`
	V        int       `json:"v"`
	H        []float64 `json:"h"` // [d, m]
	Supports [][]int   `json:"supports"`
}

func (in instance) handed() handed {
	return handed{in.d, in.m, in.v, in.h.RawMatrix().Data, in.supports}
}

func newInstance(seed uint64, s size) instance {
	rng := rand.New(rand.NewPCG(seed, 0))
	in := instance{size: s, h: mat.NewDense(s.d, s.m, nil), supports: make([][]int, s.m)}
	for i := range s.d {
		for j := range s.m {
			in.h.Set(i, j, rng.NormFloat64())
		}
	}
	for j := range in.supports {
		in.supports[j] = rng.Perm(s.v)[:s.support]
		slices.Sort(in.supports[j])
	}
	return in
}

// violation returns the largest violation of a constraint by w, by its
// definition.
func (in instance) violation(w []float64) float64 {
	var logits mat.Dense
	logits.Mul(mat.NewDense(in.v, in.d, w), in.h)
	worst := 0.0
	for j, support := range in.supports {
		anchor := logits.At(support[0], j)
		for z := range in.v {
			margin := anchor - logits.At(z, j)
			if _, inside := slices.BinarySearch(support, z); inside {
				worst = max(worst, math.Abs(margin))
			} else {
				worst = max(worst, 1-margin)
			}
		}
	}
	return worst
}

// relativeDistance returns ‖a - b‖/‖b‖.
func relativeDistance(a, b []float64) float64 {
	return floats.Distance(a, b, 2) / floats.Norm(b, 2)
}
