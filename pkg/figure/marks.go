package figure

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// Mark is a line of reference, named on the line itself.
type Mark struct {
	Label string
	// The line from (X0, Y0) to (X1, Y1); where it is horizontal or vertical it runs
	// through the whole panel.
	X0, Y0, X1, Y1       float64
	horizontal, vertical bool
	slope                float64
	guide, start         bool
}

// HLine marks the height y, such as an entropy or an asymptote.
func HLine(y float64, label string) Mark { return Mark{Label: label, Y0: y, Y1: y, horizontal: true} }

// AtStart names a horizontal mark at its left end, for panels whose lines meet it at the right one.
func (m Mark) AtStart() Mark {
	m.start = true
	return m
}

// VLine marks the position x.
func VLine(x float64, label string) Mark { return Mark{Label: label, X0: x, X1: x, vertical: true} }

// Guide is a line of the given slope from (x0, y0) to the position x1. The slope is
// that of the panel's axes, as package rate measures it: on two logarithmic axes
// y = y0 (x/x0)^slope, on a logarithmic y axis y = y0 e^{slope (x - x0)}, on a
// logarithmic x axis y = y0 + slope ln(x/x0).
func Guide(label string, x0, x1, y0, slope float64) Mark {
	return Mark{Label: label, X0: x0, X1: x1, Y0: y0, slope: slope, guide: true}
}

// on returns the mark with its end computed for the axes of a panel.
func (m Mark) on(x, y Axis) Mark {
	if !m.guide {
		return m
	}
	run := m.X1 - m.X0
	if x.Log {
		run = math.Log(m.X1 / m.X0)
	}
	if y.Log {
		m.Y1 = m.Y0 * math.Exp(m.slope*run)
	} else {
		m.Y1 = m.Y0 + m.slope*run
	}
	return m
}

func (m Mark) validate(x, y Axis) error {
	if m.Label == "" {
		return fmt.Errorf("a mark needs a label")
	}
	m = m.on(x, y)
	for _, v := range m.xs() {
		if err := x.fits(v); err != nil {
			return fmt.Errorf("x: %w", err)
		}
	}
	for _, v := range m.ys() {
		if err := y.fits(v); err != nil {
			return fmt.Errorf("y: %w", err)
		}
	}
	return nil
}

// xs and ys are the values that the panel must have room for.
func (m Mark) xs() []float64 {
	if m.horizontal {
		return nil
	}
	return []float64{m.X0, m.X1}
}

func (m Mark) ys() []float64 {
	if m.vertical {
		return nil
	}
	return []float64{m.Y0, m.Y1}
}

// marks draws the lines of reference on a series without data.
func (b *builder) marks(p Panel, grid int) {
	var data []any
	for _, m := range p.Marks {
		m = m.on(p.X, p.Y)
		label := object{"formatter": m.Label}
		switch {
		case m.Label == "": // holds the place of a shared axis
		case m.horizontal:
			label["position"] = p.place(m)
			if m.start {
				label["position"] = "insideStartTop"
			}
			data = append(data, object{"yAxis": value(m.Y0), "label": label})
		case m.vertical:
			label["position"] = "insideEndTop"
			if p.above(m.X0, p.middle()) {
				label["position"] = "insideStartTop"
			}
			data = append(data, object{"xAxis": value(m.X0), "label": label})
		default:
			label["position"] = "insideMiddleTop"
			if x, y := p.between(m); p.above(x, y) {
				label["position"] = "insideMiddleBottom"
			}
			data = append(data, []any{
				object{"coord": [2]value{value(m.X0), value(m.Y0)}, "label": label},
				object{"coord": [2]value{value(m.X1), value(m.Y1)}},
			})
		}
	}
	if data == nil {
		return
	}
	one := charts.SingleSeries{Type: types.ChartLine, XAxisIndex: grid, YAxisIndex: grid, Data: []any{}}
	b.add(one, object{"silent": true, "tooltip": object{"show": false}, "markLine": object{
		"silent": true, "symbol": "none", "precision": 12, "data": data,
		"lineStyle": object{"color": "@soft", "type": "@d1", "width": 1.2},
		"label":     object{"position": "insideEndTop", "color": "@soft", "textBorderColor": "@paper", "textBorderWidth": 3},
	}})
}

