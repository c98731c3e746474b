package figure

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// spec is a figure as livefig.js reads it. Colours are names of the palette, "@c0" to
// "@c5", "@ink", "@soft", "@paper"; dashes "@d0" to "@d5".
type spec struct {
	Option  map[string]any `json:"option"`
	Panels  []panelSpec    `json:"panels"`
	Columns int            `json:"columns"`
	Legend  []entrySpec    `json:"legend"`
	Trigger string         `json:"trigger"` // of the tooltip: "axis" or "item"
	Bar     *int           `json:"bar,omitempty"`
	Frames  []frameSpec    `json:"frames,omitempty"`
	Slider  string         `json:"slider,omitempty"`
}

type panelSpec struct {
	Title  string   `json:"title,omitempty"`
	X      axisSpec `json:"x"`
	Y      axisSpec `json:"y"`
	Ratio  value    `json:"ratio"`
	Equal  bool     `json:"equal,omitempty"`
	Heat   bool     `json:"heat,omitempty"`
	Hollow bool     `json:"hollow,omitempty"`
	Widest int      `json:"widest,omitempty"` // characters of the longest number in a cell
	Bar    *int     `json:"bar,omitempty"`    // index of the panel's own colour scale
}

type axisSpec struct {
	Name       string   `json:"name"`
	Log        bool     `json:"log,omitempty"`
	Extent     []value  `json:"extent,omitempty"`
	Whole      bool     `json:"whole,omitempty"` // whole numbers only: so are the ticks
	Min        *value   `json:"min,omitempty"`
	Max        *value   `json:"max,omitempty"`
	Categories []string `json:"categories,omitempty"`
	Vertical   bool     `json:"vertical,omitempty"`
	Heat       bool     `json:"heat,omitempty"`
}

// entrySpec is an entry of the legend.
type entrySpec struct {
	Name string `json:"name"`
	Kind string `json:"kind,omitempty"` // "line" without symbols, "arrow"
}

type frameSpec struct {
	Label string `json:"label"`
	Data  any    `json:"data"`
}

// value is a number that JSON shows with the seven digits that a picture can use.
type value float64

// MarshalJSON implements json.Marshaler.
func (v value) MarshalJSON() ([]byte, error) {
	if v == 0 {
		return []byte("0"), nil
	}
	return strconv.AppendFloat(nil, float64(v), 'g', 7, 64), nil
}

// object is a piece of an option that go-echarts has no field for.
type object = map[string]any

// builder turns a figure into its spec.
type builder struct {
	chart  *charts.Line
	extra  []object // what go-echarts cannot say, one for each series
	maps   []object // colour scales
	styles map[string]style
	taken  map[int]bool // slots
	spec   spec
}

// style is what series of the same name share.
type style struct{ colour, dash string }

// build returns the spec of a valid figure.
func build(f Figure) (spec, error) {
	b := &builder{chart: charts.NewLine(), styles: map[string]style{}, taken: map[int]bool{}}
	for _, p := range f.Panels {
		for _, s := range p.Series {
			b.taken[s.Slot] = true
		}
	}
	b.chart.XAxisList, b.chart.YAxisList = nil, nil
	b.spec.Columns = cmp.Or(f.Columns, min(2, len(f.Panels)))
	b.spec.Trigger = "axis"
	b.spec.Legend = []entrySpec{}
	panels := slices.Clone(f.Panels)
	if f.ShareY {
		shareY(panels)
	}
	scales := colourScales(panels)
	for i, p := range panels {
		ps := panelSpec{Title: p.Title, X: newAxis(p, p.X, false), Y: newAxis(p, p.Y, true), Ratio: value(cmp.Or(p.Ratio, defaultRatio(p))), Equal: p.Equal}
		if len(panels) > 1 {
			ps.Title = fmt.Sprintf("(%c) %s", 'a'+i, p.Title)
		}
		b.axes(p, i)
		if p.Heat != nil {
			b.heat(p.Heat, i, scales[p.Heat.Scale], &ps)
		} else {
			b.series(p, i)
			b.marks(p, i)
		}
		b.spec.Panels = append(b.spec.Panels, ps)
	}
	b.shareBar()
	option, err := b.option()
	b.spec.Option = option
	return b.spec, err
}

