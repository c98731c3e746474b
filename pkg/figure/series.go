package figure

import (
	"fmt"
	"slices"
)

// Series is one set of data in a panel. The functions Line, Points, Bars, Arrows and
// Segment make one; its fields and methods refine it.
type Series struct {
	kind kind
	// Name stands in the legend. Series of the same name look alike in all panels and
	// share one entry.
	Name string
	X, Y []float64
	// Labels stand beside points and arrows.
	Labels []string
	// Slot of the palette: 1 to 6 for a colour, Ink for the colour of text. 0 chooses by
	// the order in which names appear.
	Slot int
	// Dash of a line: 1 solid, 2 to 6 patterns. 0 chooses with the colour.
	Dash int
	// Symbol of points, and of lines that shall show their points: circle, square,
	// triangle, diamond or star.
	Symbol string
	// Size of symbols, or width of lines, in pixels; 0 for the usual one.
	Size float64
	// NoLegend leaves the series out of the legend.
	NoLegend bool
}

type kind int

const (
	lines kind = iota
	points
	bars
	arrows
)

// Ink is the slot of the colour of text.
const Ink = -1

// slots is the number of colours of the palette.
const slots = 6

// Line joins the points (x_i, y_i).
func Line(name string, x, y []float64) Series { return Series{kind: lines, Name: name, X: x, Y: y} }

// Points draws the points (x_i, y_i).
func Points(name string, x, y []float64) Series {
	return Series{kind: points, Name: name, X: x, Y: y, Symbol: "circle"}
}

// Bars draws a bar of height y_i at each category i of the x axis.
func Bars(name string, y []float64) Series {
	x := make([]float64, len(y))
	for i := range x {
		x[i] = float64(i)
	}
	return Series{kind: bars, Name: name, X: x, Y: y}
}

// Arrows draws an arrow from the origin to each point (x_i, y_i).
func Arrows(name string, x, y []float64) Series {
	return Series{kind: arrows, Name: name, X: x, Y: y}
}

// Segment draws the line from (x0, y0) to (x1, y1).
func Segment(name string, x0, y0, x1, y1 float64) Series {
	return Line(name, []float64{x0, x1}, []float64{y0, y1})
}

// In returns the series in the given slot of the palette.
func (s Series) In(slot int) Series { s.Slot = slot; return s }

// Dashed returns the series with the given pattern of dashes.
func (s Series) Dashed(pattern int) Series { s.Dash = pattern; return s }

// As returns the series with the given symbol.
func (s Series) As(symbol string) Series { s.Symbol = symbol; return s }

// Tagged returns the series with a label beside each point.
func (s Series) Tagged(labels ...string) Series { s.Labels = labels; return s }

// Sized returns the series with symbols, or lines, of the given size in pixels.
func (s Series) Sized(pixels float64) Series { s.Size = pixels; return s }

// Unlisted returns the series without its entry in the legend.
func (s Series) Unlisted() Series { s.NoLegend = true; return s }

var symbols = map[string]string{
	"circle": "circle", "square": "rect", "triangle": "triangle", "diamond": "diamond", "star": "@star",
}

func (s Series) validate(x, y Axis) error {
	switch {
	case s.Name == "":
		return fmt.Errorf("a series needs a name, also where the legend leaves it out")
	case s.Name == "__proto__" || s.Name[0] == '@':
		return fmt.Errorf("a series cannot have this name, which means something else to JavaScript or to the palette")
	case len(s.X) != len(s.Y):
		return fmt.Errorf("%d values of x and %d of y", len(s.X), len(s.Y))
	case len(s.X) == 0:
		return fmt.Errorf("there are no points")
	case s.Labels != nil && len(s.Labels) != len(s.X):
		return fmt.Errorf("%d labels for %d points", len(s.Labels), len(s.X))
	case s.Slot < Ink || s.Slot > slots:
		return fmt.Errorf("slot %d: want 1 to %d, or Ink", s.Slot, slots)
	case s.Dash < 0 || s.Dash > slots:
		return fmt.Errorf("dash %d: want 1 to %d", s.Dash, slots)
	case s.Symbol != "" && symbols[s.Symbol] == "":
		return fmt.Errorf("unknown symbol %q: want circle, square, triangle, diamond or star", s.Symbol)
	case s.kind == bars && len(s.Y) != len(x.Categories):
		return fmt.Errorf("%d bars for %d categories of the x axis", len(s.Y), len(x.Categories))
	case s.kind == bars && y.Log:
		return fmt.Errorf("bars have no foot on a logarithmic axis: use Points")
	}
	for i := range s.X {
		if err := x.fits(s.X[i]); err != nil {
			return fmt.Errorf("x[%d]: %w", i, err)
		}
		if err := y.fits(s.Y[i]); err != nil {
			return fmt.Errorf("y[%d]: %w", i, err)
		}
	}
	return nil
}

// extent returns the least and greatest of the values.
func extent(values []float64) [2]float64 {
	if len(values) == 0 {
		return [2]float64{0, 1}
	}
	return [2]float64{slices.Min(values), slices.Max(values)}
}
