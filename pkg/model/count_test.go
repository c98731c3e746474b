package model

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

func TestCounts(t *testing.T) {
	eq4 := func(zeta, T, d, m, d1, d0, heads int) Equation4 {
		return Equation4{Zeta: zeta, T: T, Dim: d, Heads: heads, Key: d1, Value: d0, Hidden: m, Activation: "gelu"}
	}
	for _, c := range []struct {
		what      string
		got, want int
	}{
		// The authors' logs of Zhao et al. print 273,600 for dimension 64; the count at 128
		// is the sum 4·258,304 + 234·128 + 128 of blocks, embeddings and norm.
		{"decoder, d = 64", NewDecoder(130, 104, 4, 64).Params().Count(), 273600},
		{"decoder, d = 128", NewDecoder(130, 104, 4, 128).Params().Count(), 1063296},
		// 3·4 + 4·3 + 2·1·4·2 + 7·2 and 3·6 + 6·4 + 2·2·4·3 + 7·3.
		{"equation (4)", eq4(3, 4, 2, 4, 2, 2, 1).Params().Count(), 54},
		{"equation (4)", eq4(3, 4, 3, 6, 2, 2, 2).Params().Count(), 111},
		// The vertical coordinates of points in the paper's Figures 1 and 2.
		{"openings, ζ = 182", NewOpenings(182, 32).Params().Count(), 10550},
		{"openings, ζ = 690", NewOpenings(690, 256).Params().Count(), 193810},
		{"MLP", MLP{Widths: []int{784, 256, 10}, Activation: "relu"}.Params().Count(), 784*256 + 256 + 2560 + 10},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d parameters, want %d", c.what, c.got, c.want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		d := func() int { return 1 + rng.IntN(9) }
		a, b := eq4(d(), d(), d(), d(), d(), d(), d()), Openings{Zeta: d(), Hidden: d(), Dim: d(), T: d()}
		if a.Count() != a.Params().Count() || b.Count() != b.Params().Count() {
			t.Errorf("%+v: %d and %d; %+v: %d and %d", a, a.Count(), a.Params().Count(), b, b.Count(), b.Params().Count())
		}
		begin, end := b.Params().Offset("hidden.w")
		if fnn := b.Count() - begin; fnn != b.CountFNN() || end-begin != b.Dim*b.Hidden {
			t.Errorf("%+v: the FNN has %d parameters and CountFNN says %d", b, fnn, b.CountFNN())
		}
	}
}

// Both types hold the same draws, and the draws have the distribution they should have.
func TestDraw(t *testing.T) {
	l := Layout{{"a", []int{100, 100}, Normal(2)}, {"b", []int{10000}, FanIn(4)}, {"c", []int{3}, Constant(7)}}
	wide := l.Draw(rand.New(rand.NewPCG(5, 0)), dtypes.Float64)
	narrow := l.Draw(rand.New(rand.NewPCG(5, 0)), dtypes.Float32)
	var all []float64
	for i := range wide {
		x, err := tensors.CopyFlatData[float64](wide[i])
		if err != nil {
			t.Fatal(err)
		}
		y, err := tensors.CopyFlatData[float32](narrow[i])
		if err != nil {
			t.Fatal(err)
		}
		for j := range x {
			if y[j] != float32(x[j]) {
				t.Fatalf("%s[%d] = %g in float64 and %g in float32", l[i].Name, j, x[j], y[j])
			}
		}
		all = append(all, x...)
	}
	// The mean square of n draws errs by √(2/n) at one standard deviation for a Gaussian,
	// by less for a uniform variable: five of them.
	const n = 10000
	for i, want := range []float64{4, 0.25 / 3} {
		sum := 0.0
		for _, x := range all[i*n : (i+1)*n] {
			sum += x * x
		}
		if ratio := sum / n / want; !(math.Abs(ratio-1) <= 5*math.Sqrt(2./n)) {
			t.Errorf("%s: mean square %g, want %g", l[i].Name, sum/n, want)
		}
	}
	if all[2*n] != 7 || gap(all, l.Flat(rand.New(rand.NewPCG(5, 0)))) != 0 {
		t.Error("Flat and Draw differ")
	}
	if l.Index("b") != 1 || l.Index("d") != -1 {
		t.Error("Index")
	}
}

func TestMistakesPanic(t *testing.T) {
	panics(t, "a width of zero", func() { MLP{Widths: []int{3, 0}, Activation: "relu"}.Params() })
	panics(t, "one width", func() { MLP{Widths: []int{3}}.Params() })
	panics(t, "heads that do not divide", func() {
		ViT{Height: 4, Width: 4, Patch: 2, Layers: 1, Dim: 5, Heads: 2, Hidden: 1, Classes: 2}.Params()
	})
	panics(t, "dimension 8 for six heads", func() { NewDecoder(3, 3, 1, 8).Params() })
	panics(t, "an unknown activation", func() { Activation("gleu") })
	panics(t, "an unknown parameter", func() { NewOpenings(3, 3).Params().Offset("embedding") })
	panics(t, "integer parameters", func() { NewOpenings(3, 3).Params().Draw(rand.New(rand.NewPCG(1, 1)), dtypes.Int32) })
}
