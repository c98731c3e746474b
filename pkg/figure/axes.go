package figure

import (
	"math"
	"slices"

	"github.com/go-echarts/go-echarts/v2/opts"
)

// newAxis collects what decides the ends of an axis: its data and marks, or its own ends.
func newAxis(p Panel, a Axis, vertical bool) axisSpec {
	s := axisSpec{Name: a.Name, Log: a.Log, Categories: a.Categories, Vertical: vertical}
	if p.Heat != nil {
		s.Heat = true
		s.Categories = p.Heat.Cols
		if vertical {
			s.Categories = p.Heat.Rows
		}
		return s
	}
	if a.Categories != nil {
		return s
	}
	e := p.extent(a, vertical)
	s.Whole = p.whole(vertical)
	s.Extent = []value{value(e[0]), value(e[1])}
	if a.Min != nil {
		v := value(*a.Min)
		s.Min, s.Extent[0] = &v, v
	}
	if a.Max != nil {
		v := value(*a.Max)
		s.Max, s.Extent[1] = &v, v
	}
	return s
}

// extent returns what the panel's data and marks span along one axis.
func (p Panel) extent(a Axis, vertical bool) [2]float64 {
	var all []float64
	for _, s := range p.all() {
		along := s.X
		if vertical {
			along = s.Y
		}
		all = append(all, along...)
		if s.kind == bars && vertical || s.kind == arrows {
			all = append(all, 0)
		}
	}
	for _, m := range p.Marks {
		m = m.on(p.X, p.Y)
		if vertical {
			all = append(all, m.ys()...)
		} else {
			all = append(all, m.xs()...)
		}
	}
	return extent(all)
}

// whole reports whether all data along an axis are whole numbers.
func (p Panel) whole(vertical bool) bool {
	for _, s := range p.all() {
		along := s.X
		if vertical {
			along = s.Y
		}
		for _, v := range along {
			if v != math.Trunc(v) {
				return false
			}
		}
	}
	return true
}

// shareY gives all panels the y ends that they span together.
func shareY(panels []Panel) {
	var all []float64
	for _, p := range panels {
		if p.Heat == nil && p.Y.Categories == nil {
			e := p.extent(p.Y, true)
			all = append(all, e[0], e[1])
		}
	}
	e := extent(all)
	for i := range panels {
		// An invisible mark holds the place, so that the ends stay those of round ticks.
		panels[i].Marks = append(slices.Clone(panels[i].Marks), Mark{vertical: false, horizontal: true, Y0: e[0], Y1: e[1]})
	}
}

func (b *builder) axes(p Panel, grid int) {
	kind := func(a Axis) string {
		switch {
		case p.Heat != nil || a.Categories != nil:
			return "category"
		case a.Log:
			return "log"
		}
		return "value"
	}
	x := opts.XAxis{Type: kind(p.X), GridIndex: grid, AxisLabel: &opts.AxisLabel{}}
	y := opts.YAxis{Type: kind(p.Y), GridIndex: grid, AxisLabel: &opts.AxisLabel{}}
	if p.X.Categories != nil {
		x.Data = p.X.Categories
	}
	if p.Y.Categories != nil {
		y.Data = p.Y.Categories
	}
	if p.Heat != nil {
		x.Data, y.Data, y.Inverse = p.Heat.Cols, p.Heat.Rows, opts.Bool(true)
	}
	b.xs, b.ys = append(b.xs, x), append(b.ys, y)
}
