package model

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

var small = MLP{Widths: []int{3, 4, 2}, Activation: "relu"}

func sample(stream string) Params { return Draw(small.Params(), 1, stream) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// saysAll fails unless an error has all of the words.
func saysAll(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("error %v, want one with %q", err, w)
		}
	}
}

// One seed and one name of a stream give what the layout draws from that stream.
func TestDrawParams(t *testing.T) {
	l := small.Params()
	p := Draw(l, 3, "weights")
	if !slices.Equal(p.Flat(), l.Flat(random.Stream(3, "weights"))) {
		t.Error("Draw and Flat differ")
	}
	if slices.Equal(p.Flat(), Draw(l, 3, "others").Flat()) || slices.Equal(p.Flat(), Draw(l, 4, "weights").Flat()) {
		t.Error("another stream or seed gives the same numbers")
	}
	begin, end := l.Offset("1.w")
	if !slices.Equal(p.Get("1.w"), p.Flat()[begin:end]) {
		t.Error("1.w is not in its place")
	}
}

// A vector space: p + c q - c q = p, (p - q)·(p + q) = ‖p‖² - ‖q‖². Halves are exact.
func TestArithmetic(t *testing.T) {
	p, q := sample("p"), sample("q")
	before := p.Flat()
	if back := p.Add(0.5, q).Add(-0.5, q).Sub(p).Norm(); !(back <= 1e-15) {
		t.Errorf("p + q/2 - q/2 is off by %g", back)
	}
	left, right := p.Sub(q).Dot(p.Add(1, q)), p.Norm()*p.Norm()-q.Norm()*q.Norm()
	if !(math.Abs(left-right) <= 1e-14) {
		t.Errorf("(p-q)·(p+q) = %g, ‖p‖²-‖q‖² = %g", left, right)
	}
	if n := p.Scale(-2).Norm(); n != 2*p.Norm() {
		t.Errorf("‖-2p‖ = %g, want exactly %g", n, 2*p.Norm())
	}
	if !slices.Equal(p.Flat(), before) {
		t.Error("arithmetic has changed its argument")
	}
	c := p.Clone()
	c.Values[0][0]++
	if !slices.Equal(p.Flat(), before) {
		t.Error("a clone shares its values")
	}
	panics(t, "a sum of different layouts", func() { p.Add(1, MLP{Widths: []int{3, 2}}.Params().Zeros()) })
}

func TestNormRange(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3e300, 4e300}, 5e300},
		{[]float64{3e-300, 4e-300}, 5e-300},
		{[]float64{0, 0}, 0},
		{[]float64{1, math.Inf(-1)}, math.Inf(1)},
		{[]float64{1, math.NaN()}, math.NaN()},
		{nil, 0},
	} {
		got := FromFlat(Layout{{Name: "a", Shape: []int{len(c.values)}}}, c.values).Norm()
		if d := math.Abs(got/c.want - 1); !(d <= 1e-15) && got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("‖%v‖ = %g, want %g", c.values, got, c.want)
		}
	}
}

func TestMean(t *testing.T) {
	p, q, r := sample("p"), sample("q"), sample("r")
	mean := must(Mean([]float64{1, 2, 5}, p, q, r))
	if d := mean.Scale(8).Sub(p).Add(-2, q).Add(-5, r).Norm(); !(d <= 1e-14) {
		t.Errorf("the weighted mean is off by %g", d)
	}
	same, err := Mean([]float64{0.1, 0.7, 0.3}, p, p, p)
	if err != nil || !slices.Equal(same.Flat(), p.Flat()) {
		t.Errorf("the mean of equal parameters is not these, %v", err)
	}
	broken := p.Scale(math.NaN())
	if m, err := Mean([]float64{0, 1}, broken, q); err != nil || !slices.Equal(m.Flat(), q.Flat()) {
		t.Errorf("parameters of weight zero show in the mean, %v", err)
	}
	a, err := Mean(nil, p, q)
	if err != nil || a.Sub(p.Add(1, q).Scale(0.5)).Norm() > 1e-15 {
		t.Errorf("without weights: %v", err)
	}
	_, err = Mean(nil)
	saysAll(t, err, "no parameters")
	_, err = Mean([]float64{1}, p, q)
	saysAll(t, err, "1 weights", "2 parameters")
	_, err = Mean([]float64{1, -1}, p, q)
	saysAll(t, err, "weight 1", "-1")
	_, err = Mean([]float64{0, math.NaN()}, p, q)
	saysAll(t, err, "weight 1", "NaN")
	_, err = Mean([]float64{0, 0}, p, q)
	saysAll(t, err, "sum to 0")
	_, err = Mean(nil, p, MLP{Widths: []int{3, 5, 2}}.Params().Zeros())
	saysAll(t, err, "0 and 1", "0.w", "[3 5]", "[3 4]")
}

