// Package explore is the figure of the paper that a reader moves: the class means as the imbalance grows.
package explore

import (
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/contrastive"
	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// Idea returns the figure.
func Idea() *explore.Idea {
	return &explore.Idea{
		Title: "Turn the imbalance",
		Words: "Turn the imbalance: at 1 the means of all classes are equally far apart. As majorities grow they spread, minorities move together, and at a finite ratio, which the temperature decides, the minorities have one and the same mean.",
		Controls: []explore.Control{
			{Name: "ratio", Label: "imbalance ratio (log₁₀)", Min: 0, Max: 4, Step: 0.05, Start: 1},
			{Name: "tau", Label: "temperature $\\tau$", Min: 0.05, Max: 1, Step: 0.05, Start: 0.5},
			{Name: "k1", Label: "majority classes", Min: 1, Max: 6, Step: 1, Start: 2},
			{Name: "k2", Label: "minority classes", Min: 1, Max: 6, Step: 1, Start: 2},
		},
		Draw: draw,
	}
}

const least = 10 // samples of a minority class

func step(ratio, tau float64, k1, k2 int) contrastive.Step {
	return contrastive.Step{R: 1 / tau, K1: k1, K2: k2, Major: least * ratio, Minor: least}
}

// cosines are those of two majorities, of a majority and a minority, and of two minorities, at the ratios r.
type cosines struct{ r, cosine [3][]float64 }

// setting is all that curves depend on: the ratio, which is dragged most, moves along them.
type setting struct {
	tau    float64
	k1, k2 int
}

var last explore.Last[setting, cosines]

func (s setting) curves() (c cosines, err error) {
	for i := range 33 {
		r := math.Pow(10, float64(i)/8)
		at, err := step(r, s.tau, s.k1, s.k2).Solve()
		if err != nil {
			return c, err
		}
		for k, cosine := range []float64{at.Alpha, at.Beta, at.Gamma} {
			if !math.IsNaN(cosine) {
				c.r[k], c.cosine[k] = append(c.r[k], r), append(c.cosine[k], cosine)
			}
		}
	}
	return c, nil
}

func draw(v map[string]float64) (explore.View, error) {
	k1, k2, tau := int(v["k1"]), int(v["k2"]), v["tau"]
	ratio := math.Pow(10, v["ratio"])
	here, err := step(ratio, tau, k1, k2).Solve()
	if err != nil {
		return explore.View{}, err
	}
	names := []string{"two majorities", "majority and minority", "two minorities"}
	at := setting{tau, k1, k2}
	curves, err := last.Of(at, at.curves)
	if err != nil {
		return explore.View{}, err
	}
	panel := figure.Panel{X: figure.Axis{Name: "imbalance ratio", Log: true}, Y: figure.Axis{Name: "cosine of two class means", Min: figure.At(-1), Max: figure.At(1.05)},
		Marks: []figure.Mark{figure.VLine(ratio, "here")}}
	facts := []explore.Fact{explore.Number("ratio", ratio)}
	for k, cosine := range []float64{here.Alpha, here.Beta, here.Gamma} {
		if math.IsNaN(cosine) {
			continue
		}
		panel.Series = append(panel.Series, figure.Line(names[k], curves.r[k], curves.cosine[k]).In(k+1),
			figure.Points(names[k], []float64{ratio}, []float64{cosine}).In(k+1).Sized(11).Unlisted())
		facts = append(facts, explore.Number("cosine of "+names[k], cosine))
	}
	if k2 > 1 {
		facts = append(facts, explore.Fact{Name: "minorities share a mean", Value: fmt.Sprint(map[bool]string{true: "yes", false: "no"}[here.Merged])})
	}
	return explore.View{Facts: facts, Figure: figure.Figure{ID: "explore",
		Caption: "Cosines of the class means at the minimum of the supervised contrastive loss, with $k_1$ classes of $10R$ samples and $k_2$ of 10, against the ratio $R$.",
		Alt:     "Three curves of cosines against the imbalance ratio on a logarithmic axis: they start together; that of two minorities rises to one and stays there, that of two majorities falls.",
		Panels:  []figure.Panel{panel}}}, nil
}
