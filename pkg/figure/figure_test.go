package figure

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// curve is a figure with one logarithmic panel.
func curve() Figure {
	return Figure{
		ID: "loss", Title: "Excess", Caption: "It falls.", Alt: "A falling line.",
		Panels: []Panel{{
			X: Axis{Name: "step k", Log: true}, Y: Axis{Name: "CE − H (nats)", Log: true},
			Series: []Series{Line("GD", []float64{1, 10, 100, 1000}, []float64{1, 0.1, 0.01, 0.001})},
			Marks:  []Mark{HLine(0.5, "entropy"), VLine(10, "here"), Guide("slope −1", 1, 1000, 0.5, -1)},
		}},
	}
}

// whole is a figure over the numbers 1, 2, 3.
func whole() Figure {
	f := curve()
	f.ID = "whole"
	f.Panels[0] = Panel{X: Axis{Name: "t"}, Y: Axis{Name: "H_t"}, Series: []Series{Line("novel", []float64{1, 2, 3}, []float64{7, 6, 4})}}
	return f
}

// matrix is a figure with one heat-map.
func matrix() Figure {
	return Figure{
		ID: "matrix", Caption: "Dark off the support.", Alt: "Two by two cells.",
		Panels: []Panel{{X: Axis{Name: "word"}, Y: Axis{Name: "context"}, Heat: &Heat{
			Rows: []string{"A", "B"}, Cols: []string{"1", "2"}, Scale: "probability", Print: true,
			Values: [][]float64{{0.25, 0.75}, {math.NaN(), 1}}, Hollow: [][]bool{{false, false}, {true, false}},
		}}},
	}
}

// small is a figure of small multiples.
func small() Figure {
	f := Figure{ID: "bars", Caption: "Eight.", Alt: "Bars.", Columns: 4, ShareY: true}
	for j := range 8 {
		f.Panels = append(f.Panels, Panel{Title: "p", X: Axis{Name: "token", Categories: []string{"a", "b", "c"}}, Y: Axis{Name: "p_j"},
			Series: []Series{Bars("probability", []float64{0.1, 0.2, float64(j) / 10})}})
	}
	return f
}

// plane is a figure with points, arrows and lines.
func plane() Figure {
	return Figure{ID: "toy", Caption: "Words and contexts.", Alt: "A plane.", Panels: []Panel{{
		Equal: true, X: Axis{Name: "first"}, Y: Axis{Name: "second"},
		Series: []Series{
			Points("contexts", []float64{0, -3, 3}, []float64{2, -1, -1}).In(Ink).Tagged("A", "B", "C"),
			Points("words", []float64{1}, []float64{1}).As("star").In(2).Sized(20),
			Arrows("rows", []float64{1, -1}, []float64{1, 0.5}).Tagged("w₁", ""),
			Segment("hyperplane", -3, 0, 3, 0).Dashed(3).Unlisted(),
		},
	}}}
}

func frames() Figure {
	f := matrix()
	f.ID = "frames"
	h := f.Panels[0].Heat
	for _, label := range []string{"1", "10", "100", "1000", "10⁴", "10⁵", "10⁶"} {
		v := float64(len(h.Frames))
		h.Frames = append(h.Frames, Frame{"step " + label, [][]float64{{v, 1}, {0, 2}}})
	}
	h.Values = nil
	return f
}

// turning is a square that turns.
func turning() Figure {
	f := plane()
	f.ID = "turning"
	p := &f.Panels[0]
	for _, degrees := range []float64{0, 15, 30, 45, 60} {
		c, s := math.Cos(degrees*math.Pi/180), math.Sin(degrees*math.Pi/180)
		x, y := []float64{c, -s, -c, s}, []float64{s, c, -s, -c}
		p.Turns = append(p.Turns, Turn{Label: fmt.Sprintf("%g°", degrees), Series: []Series{
			Points("corners", x, y).Tagged("A", "B", "C", "D"), Segment("side", x[0], y[0], x[1], y[1]).Unlisted(),
		}})
	}
	p.Series = nil
	return f
}

func all() []Figure {
	return []Figure{curve(), matrix(), small(), plane(), frames(), turning()}
}

