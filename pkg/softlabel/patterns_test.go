package softlabel

import "testing"

// shapes are patterns of all sorts.
func shapes(tb testing.TB) map[string]*Pattern {
	rng := newRand(900)
	return map[string]*Pattern{
		"recorded": Recorded(),
		"random":   must(RandomPattern(9, 14, 3, rng))(tb),
		"shared":   must(Shared{V: 20, Supports: 6, Contexts: 25, Least: 2, Most: 5}.Pattern(rng))(tb),
		"one-hot":  must(OneHot(4, 1, 2))(tb),
		"subsets":  must(AllSubsets(5, 2))(tb),
		"fano":     Fano(),
		"blocks":   must(Blocks([]int{1, 3, 2}, []int{2, 1, 3}))(tb),
		"nested":   must(Nested(4))(tb),
	}
}

func second[T any](_ T, err error) error { return err }

// labels are a skewed data set on the recorded pattern.
func labels(tb testing.TB, stream uint64) *Labels {
	rng := newRand(stream)
	return must(Recorded().Relabel(func(n int) []float64 { return Dirichlet(n, rng) }))(tb)
}
