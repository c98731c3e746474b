package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// The projection is onto two orthonormal directions: distances in the plane of the picture
// are those in space less what lies along the line of sight.
func TestSeen(t *testing.T) {
	t.Parallel()
	points := [][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0.3, -2, 0.7}}
	at := func(i, k int) float64 { return points[i][k] }
	for _, turn := range []float64{0, 35, 90, 200} {
		for _, tilt := range []float64{0, 20, 90} {
			x, y := Seen(len(points), at, turn, tilt)
			var sx, sy, xy float64 // over the three units: norms and product of the directions
			for i := range 3 {
				sx, sy, xy = sx+x[i]*x[i], sy+y[i]*y[i], xy+x[i]*y[i]
			}
			px := 0.3*x[0] - 2*x[1] + 0.7*x[2]
			py := 0.3*y[0] - 2*y[1] + 0.7*y[2]
			for what, off := range map[string]float64{"|across| − 1": sx - 1, "|up| − 1": sy - 1, "across·up": xy, "linear, x": x[3] - px, "linear, y": y[3] - py} {
				if !(math.Abs(off) < 1e-15*8) {
					t.Errorf("turn %g, tilt %g: %s is %g", turn, tilt, what, off)
				}
			}
		}
	}
	x, y := Seen(3, at, 0, 0) // from the front, level: the first axis to the right, the last one up
	if x[0] != 1 || y[2] != 1 || x[1] != 0 || y[1] != 0 {
		t.Errorf("from the front: %v, %v", x, y)
	}
	if _, y = Seen(3, at, 0, 90); math.Abs(y[1]+1) > 1e-15 { // from above: what is behind is down
		t.Errorf("from above: %v", y)
	}
	if x, _ = Seen(3, at, 90, 0); math.Abs(x[1]+1) > 1e-15 {
		t.Errorf("from the side: %v", x)
	}
}

// body is a square that turns and grows.
func body() Figure {
	f := turning()
	f.ID = "body"
	p := &f.Panels[0]
	var all []Turn
	for _, size := range []float64{1, 2, 3} {
		for _, t := range p.Turns[:4] {
			one := Turn{Label: fmt.Sprintf("size %g", size), Side: t.Label}
			for _, s := range t.Series {
				if s.Name == "corners" {
					s = Points("corners", scaled(s.X, size), scaled(s.Y, size))
				}
				one.Series = append(one.Series, s)
			}
			all = append(all, Turn{one.Label, one.Side, append(one.Series, Line("rim", []float64{-1, 1}, []float64{0, 0}))})
		}
	}
	p.Turns = all
	return f
}

func scaled(x []float64, by float64) (out []float64) {
	for _, v := range x {
		out = append(out, by*v)
	}
	return out
}

// Two sliders: frames are all pairs, what stays is not sent again, and the picture has one side.
func TestTurnsOfSides(t *testing.T) {
	t.Parallel()
	f := body()
	s, err := build(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Frames) != 12 || !slices.Equal(s.Sides, []string{"0°", "15°", "30°", "45°"}) {
		t.Errorf("%d frames, sides %q", len(s.Frames), s.Sides)
	}
	for _, frame := range s.Frames {
		if frame.Series[2] != nil || frame.Series[0] == nil {
			t.Fatalf("series of %s: want the corners and not the rim", frame.Label)
		}
	}
	still := f.static()
	if len(still.Panels) != 3 || still.Panels[1].Title != "size 2" || !slices.Equal(still.Panels[1].Series[0].X, scaled(still.Panels[0].Series[0].X, 2)) {
		t.Errorf("the picture has %d panels, the second %q", len(still.Panels), still.Panels[1].Title)
	}
	given := body()
	given.Panels[0].X.Min = At(-9)
	for _, p := range given.static().Panels {
		if *p.X.Min != -9 || *p.X.Max != *still.Panels[0].X.Max {
			t.Errorf("the picture begins at %g and ends at %g: want the end that was given and the one of the data", *p.X.Min, *p.X.Max)
		}
	}
	if _, err := f.SVG(); err != nil {
		t.Error(err)
	}
	for what, spoil := range map[string]func(p *Panel){
		"a side missing":   func(p *Panel) { p.Turns[5].Side = "" },
		"none of its own":  func(p *Panel) { p.Turns[0].Side, p.Turns[1].Side, p.Turns[2].Side, p.Turns[3].Side = "", "", "", "" },
		"another order":    func(p *Panel) { p.Turns[4], p.Turns[5] = p.Turns[5], p.Turns[4] },
		"the last missing": func(p *Panel) { p.Turns = p.Turns[:11] },
		"another label":    func(p *Panel) { p.Turns[6].Label = "size 4" },
	} {
		f := body()
		spoil(&f.Panels[0])
		if _, err := build(f); err == nil {
			if err = f.validate(); err == nil {
				t.Errorf("%s: no error", what)
			}
		}
	}
}

// A slider opens where it is told to, at a label there is.
func TestTurnsOpen(t *testing.T) {
	at := func(open int) Figure {
		f := Figure{ID: "x", Title: "x", Alt: "x", Caption: "x", Panels: []Panel{{Open: open}}}
		for _, label := range []string{"0", "1", "2"} {
			f.Panels[0].Turns = append(f.Panels[0].Turns, Turn{Label: label, Series: []Series{Points("p", []float64{1, 2}, []float64{1, 2})}})
		}
		return f
	}
	s, err := build(at(2))
	if err != nil || s.Open != 2 {
		t.Errorf("opens at %d, error %v: want 2", s.Open, err)
	}
	for _, open := range []int{-1, 3} {
		if err := at(open).validate(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("opens with label %d of 3", open)) {
			t.Errorf("label %d: error %v", open, err)
		}
	}
}
