package figure

import (
	"fmt"
	"math"

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
	s := p.Series[0]
	nearest := 0
	for i := range s.X {
		if math.Abs(s.X[i]-x) < math.Abs(s.X[nearest]-x) {
			nearest = i
		}
	}
	return s.Y[nearest] > y
}
