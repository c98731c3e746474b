package figure

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
)

// Figure is what one call of Show displays.
type Figure struct {
	// ID names the figure within its page, in lower-case letters, digits and hyphens.
	ID string
	// Title opens the caption in bold; Caption says what to see.
	Title, Caption string
	// Alt says what the figure shows to those who do not see it.
	Alt    string
	Panels []Panel
	// Columns is the number of panels side by side where there is room: by default 1 for
	// one panel and 2 for more.
	Columns int
	// ShareY gives all panels the same y axis.
	ShareY bool
}

// Panel is one plot.
type Panel struct {
	Title string
	X, Y  Axis
	// Ratio is width to height of the plot, 1.6 by default.
	Ratio float64
	// Equal gives both axes the same unit, as for points of a plane.
	Equal  bool
	Series []Series
	Marks  []Mark
	// Turns, instead of Series, are pictures that a slider runs through, as of a body seen
	// from several sides: the same series at other places. A static picture shows at most
	// four of them side by side.
	Turns []Turn
	// Open is the number, from 0, of the label with which the slider opens: one at which
	// something is to be seen.
	Open int
	// Heat makes the panel a heat-map; it has neither series nor marks then.
	Heat *Heat
}

// Turn is one picture of a Panel with a slider.
type Turn struct {
	Label string
	// Side, where turns have one, is where the body is seen from, while Label says what else
	// changes: turns are then all pairs of both, one label after the other, with the same sides
	// for each, and both have a slider.
	Side   string
	Series []Series
}

// Axis is one axis of a panel.
type Axis struct {
	Name string
	Log  bool
	// Min and Max override the ends that the data suggest; see At.
	Min, Max *float64
	// Categories name the positions 0, 1, ... of an axis without numbers.
	Categories []string
}

// At returns a pointer to v, for the ends of an Axis and of a Heat's scale.
func At(v float64) *float64 { return &v }

// Heat is a matrix of coloured cells.
type Heat struct {
	Rows, Cols []string
	Values     [][]float64 // row by row, the first one on top
	// Hollow marks cells without a value, such as tokens off the support; they are
	// drawn in ink.
	Hollow [][]bool
	// Scale names the quantity. Panels with the same Scale share one colour scale.
	Scale string
	// Low and High override the ends of the colour scale.
	Low, High *float64
	// Diverging makes the scale symmetric around a white zero.
	Diverging bool
	// Print writes the values into the cells.
	Print bool
	// Frames, instead of Values, are matrices that a slider runs through; a static
	// picture shows at most four of them side by side.
	Frames []Frame
}

// Frame is one matrix of a Heat with a slider.
type Frame struct {
	Label  string
	Values [][]float64
}

var idForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// validate reports everything that keeps the figure from being drawn faithfully.
func (f Figure) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !idForm.MatchString(f.ID) {
		bad("the ID is %q: want lower-case letters, digits and hyphens", f.ID)
	}
	if f.Caption == "" {
		bad("the caption is empty: say what to see")
	}
	if f.Alt == "" {
		bad("Alt is empty: say what the figure shows to those who do not see it")
	}
	if len(f.Panels) == 0 {
		bad("there are no panels")
	}
	for i, p := range f.Panels {
		name := fmt.Sprintf("panel %d", i+1)
		if p.Title != "" {
			name += fmt.Sprintf(" (%s)", p.Title)
		}
		if err := p.validate(); err != nil {
			bad("%s: %w", name, err)
		}
		if p.Heat != nil && len(p.Heat.Frames) > 0 && len(f.Panels) > 1 {
			bad("%s: a heat-map with frames must be alone in its figure", name)
		}
		if len(p.Turns) > 0 && len(f.Panels) > 1 {
			bad("%s: a panel that turns must be alone in its figure", name)
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("figure %s: %w", cmp.Or(f.ID, "without ID"), errors.Join(errs...))
	}
	return nil
}