func TestSVG(t *testing.T) {
	t.Parallel()
	pictures := map[string]string{}
	for _, f := range all() {
		svg, err := f.SVG()
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"NaN", "Infinity", "undefined", "@c", "@ink", "zr0-"} {
			if strings.Contains(svg, bad) {
				t.Errorf("%s: the picture contains %q", f.ID, bad)
			}
		}
		if !strings.HasPrefix(svg, `<svg data-marginalia="static" role="img" aria-label="`+f.Alt+`" width="720"`) {
			t.Errorf("%s: the picture begins %.120q", f.ID, svg)
		}
		pictures[f.ID] = svg
	}
	// Another process draws the same, whatever it drew before.
	var fresh interpreter
	figures := all()
	slices.Reverse(figures)
	for _, f := range figures {
		s, err := build(f.static())
		if err != nil {
			t.Fatal(err)
		}
		svg, err := fresh.render(s, pictureWidth)
		if err != nil || !strings.HasSuffix(pictures[f.ID], strings.TrimPrefix(still(svg, f.ID), "<svg ")) {
			t.Errorf("%s: the picture of another process differs: %v", f.ID, err)
		}
	}
}

func TestPictureShowsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		figure Figure
		words  []string
	}{
		{curve(), []string{"GD", "step k", "CE − H (nats)", "entropy", "here", "slope −1", "10⁻²", "1000"}},
		{whole(), []string{">1<", ">2<", ">3<"}},
		{matrix(), []string{"0.25", "0.75", "1.00", "probability", "context", "#1f2328"}},
		{small(), []string{"(a) p", "(h) p", "token", "0.8"}},
		{plane(), []string{"contexts", "words", "rows", "first", "w₁", ">A<"}},
		{frames(), []string{"step 1<", "step 100<", "step 10⁴", "step 10⁶", "(d)"}},
		{turning(), []string{"0°", "15°", "30°", "60°", "(d)", "corners"}},
	} {
		svg, err := test.figure.SVG()
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range test.words {
			if !strings.Contains(svg, w) {
				t.Errorf("%s: the picture does not show %q", test.figure.ID, w)
			}
		}
	}
	if svg, _ := whole().SVG(); strings.Contains(svg, "1.5") || strings.Contains(svg, "2.5") {
		t.Error("halves are marked between whole numbers")
	}
	if svg, _ := plane().SVG(); strings.Contains(svg, "hyperplane") {
		t.Error("an unlisted series stands in the legend")
	}
	if svg, _ := frames().SVG(); strings.Contains(svg, "step 1000<") {
		t.Error("the picture shows more than four frames")
	}
}

func TestHTML(t *testing.T) {
	t.Parallel()
	f := curve()
	f.Title, f.Caption, f.Alt = "A < B", "5 & 6 </script>", `say "x"`
	f.Panels[0].Series[0].Name = "</script><b>"
	page, err := f.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(page, "</script>"); n != 1 {
		t.Errorf("%d ends of a script, want 1", n)
	}
	for _, want := range []string{
		`<figure class="mg-figure" id="fig-loss">`, `<div class="livefig" id="loss" data-ratio="720/`, `aria-label="say &#34;x&#34;"`,
		"<strong>A &lt; B.</strong> 5 &amp; 6 &lt;/script&gt;", `data-marginalia="static"`, "window.livefigs",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not contain %q", want)
		}
	}
}

