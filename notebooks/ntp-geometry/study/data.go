// Package study holds what the cells of ntp-geometry call and do not show: the data
// sets, what is computed once for several cells, and the recipes of the figures.
package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/geometry"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// Sentences is the data set of 16 contexts with three next words each, whose counts are
// drawn from the given stream of the seed.
func Sentences(seed uint64, stream string) softlabel.Data {
	return softlabel.Data{Kind: "recorded", Counts: 2, Seed: seed, Stream: stream}
}

// Skewed is Sentences with probabilities and frequencies from Dirichlet distributions.
func Skewed(seed uint64) softlabel.Data {
	return softlabel.Data{Kind: "recorded", Skewed: true, Seed: seed, Stream: "skewed"}
}

// Shared is the data set of 403 contexts that share 34 supports.
func Shared(seed uint64) softlabel.Data {
	return softlabel.Data{Kind: "shared", Shared: softlabel.Simplified, Counts: 4, Seed: seed, Stream: "shared"}
}

// Soft draws a data set, or ends the cell.
func Soft(d softlabel.Data) *softlabel.Labels { return notebook.Must(d.Labels()) }

// Pattern is the pattern with the given supports, or ends the cell.
func Pattern(V int, supports ...[]int) *softlabel.Pattern {
	return notebook.Must(softlabel.NewPattern(V, supports))
}

// Lmm returns the max-margin logits of a pattern, or ends the cell.
func Lmm(p *softlabel.Pattern) *mat.Dense { return notebook.Must(geometry.Lmm(p, nil)).L }

// Of returns the geometry of logits, or ends the cell.
func Of(L mat.Matrix) *geometry.Geometry { return notebook.Must(geometry.New(L)) }

// Certificate returns the proxy's certificate, or ends the cell.
func Certificate(p *softlabel.Pattern) *geometry.Certificate {
	return notebook.Must(geometry.ProxyCertificate(p))
}

// Another is the pattern in which the first word of every support is exchanged for the
// next word that the support does not have: the control of statements about supports.
func Another(p *softlabel.Pattern) *softlabel.Pattern {
	var supports [][]int
	for j, s := range p.S {
		z := s[0]
		for p.Follows(z, j) {
			z = (z + 1) % p.V
		}
		supports = append(supports, append([]int{z}, s[1:]...))
	}
	return Pattern(p.V, supports...)
}

// Spread is the number of words of a list of supports: one more than the largest.
func Spread(supports [][]int) int {
	V := 0
	for _, s := range supports {
		for _, z := range s {
			V = max(V, z+1)
		}
	}
	return V
}

// Lambdas are two values of λ in each factor of ten, from 10^-from to 10^-to.
func Lambdas(from, to float64) (l []float64) {
	for e := 2 * from; e <= 2*to; e++ {
		l = append(l, math.Pow(10, -e/2))
	}
	return l
}

// Numbers are the names 0, ..., n-1.
func Numbers(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprint(i))
	}
	return names
}

// What the claims of the page allow for.
const (
	RoundOff  = 1e-12 // float64 sums of up to 10⁴ terms of order one
	SolverTol = 1e-8  // a hundred times the gap that the solver of (3) closes
	PathTol   = 1e-5  // ten times the stationarity to which a point of the path is solved
)
