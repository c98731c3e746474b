package geometry

import (
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// shapes are patterns of all sorts.
func shapes(tb testing.TB) map[string]*softlabel.Pattern {
	rng := newRand(900)
	return map[string]*softlabel.Pattern{
		"recorded": softlabel.Recorded(),
		"random":   must(softlabel.RandomPattern(9, 14, 3, rng))(tb),
		"shared":   must(softlabel.Shared{V: 20, Supports: 6, Contexts: 25, Least: 2, Most: 5}.Pattern(rng))(tb),
		"one-hot":  must(softlabel.OneHot(4, 1, 2))(tb),
		"subsets":  must(softlabel.AllSubsets(5, 2))(tb),
		"fano":     softlabel.Fano(),
		"blocks":   must(softlabel.Blocks([]int{1, 3, 2}, []int{2, 1, 3}))(tb),
		"nested":   must(softlabel.Nested(4))(tb),
	}
}

// labels are a skewed data set on the recorded pattern.
func labels(tb testing.TB, stream uint64) *softlabel.Labels {
	rng := newRand(stream)
	return must(softlabel.Recorded().Relabel(func(n int) []float64 { return softlabel.Dirichlet(n, rng) }))(tb)
}