func TestGuide(t *testing.T) {
	t.Parallel()
	lin, log := Axis{}, Axis{Log: true}
	for _, test := range []struct {
		x, y Axis
		want float64
	}{
		{lin, lin, 3 - 2*(8-2)},
		{lin, log, 3 * math.Exp(-2*(8-2))},
		{log, lin, 3 - 2*math.Log(4)},
		{log, log, 3.0 / 16},
	} {
		got := Guide("g", 2, 8, 3, -2).on(test.x, test.y).Y1
		if !(math.Abs(got-test.want) <= 1e-12*math.Abs(test.want)) { // a few roundings of exp and log
			t.Errorf("axes log %v, %v: the guide ends at %v, want %v", test.x.Log, test.y.Log, got, test.want)
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for want, spoil := range map[string]func(f *Figure){
		`series "GD": y[2]: NaN cannot be drawn`:         func(f *Figure) { f.Panels[0].Series[0].Y[2] = nan },
		`series "GD": x[0]: +Inf cannot be drawn`:        func(f *Figure) { f.Panels[0].Series[0].X[0] = inf },
		`series "GD": y[3]: 0 cannot be drawn on a loga`: func(f *Figure) { f.Panels[0].Series[0].Y[3] = 0 },
		`series "GD": x[1]: -1 cannot be drawn on a log`: func(f *Figure) { f.Panels[0].Series[0].X[1] = -1 },
		"4 values of x and 3 of y":                       func(f *Figure) { f.Panels[0].Series[0].Y = f.Panels[0].Series[0].Y[:3] },
		"there are no points":                            func(f *Figure) { f.Panels[0].Series[0] = Line("GD", nil, nil) },
		"a series needs a name":                          func(f *Figure) { f.Panels[0].Series[0].Name = "" },
		"2 labels for 4 points":                          func(f *Figure) { f.Panels[0].Series[0].Labels = []string{"a", "b"} },
		"slot 7":                                         func(f *Figure) { f.Panels[0].Series[0].Slot = 7 },
		"dash 9":                                         func(f *Figure) { f.Panels[0].Series[0].Dash = 9 },
		`unknown symbol "heart"`:                         func(f *Figure) { f.Panels[0].Series[0].Symbol = "heart" },
		"4 bars for 0 categories":                        func(f *Figure) { f.Panels[0].Series[0].kind = bars },
		`mark "m": y: 0 cannot be drawn on a logarithmi`: func(f *Figure) { f.Panels[0].Marks = []Mark{HLine(0, "m")} },
		`mark "m": x: NaN cannot be drawn`:               func(f *Figure) { f.Panels[0].Marks = []Mark{VLine(nan, "m")} },
		"a mark needs a label":                           func(f *Figure) { f.Panels[0].Marks[0].Label = "" },
		"both axes need a name":                          func(f *Figure) { f.Panels[0].X.Name = "" },
		"x axis: NaN":                                    func(f *Figure) { f.Panels[0].X.Min = At(nan) },
		"categories have no logarithm":                   func(f *Figure) { f.Panels[0].X.Categories = []string{"a"} },
		"there is no series":                             func(f *Figure) { f.Panels[0].Series = nil },
		"ratio NaN":                                      func(f *Figure) { f.Panels[0].Ratio = nan },
		"there are no panels":                            func(f *Figure) { f.Panels = nil },
		"the caption is empty":                           func(f *Figure) { f.Caption = "" },
		"Alt is empty":                                   func(f *Figure) { f.Alt = "" },
		`the ID is "A b"`:                                func(f *Figure) { f.ID = "A b" },
		"neither series nor marks":                       func(f *Figure) { f.Panels[0].Heat = matrix().Panels[0].Heat },
		`matrix 1: NaN in row "A", column "1"`:           func(f *Figure) { *f = matrix(); f.Panels[0].Heat.Values[0][0] = nan },
		"matrix 1 is not 2 by 2":                         func(f *Figure) { *f = matrix(); f.Panels[0].Heat.Values = [][]float64{{1, 2}} },
		"hollow cells are not 2 by 2":                    func(f *Figure) { *f = matrix(); f.Panels[0].Heat.Hollow = [][]bool{{true}} },
		"rows and columns need names":                    func(f *Figure) { *f = matrix(); f.Panels[0].Heat.Rows = nil },
		"either values or frames":                        func(f *Figure) { *f = matrix(); f.Panels[0].Heat.Values = nil },
		"must be alone":                                  func(f *Figure) { f.Panels = append(f.Panels, frames().Panels[0]) },
		"that turns must be alone":                       func(f *Figure) { f.Panels = append(f.Panels, turning().Panels[0]) },
		"either series or turns":                         func(f *Figure) { *f = turning(); f.Panels[0].Series = plane().Panels[0].Series },
		"has 1 series, the first one has 2": func(f *Figure) {
			*f = turning()
			f.Panels[0].Turns[3].Series = f.Panels[0].Turns[3].Series[:1]
		},
		"is not like": func(f *Figure) {
			*f = turning()
			f.Panels[0].Turns[1].Series[0] = Points("others", []float64{1}, []float64{1})
		},
		"a turn needs a label": func(f *Figure) { *f = turning(); f.Panels[0].Turns[0].Label = "" },
	} {
		f := curve()
		spoil(&f)
		for name, draw := range map[string]func() (string, error){"SVG": f.SVG, "HTML": f.HTML} {
			if _, err := draw(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q", name, err, want)
			}
		}
	}
	f := curve()
	f.Panels[0].Series[0].Y[0] = nan
	if err := Display(f); err == nil || !strings.Contains(err.Error(), "figure loss") {
		t.Errorf("displaying a bad figure: error %v, want one that names it", err)
	}
}

func TestSameNameLooksAlike(t *testing.T) {
	t.Parallel()
	f := curve()
	p := f.Panels[0]
	p.Series = []Series{Line("Adam", []float64{1, 2}, []float64{1, 2}), p.Series[0]}
	f.Panels = append(f.Panels, p)
	s, err := build(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Legend) != 2 {
		t.Errorf("legend %v, want one entry for each name", s.Legend)
	}
	colours := map[string]any{}
	for _, one := range s.Option["series"].([]any) {
		o := one.(map[string]any)
		name, _ := o["name"].(string)
		if name == "" {
			continue
		}
		colour := o["itemStyle"].(map[string]any)["color"]
		if before, seen := colours[name]; seen && before != colour {
			t.Errorf("%s is %v and %v", name, before, colour)
		}
		colours[name] = colour
	}
	if colours["GD"] == colours["Adam"] {
		t.Errorf("two names share the colour %v", colours["GD"])
	}
}

func TestColourScales(t *testing.T) {
	t.Parallel()
	heat := func(scale string, diverging bool, v ...float64) Panel {
		return Panel{Heat: &Heat{Rows: []string{"r"}, Cols: make([]string, len(v)), Values: [][]float64{v}, Scale: scale, Diverging: diverging}}
	}
	got := colourScales([]Panel{heat("a", false, 1, 2), heat("a", false, -3, 0), heat("b", true, -1, 4), heat("c", false, 7),
		heat("d", false, 0.0024, 0.7069), heat("e", false, -0.123, 2.25)})
	for name, want := range map[string]colourScale{"a": {-3, 2, false}, "b": {-4, 4, true}, "c": {7, 8, false}, "d": {0, 0.71, false}, "e": {-0.2, 2.3, false}} {
		if got[name] != want {
			t.Errorf("scale %s is %v, want %v", name, got[name], want)
		}
	}
}

func TestColoursAreShared(t *testing.T) {
	t.Parallel()
	f := curve()
	x, y := []float64{1, 2}, []float64{1, 2}
	f.Panels[0].Series = []Series{Line("first", x, y), Line("chosen", x, y).In(1)}
	for i := range 8 {
		f.Panels[0].Series = append(f.Panels[0].Series, Line(fmt.Sprint("more ", i), x, y))
	}
	s, err := build(f)
	if err != nil {
		t.Fatal(err)
	}
	looks := map[string]any{}
	for _, one := range s.Option["series"].([]any) {
		o := one.(map[string]any)
		name, _ := o["name"].(string)
		if name == "" {
			continue
		}
		style := o["lineStyle"].(map[string]any)
		look := fmt.Sprint(style["color"], style["type"])
		if other, twice := looks[look]; twice {
			t.Errorf("%s and %s both look like %s", name, other, look)
		}
		looks[look] = name
		if name == "chosen" && style["color"] != "@c0" {
			t.Errorf("the series in slot 1 has colour %v", style["color"])
		}
	}
	if len(looks) != 10 {
		t.Errorf("%d looks for 10 series", len(looks))
	}
}

// A mark that is named at its start has its label in the left half of the picture, another that no curve disturbs in the right one.
func TestMarkAtStart(t *testing.T) {
	t.Parallel()
	for _, left := range []bool{false, true} {
		m := HLine(1, "one")
		if left {
			m = m.AtStart()
		}
		f := curve()
		f.Panels = []Panel{{X: Axis{Name: "x"}, Y: Axis{Name: "y"}, Series: []Series{Line("a", []float64{0, 1}, []float64{1, 3})}, Marks: []Mark{m}}}
		svg, err := f.SVG()
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`<text([^>]*)>one</text>`).FindStringSubmatch(svg)
		if found == nil {
			t.Fatal("the picture does not name the mark")
		}
		at := regexp.MustCompile(`(?:translate\(| x=")([0-9.]+)`).FindStringSubmatch(found[1])
		if at == nil {
			t.Fatalf("no position in %s", found[1])
		}
		x, err := strconv.ParseFloat(at[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if (x < pictureWidth/2) != left {
			t.Errorf("at the start %v: the label is at %v of %v", left, x, pictureWidth)
		}
	}
}
