package main

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/contrastive"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// size is an instance and who solves it.
type size struct {
	sizes   []int
	r       float64
	reduced bool
	peers   []string // what the other side's "solve" is asked for
}

// known are the instances. The full model has n = 300 samples: 44,850 inner products, or 90,000
// exponential cones beside one of positive semidefinite matrices.
var known = map[string]size{
	"full":       {sizes: contrastive.StepSizes(5, 5, 5, 10), r: 1, peers: []string{"SCS 1e-4"}},
	"full-sharp": {sizes: contrastive.StepSizes(5, 5, 5, 10), r: 1, peers: []string{"SCS 1e-6"}},
	"warm":       {sizes: drawn(100), r: 0.1, reduced: true, peers: []string{"SCS 1e-4"}},
	"reduced":    {sizes: drawn(100), r: 1, reduced: true, peers: []string{"SCS 1e-4"}},
	"cold":       {sizes: drawn(100), r: 10, reduced: true, peers: []string{"SCS 1e-4"}},
}

// drawn are k sizes of classes from 2 to 201.
func drawn(k int) []int {
	rng := random.Stream(1, "bench/contrastive")
	sizes := make([]int, k)
	for c := range sizes {
		sizes[c] = 2 + rng.IntN(200)
	}
	return sizes
}

// handed is what the other side is given.
type handed struct {
	Sizes   []int   `json:"sizes"`
	R       float64 `json:"r"`
	Reduced bool    `json:"reduced"`
}

// what is the instance in words.
func (s size) what() string {
	k, n := len(s.sizes), 0
	for _, m := range s.sizes {
		n += m
	}
	if s.reduced {
		return fmt.Sprintf("reduced contrastive program, k = %d, r = %g", k, s.r)
	}
	return fmt.Sprintf("contrastive loss of %d free embeddings, k = %d, r = %g", n, k, s.r)
}

// excess is the loss above its floor at the feasible matrix near X: negative eigenvalues are
// dropped, and rows and columns scaled until the diagonal is at most one, or one in the reduced
// program.
func (s size) excess(X []float64) (float64, error) {
	p, err := contrastive.New(s.r, s.sizes...)
	if err != nil {
		return 0, err
	}
	n := int(math.Round(math.Sqrt(float64(len(X)))))
	if want := map[bool]int{true: p.K(), false: p.N()}[s.reduced]; n != want || n*n != len(X) {
		return 0, fmt.Errorf("%d entries: a matrix of %d rows is expected", len(X), want)
	}
	G, err := feasible(mat.NewDense(n, n, slices.Clone(X)), s.reduced)
	if err != nil {
		return 0, err
	}
	if s.reduced {
		e, _ := p.ReducedExcess(G)
		return e, nil
	}
	return p.Excess(G), nil
}

// feasible returns the positive semidefinite part of X with a diagonal of at most one, or of ones.
func feasible(X *mat.Dense, ones bool) (*mat.Dense, error) {
	n, _ := X.Dims()
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			sym.SetSym(i, j, (X.At(i, j)+X.At(j, i))/2)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(sym, true) {
		return nil, fmt.Errorf("no eigenvalues of an answer of %d rows", n)
	}
	var V mat.Dense
	e.VectorsTo(&V)
	H := mat.NewDense(n, n, nil)
	for a, v := range e.Values(nil) {
		for i := range n {
			H.Set(a, i, math.Sqrt(math.Max(0, v))*V.At(i, a))
		}
	}
	for i := range n {
		length := mat.Norm(H.ColView(i), 2)
		if ones || length > 1 {
			for a := range n {
				H.Set(a, i, H.At(a, i)/length)
			}
		}
	}
	return contrastive.Gram(H), nil
}
