package study

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// A search that climbs finds more than its draws, and gives the same numbers again.
func TestAttack(t *testing.T) {
	drawn := Attack(random.Stream(1, "attack"), Forms, 200, 0, BottomRatio)
	climbed := Attack(random.Stream(1, "attack"), Forms, 200, 300, BottomRatio)
	again := Attack(random.Stream(1, "attack"), Forms, 200, 300, BottomRatio)
	for i := range Forms {
		if climbed[i] < drawn[i] || climbed[i] != again[i] || climbed[i] > 1 {
			t.Errorf("form %d: %g drawn, %g and %g climbed", i, drawn[i], climbed[i], again[i])
		}
	}
}

// V is at the distance that was asked for, and a segment in a linear region has no hump.
func TestApart(t *testing.T) {
	s := Forms[2].Draw(random.Stream(1, "apart"))
	d := s.Apart(4)
	sum := 0.0
	for i := range s.W {
		sum += (s.W[i] - s.V[i]) * (s.W[i] - s.V[i])
	}
	if math.Abs(math.Sqrt(sum)-d) > 1e-12 || math.Abs(s.Kappa*d*d-4) > 1e-12 {
		t.Errorf("‖w − v‖ = %g, d = %g, κd² = %g", math.Sqrt(sum), d, s.Kappa*d*d)
	}
}

// The best comparator has a ρ* no larger than that of the lemma's comparator.
func TestBest(t *testing.T) {
	c, err := NewCaps(random.Stream(1, "caps"), 12, 256)
	if err != nil {
		t.Fatal(err)
	}
	_, best := c.Best(4, 16)
	rho := generalization.Radius(64, 0, c.Margin.Gamma)
	lemma := generalization.Path{Eta: 4, T: 16, Distance: rho, Star: c.O.Value(c.Margin.Toward(c.Start, rho)), First: c.O.Value(c.Start), Gradient0: c.G0, Kappa: c.Kappa}
	if best.RhoStar() > lemma.RhoStar() {
		t.Errorf("ρ* = %g, the lemma's is %g", best.RhoStar(), lemma.RhoStar())
	}
}

// Beside a minimum a step of size over/λ_max gains 2 - over on every sample, up to a multiple of the distance from it.
func TestOverstep(t *testing.T) {
	over := []float64{0.5, 1, 1.25, 2, 3}
	off := func(seed uint64, apart float64) float64 {
		rows, err := Overstep(random.Stream(seed, "overstep"), 4, 6, 32, apart, over...)
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.0
		for _, row := range rows {
			for j, gain := range row {
				worst = math.Max(worst, math.Abs(gain-(2-over[j])))
			}
		}
		return worst
	}
	for seed := range uint64(40) {
		if far, near := off(seed, 1e-2), off(seed, 1e-3); !(near < 0.01 && near < far/5) {
			t.Errorf("seed %d: gains are off by %g at the distance 0.01 and by %g at 0.001: want a tenth", seed, far, near)
		}
	}
	if _, err := Overstep(random.Stream(1, "overstep"), 4, 6, 31, 1e-3, 2); err == nil {
		t.Error("an odd width has no symmetric start, and was taken")
	}
}

// The leave-one-out identity is exact, with two points and two examples as with more.
func TestIdentity(t *testing.T) {
	left, right, err := Identity(context.Background(), random.Stream(1, "identity"), 2, 2, 7, false)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(left-right) > 1e-13 {
		t.Errorf("left %g, right %g", left, right)
	}
}

func TestHits(t *testing.T) {
	h := Hits([][]float64{{0.5, 0.02, 0.01}, {0.5, 0.4, 0.3}}, 0.01)
	if h[0] != 2 || h[1] != 3 {
		t.Errorf("hits %v", h)
	}
	if x := Crossing([]float64{1, 4}, []float64{1, 0.01}, 0.1); math.Abs(x-2) > 1e-12 {
		t.Errorf("crossing at %g, want 2: half way in both logarithms", x)
	}
	if LogSteps(16) != 4 || LogSteps(17) != 5 {
		t.Error("⌈log2⌉ of 16 and 17")
	}
}

// Fashion-MNIST of a folder of the reader's goes through the experiment: a small one that the test writes.
func TestRunFashion(t *testing.T) {
	dir := t.TempDir()
	rng := random.Stream(1, "clothes")
	write := func(name string, head []byte, n int, value func() byte) {
		for range n {
			head = append(head, value())
		}
		if err := os.WriteFile(filepath.Join(dir, name), head, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pixel, label := func() byte { return byte(1 + rng.IntN(255)) }, func() byte { return byte(rng.IntN(10)) }
	for _, part := range []string{"train", "t10k"} {
		write(part+"-images-idx3-ubyte", []byte{0, 0, 8, 3, 0, 0, 0, 40, 0, 0, 0, 3, 0, 0, 0, 3}, 360, pixel)
		write(part+"-labels-idx1-ubyte", []byte{0, 0, 8, 1, 0, 0, 0, 40}, 40, label)
	}
	c := DigitsConfig{Seed: 1, Sizes: []int{8, 16}, Draws: []int{4, 2}, M: 4, L: 2, Eta: 1, Test: 20, At: []int{0, 2, 5}}
	t.Setenv(data.EnvFashion, dir)
	for whole, want := range map[bool][]int{false: {8}, true: {8, 16}} {
		runs, err := RunFashion(context.Background(), c, whole)
		if err != nil {
			t.Fatal(err)
		}
		if len(runs) != len(want) {
			t.Fatalf("whole %v: %d runs, want %d", whole, len(runs), len(want))
		}
		for i, r := range runs {
			if r.Set != "Fashion-MNIST" || r.N != want[i] || len(r.Gap) != 3 || !(r.Bound[2] > r.Bound[1] && r.Bound[0] == 0) {
				t.Errorf("whole %v: %+v", whole, r)
			}
		}
		if note := FashionNote(runs); !strings.Contains(note, "n = 8: gap") {
			t.Errorf("the note says %q", note)
		}
	}
	t.Setenv(data.EnvFashion, filepath.Join(dir, "nowhere"))
	if _, err := RunFashion(context.Background(), c, true); err == nil {
		t.Error("a folder that is not there is no error")
	}
	t.Setenv(data.EnvFashion, "")
	t.Setenv(data.EnvDir, t.TempDir())
	if runs, err := RunFashion(context.Background(), c, false); err != nil || len(runs) != 0 {
		t.Errorf("not at hand, at quick scale: %v, %v", runs, err)
	}
}
