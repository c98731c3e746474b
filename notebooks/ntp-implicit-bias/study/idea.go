package study

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/ntp"
)

// Path is gradient descent on a small instance, followed at log-spaced steps.
type Path struct {
	K    []float64
	Far  []float64   // component along W^mm, in units of ‖W^mm‖
	Off  []float64   // signed error on F along the direction in which the path was started
	Prob [][]float64 // of every word after the first context
}

// Descend follows gradient descent from W0 for the given number of steps, in plain Go.
func Descend(b *ntp.Bias, W0, along *mat.Dense, eta float64, steps int) Path {
	var p Path
	W, next := mat.DenseCopyOf(W0), 1.0
	record := func(k int) {
		p.K = append(p.K, float64(k))
		p.Far = append(p.Far, matrix.Inner(W, b.Wmm)/matrix.Inner(b.Wmm, b.Wmm))
		p.Off = append(p.Off, matrix.Inner(matrix.Add(b.F.Project(W), -1, b.Wstar), along))
		p.Prob = append(p.Prob, mat.Col(nil, 0, b.In.Probabilities(W)))
	}
	record(0)
	for k := 1; k <= steps; k++ {
		W = matrix.Add(W, -eta, b.In.Gradient(W))
		if float64(k) >= next {
			record(k)
			next = math.Max(next+1, next*1.3)
		}
	}
	return p
}

// Idea is IdeaFigure of the toy.
func Idea(seed uint64, rng *rand.Rand) (figure.Figure, error) {
	toy, err := Instance(ToyData(ntp.ToyAngles, ntp.ToyRadii, seed))
	if err != nil {
		return figure.Figure{}, err
	}
	return IdeaFigure(toy, rng), nil
}

// IdeaFigure is the theorem as a picture, on the toy: paths of gradient descent in the plane of
// growth and error on F, and the probabilities after one context.
func IdeaFigure(b *ntp.Bias, rng *rand.Rand) figure.Figure {
	along := matrix.Unit(b.F.Project(b.In.Start(rng)))
	plane := figure.Panel{Title: "four starts, one ray", Ratio: 1.2,
		X:     figure.Axis{Name: "length along the max-margin direction"},
		Y:     figure.Axis{Name: "error of the finite part"},
		Marks: []figure.Mark{figure.HLine(0, "the ray")}}
	for i, off := range []float64{-2, -1, 1, 2} {
		start := matrix.Add(matrix.Add(b.Wstar, off, along), -0.5+float64(i%2), b.Wmm)
		p := Descend(b, start, along, 0.5, 20000)
		line := figure.Line("gradient descent", p.Far, p.Off).In(1)
		if i > 0 {
			line = line.Unlisted()
		}
		plane.Series = append(plane.Series, line,
			figure.Points("start", p.Far[:1], p.Off[:1]).In(figure.Ink).Sized(7).Unlisted())
	}
	p := Descend(b, b.In.Zero(), along, 0.5, 20000)
	words := figure.Panel{Title: "words after context A", Ratio: 1.2,
		X: figure.Axis{Name: "step", Log: true}, Y: figure.Axis{Name: "probability", Log: true}}
	listed := map[bool]bool{}
	for z := range b.In.Words {
		var x, y []float64
		for i, k := range p.K[1:] {
			x, y = append(x, k), append(y, p.Prob[i+1][z])
		}
		name, slot, dash := "word that never follows A", 2, 2
		follows := b.In.Follows(z, 0)
		if follows {
			name, slot, dash = "word that follows A", 3, 1
			f, end := b.In.P.At(z, 0), p.K[len(p.K)-1]
			level := figure.Line("its frequency", []float64{1, end}, []float64{f, f}).In(figure.Ink).Dashed(3)
			if listed[follows] {
				level = level.Unlisted()
			}
			words.Series = append(words.Series, level)
		}
		line := figure.Line(name, x, y).In(slot).Dashed(dash)
		if listed[follows] {
			line = line.Unlisted()
		}
		listed[follows] = true
		words.Series = append(words.Series, line)
	}
	return figure.Figure{ID: "idea", Title: "Odds settle, zeros are approached for ever", Panels: []figure.Panel{plane, words},
		Caption: "Three contexts of the plane, five words. Left: a curve is gradient descent from one start, seen by two numbers. Up, what the log-odds of words that can follow a context " +
			"still miss of those of the data, along one direction; this part becomes zero. Across, how far the decoder has gone along the max-margin direction, in multiples of the max-margin decoder; this part grows " +
			"for ever, ever more slowly. Right: the words that follow a context get their frequencies; those that never do vanish, like one over the step or faster.",
		Alt: "Left: four curves from different starting points that bend onto one horizontal ray to the right. Right: three " +
			"probabilities that become constant at the frequencies and two that fall along lines that become straight on logarithmic axes."}
}