func (p Panel) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if p.X.Name == "" || p.Y.Name == "" {
		bad("both axes need a name")
	}
	if !(p.Ratio >= 0) || math.IsInf(p.Ratio, 0) {
		bad("ratio %v: want a positive number", p.Ratio)
	}
	for name, a := range map[string]Axis{"x": p.X, "y": p.Y} {
		if err := a.validate(); err != nil {
			bad("%s axis: %w", name, err)
		}
	}
	if p.Heat != nil {
		if len(p.Series)+len(p.Marks)+len(p.Turns) > 0 {
			bad("a heat-map has neither series nor marks nor turns")
		}
		if err := p.Heat.validate(); err != nil {
			bad("heat-map: %w", err)
		}
		return errors.Join(errs...)
	}
	if len(p.Series) == 0 && len(p.Turns) == 0 {
		bad("there is no series")
	}
	if err := p.validateTurns(); err != nil {
		bad("%w", err)
	}
	for _, s := range p.all() {
		if err := s.validate(p.X, p.Y); err != nil {
			bad("series %q: %w", s.Name, err)
		}
	}
	for _, m := range p.Marks {
		if err := m.validate(p.X, p.Y); err != nil {
			bad("mark %q: %w", m.Label, err)
		}
	}
	return errors.Join(errs...)
}

func (a Axis) validate() error {
	for _, end := range []*float64{a.Min, a.Max} {
		if end != nil {
			if err := a.fits(*end); err != nil {
				return err
			}
		}
	}
	if a.Log && a.Categories != nil {
		return fmt.Errorf("categories have no logarithm")
	}
	return nil
}

// The numbers that an axis draws faithfully: the differences of larger ones overflow, and
// smaller ones have too few digits for a logarithm.
const (
	largest  = 1e300
	smallest = 0x1p-1022 // the least normal number
)

// fits reports why v cannot be drawn on the axis.
func (a Axis) fits(v float64) error {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return fmt.Errorf("%v cannot be drawn", v)
	case math.Abs(v) > largest:
		return fmt.Errorf("%v cannot be drawn, as differences of such numbers overflow: draw it in other units, or its logarithm", v)
	case a.Log && v > 0 && v < smallest:
		return fmt.Errorf("%v cannot be drawn on a logarithmic axis, as numbers below %.2g have no digits left: draw its logarithm", v, smallest)
	case a.Log && v <= 0:
		return fmt.Errorf("%v cannot be drawn on a logarithmic axis", v)
	}
	return nil
}

func (h Heat) validate() error {
	if len(h.Rows) == 0 || len(h.Cols) == 0 {
		return fmt.Errorf("rows and columns need names")
	}
	if h.Hollow != nil && !shaped(h.Hollow, len(h.Rows), len(h.Cols)) {
		return fmt.Errorf("the hollow cells are not %d by %d", len(h.Rows), len(h.Cols))
	}
	if (h.Values != nil) == (len(h.Frames) > 0) {
		return fmt.Errorf("want either values or frames")
	}
	for i, values := range h.matrices() {
		if !shaped(values, len(h.Rows), len(h.Cols)) {
			return fmt.Errorf("matrix %d is not %d by %d, as the names of rows and columns are", i+1, len(h.Rows), len(h.Cols))
		}
		for r, row := range values {
			for c, v := range row {
				if !h.hollow(r, c) && !(math.Abs(v) <= largest) {
					return fmt.Errorf("matrix %d: %v in row %q, column %q cannot be drawn", i+1, v, h.Rows[r], h.Cols[c])
				}
			}
		}
	}
	return nil
}

// matrices returns the matrices of all frames, or the only one.
func (h Heat) matrices() [][][]float64 {
	if len(h.Frames) == 0 {
		return [][][]float64{h.Values}
	}
	var all [][][]float64
	for _, f := range h.Frames {
		all = append(all, f.Values)
	}
	return all
}

func (h Heat) hollow(r, c int) bool { return h.Hollow != nil && h.Hollow[r][c] }

func shaped[T any](m [][]T, rows, cols int) bool {
	for _, row := range m {
		if len(row) != cols {
			return false
		}
	}
	return len(m) == rows
}
