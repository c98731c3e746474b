// Package explore describes the figure that is the idea of a paper, with its data in the reader's
// hand: controls, and a function from their values to a figure and its numbers. A page moves the
// controls and shows what the function returns; it computes nothing of its own.
package explore

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// Idea is such a figure.
type Idea struct {
	Title    string    `json:"title"`
	Words    string    `json:"words"` // what to try and to see, in a sentence or two
	Controls []Control `json:"controls"`
	// Draw computes figure and numbers from the values of all controls, by name. It keeps
	// nothing between calls but what Last keeps, and takes so little time that it follows a finger.
	Draw func(values map[string]float64) (View, error) `json:"-"`
}

// Control is one number that the reader moves.
type Control struct {
	Name  string   `json:"name"`
	Label string   `json:"label"` // mathematics as in a figure's labels
	Min   float64  `json:"min"`
	Max   float64  `json:"max"`
	Step  float64  `json:"step"`
	Start float64  `json:"start"`
	Names []string `json:"names,omitempty"` // of Min, Min+1, ..., Max, where the values stand for things
}

// View is what an Idea shows for some values.
type View struct {
	Figure figure.Figure
	Facts  []Fact
}

// Fact is a number of a View, with its name.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"` // written out
}

// Number is a Fact of four significant digits.
func Number(name string, v float64) Fact { return Fact{name, fmt.Sprintf("%.4g", v)} }

// Validate reports what a page cannot show or move.
func (idea *Idea) Validate() error {
	if idea.Draw == nil || len(idea.Controls) == 0 || idea.Title == "" || idea.Words == "" {
		return fmt.Errorf("a figure to explore needs a title, words, a control and a function that draws")
	}
	seen := map[string]bool{}
	for _, c := range idea.Controls {
		if c.Name == "" || c.Label == "" || seen[c.Name] {
			return fmt.Errorf("control %q: a name of its own and a label are expected", c.Name)
		}
		seen[c.Name] = true
		if !(c.Min < c.Max) || !(c.Step > 0) || !(c.Min <= c.Start && c.Start <= c.Max) {
			return fmt.Errorf("control %q goes from %g to %g by %g and starts at %g: the start between the ends and a step above 0 are expected",
				c.Name, c.Min, c.Max, c.Step, c.Start)
		}
		if n := c.Max - c.Min + 1; len(c.Names) > 0 && (c.Step != 1 || float64(len(c.Names)) != n) {
			return fmt.Errorf("control %q has %d names: one for each of the %g values, by steps of 1, is expected", c.Name, len(c.Names), n)
		}
	}
	return nil
}

// At draws the figure at the given values; controls that are not among them stand where they
// start. A value outside of its control's range, or of no control, is an error.
func (idea *Idea) At(values map[string]float64) (View, error) {
	all := map[string]float64{}
	for _, c := range idea.Controls {
		v, given := values[c.Name]
		if !given {
			v = c.Start
		}
		if slack := 1e-9 * cmp.Or(math.Abs(c.Max-c.Min), 1); !(v >= c.Min-slack && v <= c.Max+slack) {
			return View{}, fmt.Errorf("%s = %g: from %g to %g is expected", c.Name, v, c.Min, c.Max)
		}
		all[c.Name] = min(max(v, c.Min), c.Max)
	}
	var strange []string
	for name := range values {
		if _, known := all[name]; !known {
			strange = append(strange, name)
		}
	}
	if len(strange) > 0 {
		slices.Sort(strange)
		return View{}, fmt.Errorf("no control is called %s", strings.Join(strange, ", "))
	}
	return idea.Draw(all)
}

// Corners are the start and all combinations of ends of the controls, where a function that draws
// is most likely to fail: 1 + 2^n values for n controls.
func (idea *Idea) Corners() []map[string]float64 {
	all := []map[string]float64{{}}
	for k := range 1 << len(idea.Controls) {
		at := map[string]float64{}
		for i, c := range idea.Controls {
			at[c.Name] = []float64{c.Min, c.Max}[k>>i&1]
		}
		all = append(all, at)
	}
	return all
}
