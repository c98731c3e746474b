package delta

import (
	"math"
	"slices"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// Masks depend on seed and name alone, keep the stated share, and are nested in p.
func TestBernoulli(t *testing.T) {
	const n = 100_000
	a := Bernoulli(1, "w", n, 0.9)
	if !slices.Equal(a, Bernoulli(1, "w", n, 0.9)) {
		t.Error("the same seed and tensor give two masks")
	}
	if slices.Equal(a, Bernoulli(2, "w", n, 0.9)) || slices.Equal(a, Bernoulli(1, "v", n, 0.9)) {
		t.Error("another seed, or tensor, gives the same mask")
	}
	// Five standard deviations of a binomial.
	near(t, "kept", float64(a.Kept()), 0.1*n, 5*math.Sqrt(0.09*n))
	for i, keep := range Bernoulli(1, "w", n, 0.99) {
		if keep && !a[i] {
			t.Fatal("kept at p = .99 and dropped at .9")
		}
	}
}

// A fixed count per neuron, and whole inputs; each entry is kept as often as the others.
func TestStructuralMasks(t *testing.T) {
	const in, out = 20, 7
	seen := make([]int, in*out)
	for seed := range uint64(2000) {
		m := FixedCount(seed, "w", out, in, 0.75)
		for k := range out {
			kept := 0
			for j := range in {
				if m[k*in+j] {
					kept++
					seen[k*in+j]++
				}
			}
			if kept != 5 {
				t.Fatalf("neuron %d keeps %d of 20, want 5", k, kept)
			}
		}
	}
	for i, s := range seen {
		if math.Abs(float64(s)-500) > 5*math.Sqrt(2000*0.25*0.75) {
			t.Errorf("entry %d was kept %d times of 2000, want about 500", i, s)
		}
	}
	m := Inputs(1, "w", out, in, 0.75)
	if m.Kept() != 5*out {
		t.Errorf("%d entries kept, want 5 inputs of %d", m.Kept(), out)
	}
	for j := range in {
		for k := range out {
			if m[k*in+j] != m[j] {
				t.Fatal("an input is kept in part")
			}
		}
	}
	if FixedCount(1, "w", 1, 3, 0.999).Kept() != 1 || Inputs(1, "w", 1, 3, 0.999).Kept() != 1 {
		t.Error("nothing is kept of three at p = .999")
	}
}

// What is dropped is zero, what is kept is Δ/q; the mean over masks is (1−p)/q Δ.
func TestDrop(t *testing.T) {
	d := small(1)
	mean := d.Layout.Zeros()
	const seeds = 400
	for seed := range uint64(seeds) {
		x, err := Drop(d, seed, 0.8, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range x.Values {
			mask := Bernoulli(seed, d.Layout[i].Name, len(m), 0.8)
			for j, v := range m {
				if want := map[bool]float64{true: d.Values[i][j] / 0.5}[mask[j]]; v != want {
					t.Fatalf("entry %d of %s is %v, want %v", j, d.Layout[i].Name, v, want)
				}
			}
		}
		mean = mean.Add(1.0/seeds, x)
	}
	// The slope of the mean on Δ: its standard deviation is at most √(p(1−p)/seeds)/q/√1400.
	near(t, "E Δ' along Δ", mean.Dot(d)/d.Dot(d), 0.4, 5*0.04/math.Sqrt(1400))

	one := map[string]float64{"w": 0.5, "b": 0.5, "table": 0.5}
	x, _ := Drop(d, 3, 0.8, 0.5)
	y, err := DropBy(d, 3, 0.8, one)
	if err != nil || y.Sub(x).Norm() != 0 {
		t.Errorf("one q for all tensors differs from one for each: %v", err)
	}
	one["b"] = 1
	y, _ = DropBy(d, 3, 0.8, one)
	if !slices.Equal(y.Get("w"), x.Get("w")) || math.Abs(y.Get("b")[firstKept(x.Get("b"))]*2-x.Get("b")[firstKept(x.Get("b"))]) > 1e-15 {
		t.Error("the q of a tensor is not its own")
	}
	z, err := Structured(d, 3, 0.8, 0.5, []string{"w"}, FixedCount)
	if err != nil || !slices.Equal(z.Get("b"), x.Get("b")) || countOf(z.Get("w")) != 40*6 {
		t.Errorf("a fixed count keeps %d of w, want 240: %v", countOf(z.Get("w")), err)
	}
	// Where (1−p)·30 is no whole number the mean is kept nevertheless: one of thirty, times thirty.
	z, err = Structured(d, 3, 0.997, 0.003, []string{"w"}, FixedCount)
	i := firstKept(z.Get("w"))
	if err != nil || math.Abs(z.Get("w")[i]/d.Get("w")[i]-30) > 1e-12 {
		t.Errorf("one weight of 30 is multiplied by %v, want 30: %v", z.Get("w")[i]/d.Get("w")[i], err)
	}
}

func firstKept(x []float64) int { return slices.IndexFunc(x, func(v float64) bool { return v != 0 }) }

func countOf(x []float64) (n int) {
	for _, v := range x {
		if v != 0 {
			n++
		}
	}
	return n
}

// Magnitude keeps exactly the largest, unchanged; WANDA the largest of each output by |ΔW|‖X‖.
func TestByImportance(t *testing.T) {
	d := small(2)
	m, err := Magnitude(d, 0.9)
	if err != nil {
		t.Fatal(err)
	}
	least, most := math.Inf(1), 0.0
	for j, v := range m.Get("w") {
		if was := d.Get("w")[j]; v != 0 && v != was {
			t.Fatalf("entry %d was %v and is %v", j, was, v)
		} else if v != 0 {
			least = min(least, math.Abs(v))
		} else {
			most = max(most, math.Abs(was))
		}
	}
	if countOf(m.Get("w")) != 120 || countOf(m.Get("b")) != 4 || least < most {
		t.Errorf("%d and %d are kept, want 120 and 4; the least kept is %v, the largest dropped %v", countOf(m.Get("w")), countOf(m.Get("b")), least, most)
	}

	norms := make([]float64, 30)
	for j := range norms {
		norms[j] = 1 / float64(j+1)
	}
	w, err := Wanda(d, 0.9, map[string][]float64{"w": norms})
	if err != nil {
		t.Fatal(err)
	}
	for k := range 40 {
		kept, least, most := 0, math.Inf(1), 0.0
		for j := range 30 {
			score := math.Abs(d.Get("w")[k*30+j]) * norms[j]
			if w.Get("w")[k*30+j] != 0 {
				kept, least = kept+1, min(least, score)
			} else {
				most = max(most, score)
			}
		}
		if kept != 3 || least < most {
			t.Fatalf("output %d keeps %d of 30, of score %v and more; %v is dropped", k, kept, least, most)
		}
	}
	if !slices.Equal(w.Get("table"), m.Get("table")) {
		t.Error("a table without norms is not pruned by magnitude")
	}
	ties, _ := Magnitude(model.FromFlat(d.Layout, slices.Repeat([]float64{-1}, d.Layout.Count())), 0.9)
	if countOf(ties.Get("w")) != 120 || ties.Get("w")[119] == 0 {
		t.Errorf("of equal entries %d are kept, want the first 120", countOf(ties.Get("w")))
	}
}

// Sums of deltas, and products of factors.
func TestMergeAndLoRA(t *testing.T) {
	base, a, b := small(1), small(2), small(3)
	m, err := Merge(base, 0.5, a, b)
	if err != nil {
		t.Fatal(err)
	}
	want := base.Get("w")[7] + 0.5*(a.Get("w")[7]+b.Get("w")[7])
	near(t, "merged", m.Get("w")[7], want, 1e-15)
	one, _ := Between(m, base)
	near(t, "its delta", one.Sub(a.Add(1, b).Scale(0.5)).Norm(), 0, 1e-13)

	// B [3, 2], A [2, 2], α = 4: α/r = 2.
	d, err := LoRA([]float64{1, 0, 0, 1, 1, 1}, []float64{1, 2, 3, 4}, 3, 2, 4)
	if err != nil || !slices.Equal(d, []float64{2, 4, 6, 8, 8, 12}) {
		t.Errorf("LoRA gives %v, %v", d, err)
	}
	near(t, "mean |Δ|", MeanAbs(model.FromFlat(model.Layout{{Name: "x", Shape: []int{4}}}, []float64{1, -2, 0, 5})), 2, 0)
}

func TestPruningThatIsNone(t *testing.T) {
	d := small(1)
	other := d.Layout[:2].Zeros()
	_, err := Between(d, other)
	wants(t, err, "pre-trained")
	bad := d.Clone()
	bad.Get("b")[3] = math.NaN()
	_, err = Between(bad, d)
	wants(t, err, "entry 3 of b", "NaN")
	for _, p := range []float64{0, 1, math.NaN()} {
		_, err = Drop(d, 1, p, 0.5)
		wants(t, err, "p is")
		_, err = Magnitude(d, p)
		wants(t, err, "p is")
		_, err = Wanda(d, p, nil)
		wants(t, err, "p is")
		_, err = Structured(d, 1, p, 0.5, nil, Inputs)
		wants(t, err, "p is")
	}
	_, err = Drop(d, 1, 0.5, 0)
	wants(t, err, "q is")
	_, err = DropBy(d, 1, 0.5, map[string]float64{"w": 0.5, "b": 0.5})
	wants(t, err, "no q", `"table"`)
	_, err = DropBy(d, 1, 0.5, map[string]float64{"w": 0.5, "b": -1, "table": 1})
	wants(t, err, "q is -1", "of b")
	_, err = DropBy(d, 1, 0.5, map[string]float64{"W": 0.5})
	wants(t, err, `"W"`, "no such tensor")
	_, err = Structured(d, 1, 0.5, 0.5, []string{"b"}, Inputs)
	wants(t, err, `"b"`, "two axes")
	_, err = Wanda(d, 0.5, map[string][]float64{"v": nil})
	wants(t, err, `"v"`)
	_, err = Wanda(d, 0.5, map[string][]float64{"w": make([]float64, 3)})
	wants(t, err, "3 norms", "[40 30]")
	_, err = Merge(d, 1)
	wants(t, err, "nothing")
	_, err = Merge(d, 1, d, other)
	wants(t, err, "task 2")
	_, err = LoRA(make([]float64, 4), make([]float64, 4), 3, 2, 1)
	wants(t, err, "factors of 4 and 4")
	_, err = Mask{true}.Masked([]float64{1, 2}, 1)
	wants(t, err, "1 entries for 2")
}
