package study

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/embedding"
)

// Twins are two texts of one content among candidates that are sorted by their distance from a
// query.
type Twins struct {
	Apart float64 // difference of their squared distances from the query
	Ranks int     // how many candidates lie between them, plus one
}

// Contents draws equidistant pairs in R^m, each with a radius of its own from 0.5 to 1.5.
func Contents(rng *rand.Rand, count, m int) []Content {
	all := make([]Content, count)
	for c := range all {
		all[c] = Sphere(rng, 2, m, 0.5+rng.Float64())
	}
	return all
}

// Rank sorts both texts of all contents by their distance from the query z and returns, for each
// content, how far apart its two texts came.
func Rank(all []Content, z []float64) []Twins {
	type candidate struct {
		content, group int
		far            float64
	}
	var list []candidate
	for c, x := range all {
		for g, f := range x.F {
			list = append(list, candidate{c, g, embedding.SquaredDistance(z, f)})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	at := make([][2]int, len(all))
	for rank, c := range list {
		at[c.content][c.group] = rank
	}
	twins := make([]Twins, len(all))
	for c, x := range all {
		twins[c].Apart = embedding.SquaredDistance(z, x.F[0]) - embedding.SquaredDistance(z, x.F[1])
		twins[c].Ranks = max(at[c][0]-at[c][1], at[c][1]-at[c][0])
	}
	return twins
}

// RankBoth ranks for the neutral query of the first content, and again with its last text at another
// distance, 1 + by times as far.
func RankBoth(all []Content, by float64) (equal, broken []Twins) {
	equal = Rank(all, all[0].N)
	all[0] = all[0].Shifted(by)
	return equal, Rank(all, all[0].N)
}

// Tied counts contents whose texts are equally far from the query, but for rounding.
func Tied(all []Twins) int {
	n := 0
	for _, t := range all {
		if t.Apart < 1e-9 && t.Apart > -1e-9 {
			n++
		}
	}
	return n
}

// MedianRanks is the median number of ranks between the texts of a content.
func MedianRanks(all []Twins) float64 {
	var r []int
	for _, t := range all {
		r = append(r, t.Ranks)
	}
	slices.Sort(r)
	return float64(r[(len(r)-1)/2]+r[len(r)/2]) / 2
}
