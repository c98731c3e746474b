package random

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The second word of PCG is FNV-1a of the name, whose value for "a" and for nothing is in
// the table of its authors (http://www.isthe.com/chongo/tech/comp/fnv, test vectors).
func TestRule(t *testing.T) {
	for name, word := range map[string]uint64{"": 0xcbf29ce484222325, "a": 0xaf63dc4c8601ec8c} {
		got, want := Stream(7, name), rand.New(rand.NewPCG(7, word))
		for range 10 {
			if g, w := got.Uint64(), want.Uint64(); g != w {
				t.Fatalf("stream %q draws %d, want %d", name, g, w)
			}
		}
	}
}

// Uniform numbers of two streams, or of one stream under two seeds, have a correlation
// that is N(0, 1/n) if they are independent; five deviations are left to chance.
func TestStreamsDiffer(t *testing.T) {
	const n = 10000
	streams := []*rand.Rand{Stream(1, "data"), Stream(1, "weights"), Stream(2, "data")}
	draws := make([][]float64, len(streams))
	for i, s := range streams {
		for range n {
			draws[i] = append(draws[i], (s.Float64()-0.5)*math.Sqrt(12))
		}
	}
	correlation := func(x, y []float64) (sum float64) {
		for i := range x {
			sum += x[i] * y[i] / n
		}
		return sum
	}
	for i := range draws {
		for j := range i {
			if r := correlation(draws[i], draws[j]); !(math.Abs(r) <= 5/math.Sqrt(n)) {
				t.Errorf("streams %d and %d are correlated: %g", i, j, r)
			}
		}
	}
	if r := correlation(draws[0], draws[0]); !(math.Abs(r-1) <= 5/math.Sqrt(n)) {
		t.Errorf("a stream's correlation with itself is %g, want 1", r)
	}
}

func ExampleStream() {
	const seed = 1
	a, b := Stream(seed, "weights"), Stream(seed, "weights")
	fmt.Println(a.Float64() == b.Float64(), a.Float64() == Stream(seed, "data").Float64())
	// Output: true false
}

// Generators that were split off draw alike whatever is drawn from the others, and not as
// each other.
func TestSplit(t *testing.T) {
	first, again := Split(Stream(3, "split"), 4), Split(Stream(3, "split"), 4)
	again[2].Uint64()
	seen := map[uint64]bool{}
	for i, rng := range first {
		x := rng.Uint64()
		if i != 2 && x != again[i].Uint64() || seen[x] {
			t.Errorf("generator %d draws %d", i, x)
		}
		seen[x] = true
	}
}
