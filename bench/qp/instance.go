package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/random"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// size is the shape of an instance.
type size struct {
	v, m, d int           // tokens, contexts, dimensions
	support int           // tokens of a support
	rounds  int           // as the command line says when 0
	limited bool          // the peers take hours
	limit   time.Duration // of each of their calls, none when 0
	data    string        // the data set that it is made of, drawn when empty
	without bool          // there is no W: the answer is the proof
}

var sizes = map[string]size{
	"main":   {v: 10, m: 50, d: 60, support: 6},
	"medium": {v: 20, m: 250, d: 300, support: 4, rounds: 1},
	"labels": {v: 20, m: 250, d: 300, support: 1},
	"large":  {v: 50, m: 500, d: 600, support: 2, rounds: 1, limited: true},
	"huge":   {v: 200, m: 1000, d: 1200, support: 2, rounds: 1, limited: true},
	"cancer": {data: "breast_cancer", rounds: 5},
	"wine":   {data: "wine", rounds: 5},
	"iris":   {data: "iris", rounds: 5, without: true},
	"digits": {data: "digits", rounds: 1},
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
	rng := random.Stream(seed, "bench/qp")
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

// optimality is how well W meets the conditions of Karush, Kuhn and Tucker. H has full
// column rank, so that W = U Hᵀ determines the multipliers U, which are computed here
// from W by least squares: no side is asked for its own.
type optimality struct {
	violation float64 // the largest of a constraint
	// residual is that of pkg/convex: the largest of the violation over the largest
	// margin, ‖W - U Hᵀ‖_∞ and the most negative multiplier, each over the largest entry
	// of its kind, and slackness and duality gap over 1/2 ‖W‖²; no scale is below 1.
	residual float64
}

// optimalityOf measures W, given by its rows.
func (in instance) optimalityOf(w []float64) (optimality, error) {
	rows := mat.NewDense(in.v, in.d, w)
	var logits, ut, stationary mat.Dense
	logits.Mul(rows, in.h)
	if err := ut.Solve(in.h, rows.T()); err != nil {
		return optimality{}, fmt.Errorf("multipliers of W: %w", err)
	}
	stationary.Mul(ut.T(), in.h.T())
	stationary.Sub(rows, &stationary)

	var violation, slackness, negative, sum float64
	margins, multipliers := 1.0, 1.0 // the largest
	for j, support := range in.supports {
		for z := range in.v {
			margin := logits.At(support[0], j) - logits.At(z, j)
			margins = max(margins, math.Abs(margin))
			if _, inside := slices.BinarySearch(support, z); inside {
				violation = max(violation, math.Abs(margin))
				continue
			}
			y := -ut.At(j, z)
			violation = max(violation, 1-margin)
			slackness = max(slackness, math.Abs((margin-1)*y))
			negative, multipliers = max(negative, -y), max(multipliers, math.Abs(y))
			sum += y
		}
	}
	primal := floats.Dot(w, w) / 2
	value := max(1, primal)
	return optimality{violation, max(violation/margins, maxAbs(&stationary)/max(1, maxAbs(rows)), negative/multipliers,
		slackness/value, math.Abs(2*primal-sum)/value)}, nil
}

func maxAbs(a *mat.Dense) float64 { return max(mat.Max(a), -mat.Min(a)) }

// relativeDistance returns ‖a - b‖/‖b‖.
func relativeDistance(a, b []float64) float64 {
	return floats.Distance(a, b, 2) / floats.Norm(b, 2)
}
