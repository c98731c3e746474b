package figure

import (
	"math"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// Colour scales: one hue from light to dark, which also print and every kind of colour
// blindness keep in order, and one with a white middle between orange and blue.
var (
	sequential = []string{"#f4f8fc", "#c6dbef", "#6baed6", "#2171b5", "#08306b"}
	diverging  = []string{"#8c3500", "#d9660d", "#fdc28c", "#f7f7f7", "#b5d2e8", "#3a86c0", "#0b3f7d"}
)

// colourScale is the range that a colour scale covers.
type colourScale struct {
	low, high float64
	diverging bool
}

// colourScales returns the scale of each quantity over all panels that show it.
func colourScales(panels []Panel) map[string]colourScale {
	scales := map[string]colourScale{}
	for _, p := range panels {
		if p.Heat == nil {
			continue
		}
		s, known := scales[p.Heat.Scale]
		if !known {
			s = colourScale{low: math.Inf(1), high: math.Inf(-1)}
		}
		for _, m := range p.Heat.matrices() {
			for r, row := range m {
				for c, v := range row {
					if !p.Heat.hollow(r, c) {
						s.low, s.high = min(s.low, v), max(s.high, v)
					}
				}
			}
		}
		s.diverging = s.diverging || p.Heat.Diverging
		scales[p.Heat.Scale] = s
	}
	for name, s := range scales {
		scales[name] = s.finish(panels, name)
	}
	return scales
}

// finish applies the ends that the panels ask for, and symmetry.
func (s colourScale) finish(panels []Panel, name string) colourScale {
	if s.low > s.high { // all cells hollow
		s.low, s.high = 0, 1
	}
	s.low, s.high = rounded(s.low, s.high)
	for _, p := range panels {
		if p.Heat != nil && p.Heat.Scale == name {
			if p.Heat.Low != nil {
				s.low = *p.Heat.Low
			}
			if p.Heat.High != nil {
				s.high = *p.Heat.High
			}
		}
	}
	if s.diverging {
		s.high = max(math.Abs(s.low), math.Abs(s.high))
		s.low = -s.high
	}
	if s.low == s.high {
		s.high = s.low + 1
	}
	return s
}

// rounded widens a range to ends of two significant digits, and to zero where it begins
// close to it.
func rounded(low, high float64) (float64, float64) {
	if low >= 0 && low < high/5 {
		low = 0
	}
	size := max(math.Abs(low), math.Abs(high))
	if size == 0 {
		return low, high
	}
	unit := math.Pow(10, math.Floor(math.Log10(size))-1)
	// Dividing by the unit leaves a rounding error, which must not count as a digit.
	const slack = 1e-9
	exact := func(n float64) float64 {
		v, _ := strconv.ParseFloat(strconv.FormatFloat(n*unit, 'g', 12, 64), 64) // of FormatFloat's making
		return v
	}
	return exact(math.Floor(low/unit + slack)), exact(math.Ceil(high/unit - slack))
}

// colours returns the stops of the scale.
func (s colourScale) colours() []string {
	if s.diverging {
		return diverging
	}
	return sequential
}

// ink is the colour, black or white, in which a number is read best on its cell: always
// with a contrast of more than 4.5, as black on white has 21 and 21 > 4.5².
func (s colourScale) ink(v float64) string {
	cell := luminance(mix(s.colours(), (v-s.low)/(s.high-s.low)))
	if 1.05/(cell+0.05) > (cell+0.05)/0.05 {
		return "#ffffff"
	}
	return "#000000"
}

// heat adds the heat-map of panel grid and its colour scale.
func (b *builder) heat(h *Heat, grid int, scale colourScale, ps *panelSpec) {
	b.spec.Trigger = "item"
	all := h.matrices()
	data, widest := h.cells(all[len(all)-1], scale)
	ps.Heat, ps.Hollow, ps.Widest = true, h.Hollow != nil, widest
	if len(h.Frames) > 0 {
		for _, f := range h.Frames {
			data, w := h.cells(f.Values, scale)
			b.spec.Frames = append(b.spec.Frames, frameSpec{Label: f.Label, Data: data})
			ps.Widest = max(ps.Widest, w)
		}
	}
	one := charts.SingleSeries{Name: h.Scale, Type: types.ChartHeatMap, XAxisIndex: grid, YAxisIndex: grid, Data: data,
		ItemStyle: &opts.ItemStyle{BorderColor: "@paper", BorderWidth: 1}}
	b.add(one, object{"label": object{"show": h.Print, "fontSize": 11}, "progressive": 0, "emphasis": object{"disabled": true}})

	low := number(scale.low)
	if h.Scale != "" {
		low = h.Scale + "   " + low
	}
	b.maps = append(b.maps, object{
		"type": "continuous", "min": scale.low, "max": scale.high, "dimension": 2, "seriesIndex": []int{len(b.extra) - 1},
		"inRange": object{"color": scale.colours()}, "text": []string{number(scale.high), low}, "show": true,
	})
	at := len(b.maps) - 1
	ps.Bar = &at
}

// shareBar draws one colour scale under the figure where all heat-maps have the same.
func (b *builder) shareBar() {
	if len(b.maps) < 2 {
		return
	}
	first := b.maps[0]
	var all []int
	for _, m := range b.maps {
		if m["text"].([]string)[0] != first["text"].([]string)[0] || m["text"].([]string)[1] != first["text"].([]string)[1] {
			return
		}
		all = append(all, m["seriesIndex"].([]int)...)
	}
	first["seriesIndex"] = all
	b.maps = b.maps[:1]
	zero := 0
	b.spec.Bar = &zero
	for i := range b.spec.Panels {
		b.spec.Panels[i].Bar = nil
	}
}

// cells returns the data of a matrix and the length of the longest number in it.
func (h Heat) cells(m [][]float64, scale colourScale) (data []any, widest int) {
	print := h.printer()
	for r, row := range m {
		for c, v := range row {
			if h.hollow(r, c) {
				continue
			}
			cell := []value{value(c), value(r), value(v)}
			if !h.Print {
				data = append(data, cell)
				continue
			}
			text := print(v)
			widest = max(widest, len(text))
			data = append(data, object{"value": cell, "label": object{"formatter": minusSign(text), "color": scale.ink(v)}})
		}
	}
	return data, widest
}

// printer returns how the numbers of all matrices are written: with two decimals, or, where
// all of them are too small for these or one is too large, with two digits.
func (h Heat) printer() func(v float64) string {
	size := 0.0
	for _, m := range h.matrices() {
		for r, row := range m {
			for c, v := range row {
				if !h.hollow(r, c) {
					size = max(size, math.Abs(v))
				}
			}
		}
	}
	const least, long = 0.1, 1e5
	if size >= least && size < long || size == 0 {
		return func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
	}
	return func(v float64) string { return strconv.FormatFloat(v, 'g', 2, 64) }
}

// static returns the figure as a picture can show it: at most four frames side by side.
func (f Figure) static() Figure {
	if len(f.Panels) == 1 && len(f.Panels[0].Turns) > 0 {
		return f.still()
	}
	if len(f.Panels) != 1 || f.Panels[0].Heat == nil || len(f.Panels[0].Heat.Frames) == 0 {
		return f
	}
	p, h := f.Panels[0], *f.Panels[0].Heat
	scale := colourScales(f.Panels)[h.Scale]
	h.Low, h.High = At(scale.low), At(scale.high)
	n := min(4, len(h.Frames))
	frames := h.Frames
	h.Frames = nil
	f.Panels, f.Columns = nil, n
	if len(h.Cols) > 12 {
		f.Columns = min(2, n)
	}
	for i := range n {
		at := 0
		if n > 1 {
			at = i * (len(frames) - 1) / (n - 1)
		}
		one := h
		one.Values = frames[at].Values
		q := p
		q.Heat, q.Title = &one, frames[at].Label
		f.Panels = append(f.Panels, q)
	}
	return f
}
