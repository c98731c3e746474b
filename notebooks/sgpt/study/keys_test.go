package study

import (
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/federated"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// cones are queries of two clients in eight dimensions, near two axes.
func cones() []asked {
	rng := random.Stream(4, "cones")
	draw := func(axis, n int) (q []float32) {
		for range n {
			for j := range 8 {
				v := rng.Float64()
				if j == axis {
					v += 0.5
				}
				q = append(q, float32(v))
			}
		}
		return federated.Normalise(q, 8)
	}
	return []asked{{draw(0, 40), draw(0, 20)}, {draw(5, 40), draw(5, 20)}}
}

// Keys that do not learn are those that were drawn, and the choice at test knows no factor: both
// of a pair are the same at test, and not in training. Keys that learn by the factor are used
// more evenly in training than those that learn without.
func TestPair(t *testing.T) {
	c := KeysConfig{Seed: 1, Seeds: 1, Rounds: 6, Epochs: 2, Batch: 10, Rate: 0.1, Momentum: 0.9}
	p, err := keyTraining{KeysConfig: c, seed: c.federation(0), d: 8, groups: 4, majority: true, share: 1}.pair(cones())
	if err != nil {
		t.Fatal(err)
	}
	if p.FrozenOn.Test != p.FrozenOff.Test || p.FrozenOn.Information != p.FrozenOff.Information {
		t.Errorf("keys as drawn have entropies %v and %v at test", p.FrozenOn.Test, p.FrozenOff.Test)
	}
	if p.FrozenOn.Train <= p.FrozenOff.Train || p.On.Train <= p.Off.Train {
		t.Errorf("entropies in training with the factor are %v and %v, without %v and %v", p.FrozenOn.Train, p.On.Train, p.FrozenOff.Train, p.Off.Train)
	}
	if p.On.Test == p.FrozenOn.Test && p.Off.Test == p.FrozenOff.Test {
		t.Error("keys that learned are used like those that did not")
	}
	if got, want := KeysConfig.federation(KeysConfig{Seed: 3}, 2), uint64(3002); got != want {
		t.Errorf("the third federation of seed 3 has the seed %d, want %d", got, want)
	}
}

// Shades are dark in steps that four domains share with nothing but a factor.
func TestShades(t *testing.T) {
	for i, d := range Shades {
		if got, want := d.At(0.5, 3, 4), 0.5*(1-0.03*float64(i)); math.Abs(got-want) > 1e-15 || d.At(0, 1, 2) != 0 {
			t.Errorf("shade %s makes %v of 0.5, want %v", d.Name, got, want)
		}
	}
}

// By hand: of 1, 2 and 3 the mean is 2, and its standard error 1/√3.
func TestInErrors(t *testing.T) {
	if got := InErrors([]float64{1, 2, 3}); math.Abs(got-2*math.Sqrt(3)) > 1e-12 {
		t.Errorf("1, 2, 3 are %v standard errors from zero, want 2√3", got)
	}
}

// With two groups what a client has lost is its bound, and four times as much as with the largest
// distance from their mean, which is half as long; a federation that is one client has its risk.
func TestOverBounds(t *testing.T) {
	for _, x := range Mixtures(random.Stream(5, "bounds"), 200) {
		whole := Whole(x)
		for i := range x.Alpha {
			lost := x.Risk(i, x.At(x.Mean())) - LeastRisk(x, i)
			over, short := OverBounds(x, i, lost)
			if math.IsNaN(over) {
				continue
			}
			if over > 1+1e-6 || short < over-1e-9 || len(x.W) == 2 && (math.Abs(over-1) > 1e-6 || math.Abs(short-4) > 1e-5) {
				t.Fatalf("%d groups: %v of the bound, %v of the shorter one", len(x.W), over, short)
			}
		}
		mean := 0.0
		for i, p := range x.P {
			mean += p * x.Risk(i, x.W[0])
		}
		if got := whole.Risk(0, x.W[0]); math.Abs(got-mean) > 1e-10 {
			t.Fatalf("the federation's risk is %v, the clients' mean %v", got, mean)
		}
	}
}
