package study

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// invented is an outcome as an experiment returns it, with numbers of no meaning.
func invented(name string) Outcome {
	o := Outcome{Task: "genre", Name: name, Base: 0.85, Zero: 0.55, MeanAbs: 5e-3}
	for i := range 12 {
		kind := []string{"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense", "output.dense"}[i%6]
		o.Layers = append(o.Layers, Layer{fmt.Sprintf("encoder.layer.%d.%s.weight", i/6, kind), 129, 5 + 10*float64(i)})
	}
	rng := random.Stream(1, "invented")
	o.Rows = [][]float64{Targets(rng, 50), Targets(rng, 50)}
	for _, p := range []float64{0.9, 0.97, 0.99, 0.997} {
		at := AtRate{P: p, Qv: 4 * (1 - p), Qe: 3 * (1 - p), Magnitude: 0.7, Wanda: 0.7}
		for _, list := range []*[]float64{&at.Dare, &at.ByScore, &at.ByHead, &at.PerLayer, &at.ByEta, &at.Counted} {
			*list = []float64{0.55 + 0.3*math.Pow(1-p, 0.2), 0.5 + 0.3*math.Pow(1-p, 0.2)}
		}
		for _, q := range Geometric(1-p, 1, 8) {
			at.Grid = append(at.Grid, Tried{q, 0.7, math.Abs(math.Log(q/at.Qe)) + 1})
		}
		o.Rates = append(o.Rates, at)
	}
	o.Found = []Found{{"q_e, searched", 0.99, 0.04, 30, []float64{0.6, 0.7}}, {"by rows", 0.997, 0.1, 5, []float64{0.5, 0.6}}}
	return o
}

// Every figure can be drawn, and every table has rows of its head's length. With DAREX_FIGURES
// the pictures go to that folder.
func TestFigures(t *testing.T) {
	one, two := invented("genre, Adam"), invented("genre, AdamR-L2, λ = 0.1")
	r := Runs{Genre: []Outcome{one, two}, Decayed: []Outcome{two}, LoRA: []Outcome{one}, Accept: []Outcome{one}, Merged: []Merged{{0, 1, [2]float64{0.7, 0.6}}, {0.9, 0.1, [2]float64{0.6, 0.5}}}}
	widths := []Series{{Pretraining: encoder.Pretraining{Dim: 32}}, {Pretraining: encoder.Pretraining{Dim: 64}}}
	for _, f := range []figure.Figure{
		IdeaFigure([]float64{0.999, 0.99, 0.9}, 0.05), KearnsFigure([]float64{0.6, 0.9}), ConstantsFigure(200, 0.05),
		CurveFigure(one, 0.99), RateFigure(r.Shown()), LayerFigure(one, 0.99), FailureFigure(r.Shown()),
		CoverageFigure(Covered(random.Stream(1, "covered"), one.Rows, 0.99, 100), 0.99),
		WidthFigure(widths, []Results{{Outcomes: []Outcome{one, two}}, {Outcomes: []Outcome{two, one}}}),
	} {
		svg, err := f.SVG()
		if err != nil {
			t.Errorf("%s: %v", f.ID, err)
			continue
		}
		if dir := os.Getenv("DAREX_FIGURES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, f.ID+".svg"), []byte(svg), 0o644); err != nil {
				t.Error(err)
			}
		}
	}
	for name, table := range map[string]struct {
		head []string
		rows [][]string
	}{"rates": {RateHead, RateRows(r.All())}, "merging": {MergeHead, MergeRows(r.Merged)}, "chart": {ChartHead, Chart(r)}, "counter": {CounterHead, CounterRows()}, "found": {FoundHead, FoundRows(one)}} {
		for _, row := range table.rows {
			if len(row) != len(table.head) {
				t.Errorf("a row of %s has %d cells, its head %d", name, len(row), len(table.head))
			}
		}
	}
}

// Gains are means over outcomes first, and the largest over rates then.
func TestGains(t *testing.T) {
	at := func(p, dare, q float64) AtRate {
		return AtRate{P: p, Dare: []float64{dare, dare}, ByHead: []float64{q, q + 0.02}}
	}
	list := []Outcome{{Rates: []AtRate{at(0.9, 0.8, 0.8), at(0.99, 0.5, 0.6), at(0.999, 0.5, 0.5)}}, {Rates: []AtRate{at(0.9, 0.8, 0.7), at(0.99, 0.5, 0.4), at(0.999, 0.5, 0.54)}}}
	extreme, early := Gains(list)
	if math.Abs(extreme-0.03) > 1e-12 || math.Abs(early+0.04) > 1e-12 {
		t.Errorf("gains %v and %v, want .03 at p = .999 and -.04 at .9", extreme, early)
	}
}

// Half of the gain lies between two rates, on a logarithmic scale.
func TestHalf(t *testing.T) {
	o := Outcome{Base: 1, Zero: 0, Rates: []AtRate{{P: 0.9, Dare: []float64{0.75}}, {P: 0.99, Dare: []float64{0.25}}}}
	if got := o.Half(); math.Abs(got-math.Sqrt(0.1*0.01)) > 1e-12 {
		t.Errorf("half of the gain is kept at %v, want the geometric mean of .1 and .01", got)
	}
	o.Rates[0].Dare[0] = 0.25
	if got := o.Half(); math.Abs(got-0.1) > 1e-12 {
		t.Errorf("half of the gain is lost at the first rate; got %v", got)
	}
}
