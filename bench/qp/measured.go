package main

import (
	"errors"
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
)

// measured returns the samples of a data set of scikit-learn as contexts, with their labels as
// supports, from the wheel of the other side.
func measured(theirs *process.Solvers, s size) (instance, error) {
	if theirs == nil {
		return instance{}, errors.New("its samples are in scikit-learn: give the peers")
	}
	var d handed
	if err := theirs.Ask(&d, "data %s", s.data); err != nil {
		return instance{}, err
	}
	if d.M < 1 || len(d.H) != d.D*d.M || len(d.Supports) != d.M {
		return instance{}, fmt.Errorf("%s: %d values and %d labels for %d samples of %d features", s.data, len(d.H), len(d.Supports), d.M, d.D)
	}
	s.v, s.m, s.d, s.support = d.V, d.M, d.D, 1
	return instance{size: s, h: mat.NewDense(d.D, d.M, d.H), supports: d.Supports}, nil
}

// excessOf measures a W of more contexts than dimensions, whose multipliers are not determined: the
// largest violation v, and as residual that or what the value of W/(1-v), which is feasible, exceeds the
// value of the dual at our multipliers by, relative to it: no W does better than that.
func (in instance) excessOf(w []float64, ours *maxmargin.NextTokenSolution) optimality {
	var logits mat.Dense
	logits.Mul(mat.NewDense(in.v, in.d, w), in.h)
	v := 0.0
	for j, support := range in.supports {
		for z := range in.v {
			if z != support[0] {
				v = max(v, 1-(logits.At(support[0], j)-logits.At(z, j)))
			}
		}
	}
	excess := 1.0 // of a W that separates nothing
	if v < 1 {
		excess = floats.Dot(w, w)/2/((1-v)*(1-v))/ours.Dual - 1
	}
	return optimality{violation: v, residual: max(v, excess)}
}

// proof returns the multipliers of the inequalities of our answer.
func (in instance) proof(ours *maxmargin.NextTokenSolution) []float64 {
	var y []float64
	for j, support := range in.supports {
		for z := range in.v {
			if z != support[0] {
				y = append(y, -ours.U.At(z, j))
			}
		}
	}
	return y
}

// proves measures a proof that there is no W: with multipliers that sum to one, the largest entry of
// the combination of rows that should be zero, and the most negative multiplier, which counts with it.
func (in instance) proves(y []float64) optimality {
	u, sum, negative, i := mat.NewDense(in.v, in.m, nil), floats.Sum(y), 0.0, 0
	for j, support := range in.supports {
		for z := range in.v {
			if z == support[0] {
				continue
			}
			v := y[i] / sum
			u.Set(z, j, -v)
			u.Set(support[0], j, u.At(support[0], j)+v)
			negative = max(negative, -v)
			i++
		}
	}
	var rows mat.Dense
	rows.Mul(u, in.h.T())
	return optimality{violation: negative, residual: max(negative, maxAbs(&rows))}
}
