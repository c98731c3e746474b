package delta

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// rates are the corners of the domain of p and what lies between.
var rates = []float64{0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999}

// influences draws c of a kind that is hard for some bound: Gaussian, all ones, mixed signs,
// one that is much larger than the rest.
func influences(rng *rand.Rand) []float64 {
	c := make([]float64, 1+rng.IntN(10))
	kind := rng.IntN(4)
	for j := range c {
		switch c[j] = 1; kind {
		case 0:
			c[j] = rng.NormFloat64()
		case 1:
			c[j] = math.Exp(3 * rng.NormFloat64())
		case 2:
			c[j] = float64(1 - 2*rng.IntN(2))
		}
	}
	return c
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v within %g", what, got, want, tolerance)
	}
}

// wants asks for an error that contains all words.
func wants(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error %q does not say %q", err, w)
		}
	}
}

// small are parameters of a little network: a map, a bias, a table.
func small(seed uint64) model.Params {
	l := model.Layout{
		{Name: "w", Shape: []int{40, 30}, Init: model.Normal(1)},
		{Name: "b", Shape: []int{40}, Init: model.Normal(1)},
		{Name: "table", Shape: []int{50, 3}, Init: model.Normal(1)},
	}
	return model.Draw(l, seed, "small")
}

func stream(name string) *rand.Rand { return random.Stream(1, name) }
