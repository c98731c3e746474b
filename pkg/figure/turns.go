package figure

import (
	"fmt"
	"math"
	"slices"
)

// Seen returns where n points of space appear, whose coordinate k at(i, k) is, to whoever
// has gone round them by the angle turn and looks from the height tilt, both in degrees:
//
//	x = p₀ cos turn − p₁ sin turn
//	y = p₂ cos tilt − (p₀ sin turn + p₁ cos turn) sin tilt
//
// These are parallel projections: the distance plays no part. With the method At of a
// matrix the points are its rows.
func Seen(n int, at func(i, k int) float64, turn, tilt float64) (x, y []float64) {
	turn, tilt = turn*math.Pi/180, tilt*math.Pi/180
	for i := range n {
		across := at(i, 0)*math.Cos(turn) - at(i, 1)*math.Sin(turn)
		depth := at(i, 0)*math.Sin(turn) + at(i, 1)*math.Cos(turn)
		x, y = append(x, across), append(y, at(i, 2)*math.Cos(tilt)-depth*math.Sin(tilt))
	}
	return x, y
}

// all returns the series of the panel, those of all its turns if it has any.
func (p Panel) all() []Series {
	if len(p.Turns) == 0 {
		return p.Series
	}
	var all []Series
	for _, t := range p.Turns {
		all = append(all, t.Series...)
	}
	return all
}

// validateTurns reports turns that do not have the same series.
func (p Panel) validateTurns() error {
	if labels := len(p.Turns) / max(1, len(p.sides())); p.Open < 0 || p.Open > 0 && p.Open >= labels {
		return fmt.Errorf("opens with label %d of %d, counted from 0", p.Open, labels)
	}
	if len(p.Turns) == 0 {
		return nil
	}
	if len(p.Series) > 0 {
		return fmt.Errorf("want either series or turns")
	}
	if p.X.Log || p.Y.Log {
		return fmt.Errorf("a panel that turns has no logarithmic axes")
	}
	first := p.Turns[0].Series
	for _, t := range p.Turns {
		if t.Label == "" {
			return fmt.Errorf("a turn needs a label")
		}
		if len(t.Series) != len(first) {
			return fmt.Errorf("turn %q has %d series, the first one has %d", t.Label, len(t.Series), len(first))
		}
		for i, s := range t.Series {
			if s.Name != first[i].Name || s.kind != first[i].kind || len(s.X) != len(first[i].X) {
				return fmt.Errorf("turn %q: series %q is not like %q of the first one", t.Label, s.Name, first[i].Name)
			}
		}
	}
	sides := p.sides()
	if sides == nil && !slices.ContainsFunc(p.Turns, func(t Turn) bool { return t.Side != "" }) {
		return nil
	}
	for i, t := range p.Turns {
		if sides == nil || t.Side == "" || t.Side != sides[i%len(sides)] || t.Label != p.Turns[i-i%len(sides)].Label {
			return fmt.Errorf("turn %q from %q is number %d: want the %d sides of the first label for each label", t.Label, t.Side, i+1, len(sides))
		}
	}
	if len(p.Turns)%len(sides) != 0 {
		return fmt.Errorf("%d turns of %d sides: want every side of each label", len(p.Turns), len(sides))
	}
	return nil
}

// sides are those of the first label, nil where turns have none.
func (p Panel) sides() (sides []string) {
	for _, t := range p.Turns {
		if t.Label != p.Turns[0].Label {
			break
		}
		if t.Side != "" {
			sides = append(sides, t.Side)
		}
	}
	return sides
}

// turns hands the pictures of a panel to the slider.
func (b *builder) turns(p Panel) {
	b.spec.Slider, b.spec.Sides, b.spec.Open = "view", p.sides(), p.Open
	shown := p.Turns[len(p.Turns)-1].Series
	for _, t := range p.Turns {
		series := make([]any, len(t.Series))
		for i, s := range t.Series {
			if b.spec.Sides != nil && p.stays(i) && shown[i].Labels == nil {
				continue // what the option has is right for all turns
			}
			series[i] = pairs(s)
			if s.kind == arrows {
				series[i] = coords(s)
			}
		}
		b.spec.Frames = append(b.spec.Frames, frameSpec{Label: t.Label, Series: series})
	}
}

// stays says whether series i is at the same place in all turns.
func (p Panel) stays(i int) bool {
	for _, t := range p.Turns {
		if s, first := t.Series[i], p.Turns[0].Series[i]; !slices.Equal(s.X, first.X) || !slices.Equal(s.Y, first.Y) {
			return false
		}
	}
	return true
}

// span sets the ends that are not given.
func (a *Axis) span(e [2]float64) {
	if a.Min == nil {
		a.Min = At(e[0])
	}
	if a.Max == nil {
		a.Max = At(e[1])
	}
}

// still returns a figure whose panel turns as a picture can show it: at most four turns, from
// the first side where there are several, all on the same axes.
func (f Figure) still() Figure {
	p := f.Panels[0]
	x, y := p.extent(p.X, false), p.extent(p.Y, true)
	p.X.span(x)
	p.Y.span(y)
	turns := p.Turns
	if sides := len(p.sides()); sides > 0 {
		turns = nil
		for i := 0; i < len(p.Turns); i += sides {
			turns = append(turns, p.Turns[i])
		}
	}
	p.Turns = nil
	n := min(4, len(turns))
	f.Panels, f.Columns = nil, min(2, n)
	for i := range n {
		at := 0
		if n > 1 {
			at = i * (len(turns) - 1) / (n - 1)
		}
		one := p
		one.Series, one.Title = turns[at].Series, turns[at].Label
		f.Panels = append(f.Panels, one)
	}
	return f
}
