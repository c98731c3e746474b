package figure

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// noise is a long line that runs to the right, a long walk through the plane, and a cloud.
func noise(n int) []Series {
	rng := rand.New(rand.NewPCG(3, 5))
	x, y, a, b := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		x[i], y[i] = 1+float64(i), rng.NormFloat64()
		if i > 0 {
			a[i], b[i] = a[i-1]+rng.NormFloat64(), b[i-1]+rng.NormFloat64()
		}
	}
	return []Series{Line("run", x, y), Line("walk", a, b), Points("cloud", y, b)}
}

// Of 100,000 points those are drawn that can be seen, in their order: few enough, with the ends
// of each axis, and within two seconds.
func TestHundredThousandPoints(t *testing.T) {
	for _, s := range noise(100_000) {
		p := Panel{X: Axis{Name: "x"}, Y: Axis{Name: "y"}, Series: []Series{s}}
		one := p.thinned().Series[0]
		if n := len(one.X); n > most || n < most/10 {
			t.Errorf("%s: %d points are drawn, want at most %d, and not too few", s.Name, n, most)
		}
		at := 0
		for i := range one.X { // a subsequence
			for at < len(s.X) && (s.X[at] != one.X[i] || s.Y[at] != one.Y[i]) {
				at++
			}
			at++
		}
		if at > len(s.X) {
			t.Errorf("%s: what is drawn are not points of the series in their order", s.Name)
		}
		f := curve()
		f.Panels[0] = p
		begun := time.Now()
		svg, err := f.SVG()
		if err != nil || len(svg) > 200*most { // a symbol takes 197 bytes; the time goes with them
			t.Errorf("%s: a picture of %d bytes, %v", s.Name, len(svg), err)
		}
		t.Logf("%s: %d points, %d bytes, %v", s.Name, len(one.X), len(svg), time.Since(begun))
	}
}

// In every column of pixels the thinned line reaches as high and as low as the whole one, also
// on logarithmic axes and from right to left; a single spike stays.
func TestEnvelope(t *testing.T) {
	for _, log := range []bool{false, true} {
		for _, back := range []bool{false, true} {
			s := noise(50_000)[0]
			s.Y[31_415] = 1000
			if back {
				slices.Reverse(s.X)
			}
			p := Panel{X: Axis{Name: "x", Log: log}, Y: Axis{Name: "y"}, Series: []Series{s}}
			one := p.thinned().Series[0]
			x := p.scale(p.X, false)
			spans := func(s Series) map[int][2]float64 {
				found := map[int][2]float64{}
				for i := range s.X {
					c := int(math.Floor(x(s.X[i]) * most / 4))
					e, known := found[c]
					if !known {
						e = [2]float64{math.Inf(1), math.Inf(-1)}
					}
					found[c] = [2]float64{min(e[0], s.Y[i]), max(e[1], s.Y[i])}
				}
				return found
			}
			whole, thin := spans(s), spans(one)
			if len(whole) != len(thin) {
				t.Fatalf("log %v, back %v: %d columns of %d", log, back, len(thin), len(whole))
			}
			for c, e := range whole {
				if thin[c] != e {
					t.Fatalf("log %v, back %v: column %d spans %v, of %v", log, back, c, thin[c], e)
				}
			}
		}
	}
}

// Short series are as they are; points with labels stay in long ones.
func TestThinnedKeeps(t *testing.T) {
	p := Panel{X: Axis{Name: "x"}, Y: Axis{Name: "y"}, Series: noise(most)}
	for i, s := range p.thinned().Series {
		if !slices.Equal(s.X, p.Series[i].X) {
			t.Errorf("%s: a series of %d points is thinned", s.Name, most)
		}
	}
	for _, s := range noise(30_000) {
		s.Labels = make([]string, len(s.X))
		s.Labels[12_345] = "here"
		one := Panel{X: Axis{Name: "x"}, Y: Axis{Name: "y"}, Series: []Series{s}}.thinned().Series[0]
		if i := slices.Index(one.Labels, "here"); i < 0 || one.X[i] != s.X[12_345] || one.Y[i] != s.Y[12_345] {
			t.Errorf("%s: the labelled point is lost", s.Name)
		}
	}
}

// What an axis cannot draw faithfully is refused with a way out; what it can is drawn.
func TestEndsOfTheNumbers(t *testing.T) {
	for _, c := range []struct {
		y    []float64
		log  bool
		want string
	}{
		{[]float64{1, 1e-320}, true, "draw its logarithm"},
		{[]float64{1, 1.7e308}, false, "other units"},
		{[]float64{-1.7e308, 1}, false, "other units"},
		{[]float64{1, 1e-300}, true, ""},
		{[]float64{1, 1e-320}, false, ""},
		{[]float64{-1e299, 1e299}, false, ""},
	} {
		f := curve()
		f.Panels[0] = Panel{X: Axis{Name: "x"}, Y: Axis{Name: "y", Log: c.log}, Series: []Series{Line("a", []float64{1, 2}, c.y)}}
		svg, err := f.SVG()
		if c.want == "" && (err != nil || strings.Contains(svg, "NaN")) {
			t.Errorf("%v: %v, %d bytes", c.y, err, len(svg))
		} else if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: error %v, want one with %q", c.y, err, c.want)
		}
	}
}

// A series may be called as things of JavaScript are, and leaves later pictures as they were;
// the two names that it may not have are refused.
func TestNamesOfSeries(t *testing.T) {
	before, err := curve().SVG()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"constructor", "toString", "hasOwnProperty", "prototype", "</text><script>", "a\"b", "__proto__", "@ink"} {
		f := curve()
		f.Panels[0].Series[0].Name = name
		f.Panels[0].Series = append(f.Panels[0].Series, Line("other", []float64{1, 2}, []float64{1, 2}))
		svg, err := f.SVG()
		if refused := name == "__proto__" || name == "@ink"; refused != (err != nil) {
			t.Errorf("%s: %v", name, err)
		} else if err == nil && strings.Contains(svg, "<script>") {
			t.Errorf("%s: a script in the picture", name)
		}
		if after, err := curve().SVG(); err != nil || after != before {
			t.Errorf("after a series called %s the next picture is another (%v)", name, err)
		}
	}
}

// Small and large numbers of a heat-map have digits, and not three hundred.
func TestHeatPrints(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   []string
	}{
		{[]float64{0.001234, 0.004}, []string{"0.0012", "0.004"}},
		{[]float64{1e300, -2}, []string{"1e+300", "-2"}},
		{[]float64{0.25, 0.004}, []string{"0.25", "0.00"}},
		{[]float64{0, 0}, []string{"0.00", "0.00"}},
	} {
		h := Heat{Rows: []string{"A"}, Cols: []string{"1", "2"}, Values: [][]float64{c.values}, Print: true}
		for i, v := range c.values {
			if got := h.printer()(v); got != c.want[i] {
				t.Errorf("%v of %v is printed %q, want %q", v, c.values, got, c.want[i])
			}
		}
		f := matrix()
		f.Panels[0].Heat = &h
		if svg, err := f.SVG(); err != nil || strings.Contains(svg, "NaN") {
			t.Errorf("%v: %v", c.values, err)
		}
	}
}