// place is where the label of a horizontal mark meets least: at its right end above it, unless curves run there.
func (p Panel) place(m Mark) string {
	x, y := p.extent(p.X, false), p.extent(p.Y, true)
	p.X.span(x)
	p.Y.span(y)
	wide := min(0.4, 0.04+labelGlyph*float64(utf8.RuneCountInString(m.Label)))
	at := p.Y.share(m.Y0)
	best, least := "", math.Inf(1)
	for _, c := range []struct {
		name        string
		left, below float64
	}{
		{"insideEndTop", 1 - wide, at},
		{"insideEndBottom", 1 - wide, at - labelHigh},
		{"insideStartTop", 0, at},
		{"insideStartBottom", 0, at - labelHigh},
	} {
		met := p.inside(c.left, c.left+wide, c.below, c.below+labelHigh, m)
		if c.below < -labelHigh/2 || c.left == 0 && c.below+labelHigh > 1+labelHigh/2 { // on ticks, or on the name of the axis
			met += labelSamples
		}
		if met < least {
			best, least = c.name, met
		}
	}
	return best
}

// The room of a label, as shares of a panel: its height, and the width of a letter; and steps between two points of a line.
const labelHigh, labelGlyph, labelSamples = 0.08, 0.014, 32

// inside is how much of the panel's data, and of its other lines of reference, lies in a part of it, all in shares of its axes.
func (p Panel) inside(left, right, below, above float64, label Mark) (met float64) {
	in := func(u, v float64) bool {
		const rim = 0.004 // what runs along the line is not in its label
		return u >= left && u <= right && v > below+rim && v < above-rim
	}
	for _, s := range p.all() {
		for i := range s.X {
			u, v := p.X.share(s.X[i]), p.Y.share(s.Y[i])
			if in(u, v) {
				met += 4
			}
			if s.kind != lines || i == 0 {
				continue
			}
			u0, v0 := p.X.share(s.X[i-1]), p.Y.share(s.Y[i-1])
			for k := 1; k < labelSamples; k++ {
				if t := float64(k) / labelSamples; in(u0+t*(u-u0), v0+t*(v-v0)) {
					met += math.Hypot(u-u0, v-v0) * 4
				}
			}
		}
	}
	for _, m := range p.Marks {
		if m != label && m.horizontal && in((left+right)/2, p.Y.share(m.Y0)) {
			met += labelSamples
		}
	}
	return met
}

// share is where a value stands between the ends of an axis, 0 to 1.
func (a Axis) share(v float64) float64 {
	lo, hi := 0.0, float64(len(a.Categories)-1)
	if a.Categories == nil {
		lo, hi = *a.Min, *a.Max
	}
	if a.Log {
		lo, hi, v = math.Log(lo), math.Log(hi), math.Log(v)
	}
	if hi == lo {
		return 0.5
	}
	return (v - lo) / (hi - lo)
}

// middle is the height of the panel's middle, and between that of the middle of a mark,
// as drawn.
func (p Panel) middle() float64 {
	e := p.extent(p.Y, true)
	return p.Y.mean(e[0], e[1])
}

func (p Panel) between(m Mark) (x, y float64) {
	return p.X.mean(m.X0, m.X1), p.Y.mean(m.Y0, m.Y1)
}

func (a Axis) mean(u, v float64) float64 {
	if a.Log {
		return math.Sqrt(u) * math.Sqrt(v)
	}
	return (u + v) / 2
}

// above reports whether the first line of the panel runs above (x, y): a label there
// goes below its mark.
func (p Panel) above(x, y float64) bool {
	s := p.all()[0]
	nearest := 0
	for i := range s.X {
		if math.Abs(s.X[i]-x) < math.Abs(s.X[nearest]-x) {
			nearest = i
		}
	}
	return s.Y[nearest] > y
}