func TestSameLayout(t *testing.T) {
	l := Layout{{Name: "a", Shape: []int{2, 3}}, {Name: "b", Shape: []int{2}}}
	if err := l.CheckSame(Layout{{"a", []int{2, 3}, Constant(1)}, {"b", []int{2}, nil}}); err != nil {
		t.Error(err)
	}
	saysAll(t, l.CheckSame(l[:1]), "1 parameters, want 2", "b")
	saysAll(t, l[:1].CheckSame(l), "2 parameters, want 1", "b")
	saysAll(t, l.CheckSame(Layout{l[1], l[0]}), "parameter 0 is b, want a")
	saysAll(t, l.CheckSame(Layout{{Name: "a", Shape: []int{6}}, l[1]}), "a", "[6]", "[2 3]")
	saysAll(t, Layout{l[0], l[0]}.Check(), `"a"`, "0 and 1")
	saysAll(t, Layout{l[0], {}}.Check(), "parameter 1", "no name")
	saysAll(t, Layout{{Name: "c", Shape: []int{-1}}}.Check(), "c", "[-1]")
	_, err := NewParams(l, [][]float64{make([]float64, 6), {1}})
	saysAll(t, err, "1 values", "b", "want 2")
	_, err = NewParams(l, nil)
	saysAll(t, err, "0 parameters, want 2")
}

func TestParts(t *testing.T) {
	p := sample("p")
	for _, c := range []struct {
		patterns []string
		want     []string
	}{
		{[]string{"0.w"}, []string{"0.w"}},
		{[]string{"*.b"}, []string{"0.b", "1.b"}},
		{[]string{"1.*", "0.b"}, []string{"0.b", "1.w", "1.b"}},
		{[]string{"?.[wb]"}, []string{"0.w", "0.b", "1.w", "1.b"}},
		{[]string{"*"}, []string{"0.w", "0.b", "1.w", "1.b"}},
		{nil, []string{}},
	} {
		got, err := p.Select(c.patterns...)
		if err != nil || !slices.Equal(got.Layout.Names(), c.want) {
			t.Errorf("%q selects %v, %v, want %v", c.patterns, got.Layout.Names(), err, c.want)
		}
	}
	_, err := p.Select("0.w", "head.*")
	saysAll(t, err, `"head.*"`, "1.b")
	_, err = p.Select("[")
	saysAll(t, err, `"["`, "syntax")

	q := sample("q")
	mixed := must(p.Replace(must(q.Select("*.b"))))
	if !slices.Equal(mixed.Get("0.w"), p.Get("0.w")) || !slices.Equal(mixed.Get("0.b"), q.Get("0.b")) {
		t.Error("Replace has put other parameters")
	}
	_, err = p.Replace(Layout{{Name: "2.w", Shape: []int{1}}}.Zeros())
	saysAll(t, err, `"2.w"`, "0.w")
	_, err = p.Replace(Layout{{Name: "0.w", Shape: []int{12}}}.Zeros())
	saysAll(t, err, "0.w", "[12]", "[3 4]")
	panics(t, "an unknown name", func() { p.Get("2.w") })
}

