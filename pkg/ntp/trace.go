package ntp

import (
	"gonum.org/v1/gonum/mat"
)

// Trace is the decoder of a training run at some of its steps.
type Trace struct {
	K []int        // steps done
	W []*mat.Dense // decoder after them

	Backend, Device string  // what it ran on
	Seconds         float64 // how long the steps took, the tracing of W included
}

// Steps returns K as numbers, for an axis.
func (t *Trace) Steps() []float64 {
	k := make([]float64, len(t.K))
	for i, step := range t.K {
		k[i] = float64(step)
	}
	return k
}

// Column returns f of every traced decoder.
func (t *Trace) Column(f func(W mat.Matrix) float64) []float64 {
	column := make([]float64, len(t.W))
	for i, W := range t.W {
		column[i] = f(W)
	}
	return column
}

// Last returns the decoder after the last step.
func (t *Trace) Last() *mat.Dense { return t.W[len(t.W)-1] }

// At returns the decoder after step k, nil if that step was not traced.
func (t *Trace) At(k int) *mat.Dense {
	for i, step := range t.K {
		if step == k {
			return t.W[i]
		}
	}
	return nil
}

// From returns the part of the trace from step k on.
func (t *Trace) From(k int) *Trace {
	part := *t
	for len(part.K) > 0 && part.K[0] < k {
		part.K, part.W = part.K[1:], part.W[1:]
	}
	return &part
}

// HoldsFrom returns the first traced step from which on holds is true at every traced
// step, and false if it is not true at the last.
func (t *Trace) HoldsFrom(holds func(W mat.Matrix) bool) (k int, ok bool) {
	for i := len(t.W) - 1; i >= 0 && holds(t.W[i]); i-- {
		k, ok = t.K[i], true
	}
	return k, ok
}
