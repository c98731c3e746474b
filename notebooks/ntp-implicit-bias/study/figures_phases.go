package study

import (
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// SolvableFigure draws the fraction of compatible instances against equations over unknowns.
func SolvableFigure(sweeps []Sweep, all [][]Solvable) figure.Figure {
	p := figure.Panel{
		Ratio: 2.4,
		X:     figure.Axis{Name: "equations over unknowns, Σ(s_j − 1)/((V − 1)d)"},
		Y:     figure.Axis{Name: "fraction compatible", Min: figure.At(0), Max: figure.At(1.02)},
		Marks: []figure.Mark{figure.VLine(1, "border")},
	}
	for i, c := range sweeps {
		x, y := Fractions(all[i])
		p.Series = append(p.Series, figure.Line(fmt.Sprintf("V = %d, d = %d, s = %d", c.V, c.D, c.S), x, y).As("circle"))
	}
	return figure.Figure{ID: "solvable", Title: "How far the equations stay solvable below d = m", Panels: []figure.Panel{p},
		Caption: "All instances have fewer dimensions than contexts, d < m. The equations (4) are solvable almost up to as many equations " +
			"as unknowns, and never beyond (border). What fails sooner has a few words that share too many contexts; the larger the system, the fewer fail.",
		Alt: "Fraction of compatible random instances against the ratio of equations to unknowns, three curves that stay at " +
			"one for small ratios, fall before one and are zero beyond."}
}

// PhaseFigure draws the fraction of separable instances against d/m.
func PhaseFigure(x []float64, sizes []int, separable [][]float64, half []float64) figure.Figure {
	p := figure.Panel{
		Ratio: 2.4,
		X:     figure.Axis{Name: "d / m"},
		Y:     figure.Axis{Name: "fraction separable", Min: figure.At(0), Max: figure.At(1.02)},
		Marks: []figure.Mark{figure.VLine(1, "Lemma 1")},
	}
	for i, s := range sizes {
		p.Series = append(p.Series, figure.Line(fmt.Sprintf("s = %d", s), x, separable[i]).As("circle"))
	}
	last := len(sizes) - 1
	return figure.Figure{ID: "separability", Title: "How many dimensions separate", Panels: []figure.Panel{p},
		Caption: fmt.Sprintf("Lemma 1 guarantees separability from d = m on. Half of the instances are "+
			"separable at d = %.2f m already for single words, and at %.2f m for supports of %d words "+
			"out of eight, where some still fail just below d = m.", half[0], half[last], sizes[last]),
		Alt: "Fraction of separable random instances against d over m, for supports of one, " +
			"two, four and six words: four rising curves, later for larger supports, all at " +
			"one for d = m."}
}
