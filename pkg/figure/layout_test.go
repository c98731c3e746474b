package figure

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/dop251/goja"
)

// script is shared by the tests of livefig.js.
var script interpreter

// run evaluates an expression in a, b and c and returns its JSON.
func run(t *testing.T, source string, args ...any) string {
	t.Helper()
	script.mu.Lock()
	defer script.mu.Unlock()
	if err := script.load(); err != nil {
		t.Fatal(err)
	}
	f, err := script.runtime.RunString("(function(a, b, c) { return JSON.stringify(" + source + "); })")
	if err != nil {
		t.Fatal(err)
	}
	call, _ := goja.AssertFunction(f)
	var values []goja.Value
	for _, a := range args {
		values = append(values, script.runtime.ToValue(a))
	}
	v, err := call(goja.Undefined(), values...)
	if err != nil {
		t.Fatal(err)
	}
	return v.String()
}

// published is the hash of the file dist/echarts.min.js of the npm package echarts@5.6.0.
const published = "bf4a223524e40b77c304bec67e1222cf551f14880cf42c69dc046558e11c07b1"

func TestEChartsIsAsPublished(t *testing.T) {
	t.Parallel()
	b, err := Assets.ReadFile("echarts.min.js")
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != published {
		t.Errorf("echarts.min.js has SHA-256 %x", sum)
	}
	if !strings.Contains(string(b[:400]), "Apache Software Foundation") {
		t.Error("the licence notice is missing")
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, v := range []float64{0, 1, -1, 0.25, -0.5861, 1234.5678, 12345.678, 99999, 1e5, 123456, 1e6, -1e6, 2.5e-4, 1e-3, 9.99e-4, -3.14159e-12, 1e18, 0.1 + 0.2} {
		text := run(t, "marginalia.number(a)", v)
		if want := number(v); text != fmt.Sprintf("%q", want) {
			t.Errorf("%v: livefig.js writes %s, Go %q", v, text, want)
		}
	}
	for v, want := range map[float64]string{0: "0", 2.5e-4: "2.5×10⁻⁴", -1e6: "−10⁶", 0.1 + 0.2: "0.3", -2: "−2"} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %q, want %q", v, got, want)
		}
	}
}

// TestLayout places every figure at the widths of a phone, a column and a screen: plots
// lie within the width, do not overlap each other, and begin below the legend.
func TestLayout(t *testing.T) {
	t.Parallel()
	type box struct{ Left, Top, Width, Height float64 }
	for _, f := range all() {
		s, err := build(f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, width := range []float64{280, 366, 500, 720, 1100} {
			var made struct {
				Height float64
				Option struct {
					Grid   []box
					Legend struct{ Show bool }
				}
			}
			if err := json.Unmarshal([]byte(run(t, "marginalia.layout(JSON.parse(a), b, c)", string(text), width, true)), &made); err != nil {
				t.Fatal(err)
			}
			grids := made.Option.Grid
			if len(grids) != len(f.Panels) {
				t.Fatalf("%s at %v: %d plots for %d panels", f.ID, width, len(grids), len(f.Panels))
			}
			for i, g := range grids {
				if !(g.Left >= 0 && g.Left+g.Width <= width && g.Top >= 0 && g.Top+g.Height <= made.Height && g.Width >= 60 && g.Height >= 20) {
					t.Errorf("%s at %v: plot %d is %+v in a figure %v high", f.ID, width, i, g, made.Height)
				}
				if made.Option.Legend.Show && g.Top < 30 {
					t.Errorf("%s at %v: plot %d lies under the legend", f.ID, width, i)
				}
				for j, o := range grids[:i] {
					if g.Left < o.Left+o.Width && o.Left < g.Left+g.Width && g.Top < o.Top+o.Height && o.Top < g.Top+g.Height {
						t.Errorf("%s at %v: plots %d and %d overlap", f.ID, width, j, i)
					}
				}
			}
		}
	}
}

// TestContrast: every colour of series and text has a contrast of at least 4.5, the
// bound of WCAG 2.1 for text, against its paper.
func TestContrast(t *testing.T) {
	t.Parallel()
	var themes map[string]struct {
		Slots            []string
		Ink, Soft, Paper string
	}
	if err := json.Unmarshal([]byte(run(t, "marginalia.themes")), &themes); err != nil {
		t.Fatal(err)
	}
	if len(themes) != 2 {
		t.Fatalf("%d themes, want light and dark", len(themes))
	}
	for name, theme := range themes {
		if len(theme.Slots) != slots {
			t.Errorf("%s: %d slots, want %d", name, len(theme.Slots), slots)
		}
		for _, colour := range append(theme.Slots, theme.Ink, theme.Soft) {
			if c := contrast(parse(colour), parse(theme.Paper)); !(c >= 4.5) {
				t.Errorf("%s: %s on %s has contrast %.2f", name, colour, theme.Paper, c)
			}
		}
	}
	for _, s := range []colourScale{{0, 1, false}, {-1, 1, true}} {
		for i := 0; i <= 100; i++ {
			at := float64(i) / 100
			v := s.low + at*(s.high-s.low)
			if c := contrast(parse(s.ink(v)), mix(s.colours(), at)); !(c >= 4.5) {
				t.Errorf("scale %v: a number at %v has contrast %.2f", s, v, c)
			}
		}
	}
}

func contrast(a, b rgb) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestLuminance(t *testing.T) {
	t.Parallel()
	// From the definition: white has 1, black 0, and pure green its weight.
	for colour, want := range map[string]float64{"#ffffff": 1, "#000000": 0, "#00ff00": 0.7152} {
		if got := luminance(parse(colour)); !(math.Abs(got-want) <= 1e-12) { // rounding
			t.Errorf("luminance of %s is %v, want %v", colour, got, want)
		}
	}
	if c := contrast(parse("#ffffff"), parse("#000000")); !(math.Abs(c-21) <= 1e-9) {
		t.Errorf("black on white has contrast %v, want 21", c)
	}
	if got := mix([]string{"#000000", "#ffffff", "#ff0000"}, 0.25); got != (rgb{0.5, 0.5, 0.5}) {
		t.Errorf("a quarter of the way: %v", got)
	}
}

// An axis over less than a decade and a half has labels between the powers of ten: with
// them alone it might have one, or none.
func TestShortLogarithmicAxis(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		y    []float64
		want []string
	}{
		{[]float64{3, 2.1}, []string{"2", "5"}},
		{[]float64{120, 700}, []string{"100", "200", "500", "1000"}},
		{[]float64{1, 1e6}, []string{"1", "10⁶"}},
	} {
		f := Figure{ID: "short", Alt: "two points", Caption: "Two points.", Panels: []Panel{{
			X: Axis{Name: "x"}, Y: Axis{Name: "y", Log: true}, Series: []Series{Line("a", []float64{7777, 8888}, c.y)}}}}
		svg, err := f.SVG()
		if err != nil {
			t.Fatal(err)
		}
		for _, label := range c.want {
			if !strings.Contains(svg, ">"+label+"</text>") {
				t.Errorf("axis over %v has no label %s", c.y, label)
			}
		}
	}
}