func TestArrange(t *testing.T) {
	p, l := sample("p"), small.Params()
	turned := Params{}
	for _, i := range []int{2, 0, 3, 1} {
		turned.Layout, turned.Values = append(turned.Layout, p.Layout[i]), append(turned.Values, p.Values[i])
	}
	back, err := turned.Arrange(l)
	if err != nil || !slices.Equal(back.Flat(), p.Flat()) || l.CheckSame(back.Layout) != nil {
		t.Errorf("Arrange does not find back: %v", err)
	}
	_, err = p.Arrange(append(slices.Clone(l), Param{Name: "2.w", Shape: []int{1}}))
	saysAll(t, err, `no parameter "2.w"`)
	_, err = p.Arrange(l[:3])
	saysAll(t, err, `"1.b" is none`)
	_, err = p.Arrange(MLP{Widths: []int{3, 5, 2}}.Params())
	saysAll(t, err, "0.w", "[3 4]", "[3 5]")
}

// Float64 comes back bit for bit, Float32 rounded once; a loop's slots stay behind.
func TestParamsTensors(t *testing.T) {
	p, l := sample("p"), small.Params()
	slots := tensors.FromFlatDataAndDimensions([]float64{1}, 1)
	wide, err := FromTensors(l, append(must(p.Tensors(dtypes.Float64)), slots))
	if err != nil || !slices.Equal(wide.Flat(), p.Flat()) {
		t.Errorf("Float64 changes values, %v", err)
	}
	narrow := must(FromTensors(l, must(p.Tensors(dtypes.Float32))))
	for i, x := range p.Flat() {
		if got := narrow.Flat()[i]; got != float64(float32(x)) {
			t.Fatalf("entry %d is %g after Float32, want %g", i, got, float64(float32(x)))
		}
	}
	_, err = FromTensors(l, must(p.Tensors(dtypes.Float64))[:2])
	saysAll(t, err, "2 tensors for 4")
	_, err = FromTensors(Layout{{Name: "a", Shape: []int{2}}}, []*tensors.Tensor{slots})
	saysAll(t, err, "[1]", "[2]", "a")
	_, err = FromTensors(Layout{{Name: "a", Shape: []int{1}}}, []*tensors.Tensor{ints([]int{1}, 1)})
	saysAll(t, err, "a", "Int32", "Float64")
}

// A number that float32 would turn into an infinity is an error; an infinity stays one.
func TestParamsBeyondFloat32(t *testing.T) {
	p := sample("p")
	p.Get("1.w")[3] = -1e300
	_, err := p.Tensors(dtypes.Float32)
	saysAll(t, err, "1.w", "entry 3", "-1e+300", "Float64")
	if wide := must(FromTensors(p.Layout, must(p.Tensors(dtypes.Float64)))); wide.Get("1.w")[3] != -1e300 {
		t.Errorf("Float64 has %g", wide.Get("1.w")[3])
	}
	p.Get("1.w")[3] = math.Inf(-1)
	if narrow := must(FromTensors(p.Layout, must(p.Tensors(dtypes.Float32)))); !math.IsInf(narrow.Get("1.w")[3], -1) {
		t.Errorf("an infinity became %g", narrow.Get("1.w")[3])
	}
	_, err = p.Tensors(dtypes.Int32)
	saysAll(t, err, "Int32", "Float32")
}

func ExampleParams() {
	net := MLP{Widths: []int{2, 3, 1}, Activation: "tanh"}
	base := Draw(net.Params(), 1, "base")
	tuned := base.Add(0.1, Draw(net.Params(), 1, "noise")) // stands for a fine-tuned network

	delta := tuned.Sub(base)
	half := base.Add(0.5, delta)
	merged, err := Mean([]float64{1, 1}, base, tuned)
	if err != nil {
		fmt.Println(err)
	}
	head, err := delta.Select("1.*")
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(half.Sub(merged).Norm() < 1e-15, head.Layout.Names())
	// Output: true [1.w 1.b]
}