func defaultRatio(p Panel) float64 {
	if p.Equal {
		return 1
	}
	return 1.6
}

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
	for _, s := range p.Series {
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
	for _, s := range p.Series {
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
	b.chart.ExtendXAxis(x)
	b.chart.ExtendYAxis(y)
}

// look returns the style of a series, the same for the same name. A colour that the
// series do not choose themselves is the first that none of them has.
func (b *builder) look(s Series) style {
	if st, known := b.styles[s.Name]; known && s.Slot == 0 && s.Dash == 0 {
		return st
	}
	st := style{colour: "@ink", dash: "@d0"}
	if s.Slot != Ink {
		colour, dash := b.free(s.Slot)
		st = style{colour: "@c" + strconv.Itoa(colour), dash: "@d" + strconv.Itoa(dash)}
	}
	if s.Dash > 0 {
		st.dash = "@d" + strconv.Itoa(s.Dash-1)
	} else if s.kind == arrows {
		st.dash = "@d0"
	}
	b.styles[s.Name] = st
	return st
}

// free returns the colour and dash of a slot, or those of the first free one for slot 0.
// Beyond six names colours come again with other dashes.
func (b *builder) free(slot int) (colour, dash int) {
	if slot > 0 {
		return slot - 1, slot - 1
	}
	for i := 1; i <= slots; i++ {
		if !b.taken[i] {
			b.taken[i] = true
			return i - 1, i - 1
		}
	}
	n := len(b.styles)
	return n % slots, (n + n/slots) % slots
}

// list puts the series into the legend, once for a name.
func (b *builder) list(s Series) {
	known := func(e entrySpec) bool { return e.Name == s.Name }
	if s.NoLegend || slices.ContainsFunc(b.spec.Legend, known) {
		return
	}
	e := entrySpec{Name: s.Name}
	switch {
	case s.kind == arrows:
		e.Kind = "arrow"
	case s.kind == lines && s.Symbol == "":
		e.Kind = "line"
	}
	b.spec.Legend = append(b.spec.Legend, e)
}

func (b *builder) add(s charts.SingleSeries, extra object) {
	b.chart.MultiSeries = append(b.chart.MultiSeries, s)
	b.extra = append(b.extra, extra)
}

func (b *builder) series(p Panel, grid int) {
	for _, s := range p.Series {
		st := b.look(s)
		b.list(s)
		one := charts.SingleSeries{Name: s.Name, XAxisIndex: grid, YAxisIndex: grid, ItemStyle: &opts.ItemStyle{Color: st.colour, Opacity: opts.Float(1)}}
		extra := object{}
		switch s.kind {
		case lines:
			one.Type, one.Data = types.ChartLine, pairs(s)
			one.LineStyle = &opts.LineStyle{Color: st.colour, Width: float32(cmp.Or(s.Size, 2)), Type: st.dash}
			one.Symbol, one.ShowSymbol = "none", opts.Bool(false)
			if s.Symbol != "" {
				one.Symbol, one.SymbolSize, one.ShowSymbol = symbols[s.Symbol], 7, opts.Bool(true)
				extra["showAllSymbol"] = true
			}
		case points:
			one.Type, one.Data, one.Symbol = types.ChartScatter, pairs(s), symbols[s.Symbol]
			one.SymbolSize = cmp.Or(s.Size, map[bool]float64{true: 16, false: 9}[s.Symbol == "star"])
			b.spec.Trigger = "item"
		case bars:
			one.Type, one.Data, one.BarMaxWidth = types.ChartBar, pairs(s), "36"
			one.BarCategoryGap = "25%"
		case arrows:
			b.spec.Trigger = "item"
			one.Type = "lines"
			one.Data = coords(s)
			one.LineStyle = &opts.LineStyle{Color: st.colour, Width: float32(cmp.Or(s.Size, 2)), Type: st.dash, Opacity: opts.Float(1)}
			extra = object{"coordinateSystem": "cartesian2d", "symbol": []string{"none", "arrow"}, "symbolSize": 9, "polyline": false}
		}
		extra["emphasis"] = object{"disabled": s.kind == lines}
		b.add(one, extra)
	}
}

// pairs returns the points of a series, with their labels.
func pairs(s Series) []any {
	data := make([]any, len(s.X))
	for i := range s.X {
		pair := [2]value{value(s.X[i]), value(s.Y[i])}
		data[i] = pair
		if s.Labels != nil && s.Labels[i] != "" {
			data[i] = object{"value": pair, "name": s.Labels[i], "label": tag(s.Labels[i], beside(s.X[i], s.Y[i]))}
		}
	}
	return data
}

func coords(s Series) []any {
	data := make([]any, len(s.X))
	for i := range s.X {
		d := object{"coords": [2][2]value{{0, 0}, {value(s.X[i]), value(s.Y[i])}}}
		if s.Labels != nil && s.Labels[i] != "" {
			d["name"], d["label"] = s.Labels[i], tag(s.Labels[i], "end")
		}
		data[i] = d
	}
	return data
}

// beside puts a label on the side of its point that is away from the origin.
func beside(x, y float64) string {
	switch {
	case math.Abs(x) > math.Abs(y) && x > 0:
		return "right"
	case math.Abs(x) > math.Abs(y):
		return "left"
	case y < 0:
		return "bottom"
	}
	return "top"
}

func tag(text, position string) object {
	return object{"show": true, "formatter": text, "position": position, "color": "@ink", "distance": 5,
		"textBorderColor": "@paper", "textBorderWidth": 3}
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

// option returns go-echarts' option with what it cannot say put in.
func (b *builder) option() (map[string]any, error) {
	raw, err := json.Marshal(b.chart.JSON())
	if err != nil {
		return nil, fmt.Errorf("figure: the option of the chart: %w", err)
	}
	var option map[string]any
	if err := json.Unmarshal(raw, &option); err != nil {
		return nil, fmt.Errorf("figure: the option of the chart: %w", err)
	}
	list, _ := option["series"].([]any)
	for i, s := range list {
		series := s.(map[string]any)
		for key, v := range b.extra[i] {
			series[key] = v
		}
	}
	if len(b.maps) > 0 {
		option["visualMap"] = b.maps
	}
	// Title, legend, tooltip, palette: livefig.js places and colours them.
	for _, key := range []string{"title", "legend", "tooltip", "toolbox", "color"} {
		delete(option, key)
	}
	return option, nil
}