// The label of a horizontal line goes where no curve runs: cap's line at δ = 1 had it on a falling one.
func TestMarksGetOutOfTheWay(t *testing.T) {
	log := func(y ...float64) Panel {
		return Panel{X: Axis{Log: true}, Y: Axis{Log: true}, Series: []Series{Line("a", []float64{0.05, 0.5}, y), Line("b", []float64{0.05, 0.5}, []float64{3, 0.3})}}
	}
	above := Panel{Series: []Series{Line("a", []float64{0, 1}, []float64{0, 10}), Line("b", []float64{0, 0.7, 1}, []float64{9, 5.3, 5.3})}}
	both := Panel{Series: []Series{Line("a", []float64{0, 0.7, 1}, []float64{0, 5.3, 5.3}), Line("b", []float64{0, 0.7, 1}, []float64{10, 4.7, 4.7})}}
	for _, c := range []struct {
		what string
		p    Panel
		at   float64
		want string
	}{
		{"free", log(100, 20), 1, "insideEndTop"},
		{"a curve falls onto it at its end", log(20, 1), 1, "insideEndBottom"},
		{"a curve runs above its end", above, 5, "insideEndBottom"},
		{"curves run above and below its end", both, 5, "insideStartTop"},
		{"a curve on the line itself", Panel{Series: []Series{Line("a", []float64{0, 1, 2}, []float64{0, 5, 5}), Line("b", []float64{0, 2}, []float64{0, 10})}}, 5, "insideEndTop"},
		{"below are the ticks", Panel{Series: []Series{Line("a", []float64{0, 1, 2}, []float64{9, 0.3, 0.3})}}, 0, "insideStartTop"},
	} {
		c.p.Marks = []Mark{HLine(c.at, "δ = 1")}
		if got := c.p.place(c.p.Marks[0]); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	two := Panel{Series: []Series{Line("a", []float64{0, 1}, []float64{0, 1})}, Marks: []Mark{HLine(5, "k"), HLine(4.7, "k_eff"), HLine(10, "top")}}
	if got := two.place(two.Marks[1]); got != "insideEndBottom" {
		t.Errorf("under another line: %s, want insideEndBottom", got)
	}
}

// One name has one colour, whichever of its series says so.
func TestANameHasOneColour(t *testing.T) {
	f := Figure{ID: "x", Title: "x", Alt: "x", Caption: "x", Panels: []Panel{
		{X: Axis{Categories: []string{"a"}}, Series: []Series{Bars("one", []float64{1}), Bars("two", []float64{1})}},
		{Series: []Series{Points("two", []float64{1, 2}, []float64{1, 2}).In(1)}}}}
	s, err := build(f)
	if err != nil {
		t.Fatal(err)
	}
	colours := map[string][]any{}
	for _, one := range s.Option["series"].([]any) {
		one := one.(map[string]any)
		name := one["name"].(string)
		colours[name] = append(colours[name], one["itemStyle"].(map[string]any)["color"])
	}
	if len(colours["two"]) != 2 || colours["two"][0] != "@c0" || colours["two"][1] != "@c0" || colours["one"][0] == "@c0" {
		t.Errorf("colours %v: want both of two in @c0, one in another", colours)
	}
}
