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
	Sides   []string       `json:"sides,omitempty"` // with frames for all of them, label by label
	Open    int            `json:"open,omitempty"`  // the label with which a view opens
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
	Label  string `json:"label"`
	Data   any    `json:"data,omitempty"`   // of the heat-map
	Series []any  `json:"series,omitempty"` // data of each series of a panel that turns
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

// seven is the number that a reader of v's JSON has.
func (v value) seven() float64 {
	if v == 0 {
		return 0
	}
	f, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', 7, 64), 64) // seven digits of what is finite are finite
	return f
}

// plain returns data with their values as such numbers, which JSON writes for less.
func plain(data any) any {
	switch d := data.(type) {
	case [2]value:
		return [2]float64{d[0].seven(), d[1].seven()}
	case []value:
		numbers := make([]float64, len(d))
		for i, v := range d {
			numbers[i] = v.seven()
		}
		return numbers
	case [2][2]value:
		return [2]any{plain(d[0]), plain(d[1])}
	case object:
		copied := make(object, len(d))
		for key, v := range d {
			copied[key] = plain(v)
		}
		return copied
	case []any:
		if d == nil {
			return d
		}
		list := make([]any, len(d))
		for i, v := range d {
			list[i] = plain(v)
		}
		return list
	}
	return data
}

// object is a piece of an option that go-echarts has no field for.
type object = map[string]any

// builder turns a figure into its spec.
type builder struct {
	xs     []opts.XAxis
	ys     []opts.YAxis
	drawn  []charts.SingleSeries
	extra  []object // what go-echarts cannot say, one for each series
	maps   []object // colour scales
	styles map[string]style
	taken  map[int]bool   // slots
	chosen map[string]int // slot by the name in the legend
	spec   spec
}

// style is what series of the same name share.
type style struct{ colour, dash string }

// build returns the spec of a valid figure.
func build(f Figure) (spec, error) {
	b := &builder{styles: map[string]style{}, taken: map[int]bool{}, chosen: map[string]int{}}
	for _, p := range f.Panels {
		for _, s := range p.all() {
			b.taken[s.Slot] = true
			if s.Slot != 0 && !s.NoLegend {
				b.chosen[s.Name] = s.Slot
			}
		}
	}
	b.spec.Columns = cmp.Or(f.Columns, min(2, len(f.Panels)))
	b.spec.Trigger = "axis"
	b.spec.Legend = []entrySpec{}
	panels := slices.Clone(f.Panels)
	if f.ShareY {
		shareY(panels)
	}
	scales := colourScales(panels)
	for i, p := range panels {
		thin := p.thinned() // axes and marks keep to all of the data
		if len(p.Turns) > 0 {
			b.turns(thin)
		}
		ps := panelSpec{Title: p.Title, X: newAxis(p, p.X, false), Y: newAxis(p, p.Y, true), Ratio: value(cmp.Or(p.Ratio, defaultRatio(p))), Equal: p.Equal}
		if len(panels) > 1 {
			ps.Title = fmt.Sprintf("(%c) %s", 'a'+i, p.Title)
		}
		b.axes(p, i)
		if p.Heat != nil {
			b.heat(p.Heat, i, scales[p.Heat.Scale], &ps)
		} else {
			b.series(thin, i)
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

// look returns the style of a series, the same for the same name. A colour that the
// series do not choose themselves is the first that none of them has.
func (b *builder) look(s Series) style {
	if st, known := b.styles[s.Name]; known && s.Slot == 0 && s.Dash == 0 {
		return st
	}
	if s.Slot == 0 {
		s.Slot = b.chosen[s.Name]
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
	b.drawn = append(b.drawn, s)
	b.extra = append(b.extra, extra)
}

func (b *builder) series(p Panel, grid int) {
	series := p.Series
	if len(p.Turns) > 0 {
		series = p.Turns[len(p.Turns)-1].Series
	}
	for _, s := range series {
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

// option returns the option of go-echarts' axes and series with what they cannot say put in. Its
// charts are left out: they bring templates of pages, and make a program a fifth larger. Data go
// around what JSON is made of twice: they are most of it, and a figure may be dragged.
func (b *builder) option() (map[string]any, error) {
	data := make([]any, len(b.drawn))
	for i := range b.drawn {
		data[i], b.drawn[i].Data = b.drawn[i].Data, nil
	}
	raw, err := json.Marshal(object{"series": b.drawn, "xAxis": b.xs, "yAxis": b.ys})
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
		if data[i] != nil {
			series["data"] = plain(data[i])
		}
	}
	if len(b.maps) > 0 {
		option["visualMap"] = b.maps
	}
	// Title, legend, tooltip, palette: livefig.js places and colours them.
	return option, nil
}
