// Package explore is the figure of the paper that a reader moves: three contexts of the plane and the decoder that gradient
// descent turns to.
package explore

import (
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/ntp"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Idea returns the figure.
func Idea() *explore.Idea {
	angle := func(name, label string, start float64) explore.Control {
		return explore.Control{Name: name, Label: label, Min: start - 80, Max: start + 80, Step: 1, Start: start}
	}
	return &explore.Idea{
		Title: "Move the contexts",
		Words: "Move the embeddings of the three contexts: the rows of the max-margin decoder follow, long where two contexts that share a word are far apart, and gradient descent's direction with them. Once the origin leaves the triangle of the contexts there is no decoder with margins at all.",
		Controls: []explore.Control{
			angle("A", "angle of A, degrees", ntp.ToyAngles[0]), angle("B", "angle of B, degrees", ntp.ToyAngles[1]), angle("C", "angle of C, degrees", ntp.ToyAngles[2]),
			{Name: "r", Label: "length of A", Min: 0.5, Max: 2, Step: 0.05, Start: ntp.ToyRadii[0]},
			{Name: "steps", Label: "steps of gradient descent", Min: 0, Max: 300, Step: 10, Start: 100},
		},
		Draw: draw,
	}
}

// Contexts is the toy with its contexts at the given angles.
func Contexts(v map[string]float64) (*ntp.Instance, error) {
	return ntp.Toy([3]float64{v["A"], v["B"], v["C"]}, [3]float64{v["r"], ntp.ToyRadii[1], ntp.ToyRadii[2]}, random.Stream(1, "explore"))
}

// Descended is gradient descent from zero with steps of 1/smoothness, at which the loss must fall.
func Descended(in *ntp.Instance, steps int) *mat.Dense {
	W, eta := in.Zero(), 1/in.Smoothness()
	for range steps {
		W = matrix.Add(W, -eta, in.Gradient(W))
	}
	return W
}

func draw(v map[string]float64) (explore.View, error) {
	in, err := Contexts(v)
	if err != nil {
		return explore.View{}, err
	}
	W := Descended(in, int(v["steps"]))
	panel := figure.Panel{Equal: true, Ratio: 1.5,
		X: figure.Axis{Name: "first coordinate", Min: figure.At(-4.5), Max: figure.At(4.5)}, Y: figure.Axis{Name: "second coordinate", Min: figure.At(-3), Max: figure.At(3)}}
	rows := func(name string, A *mat.Dense, slot int, tags ...string) {
		panel.Series = append(panel.Series, figure.Arrows(name, mat.Col(nil, 0, A), mat.Col(nil, 1, A)).In(slot).Tagged(tags...))
	}
	facts := []explore.Fact{explore.Number("loss above its infimum, nats", in.Excess(W))}
	b, err := in.Bias()
	switch {
	case errors.Is(err, ntp.ErrNotSeparable):
		facts = append(facts, explore.Fact{Name: "W^mm", Value: "none: no decoder has all margins"})
		rows("rows of the decoder, after gradient descent", W, 1)
	case err != nil:
		return explore.View{}, err
	default:
		rows("rows of W^mm", b.Wmm, 2, "w₁ = w₅", "w₂", "w₃", "w₄", "")
		if n := matrix.Norm(W); n > 0 {
			rows("gradient descent, scaled to the same norm", matrix.Add(W, matrix.Norm(b.Wmm)/n-1, W), 1)
		}
		facts = append(facts, explore.Number("norm of W^mm", matrix.Norm(b.Wmm)), explore.Number("least margin of W^mm", in.MinMargin(b.Wmm)),
			explore.Number("least margin of gradient descent", in.MinMargin(W)), explore.Fact{Name: "cosine of gradient descent and W^mm", Value: cosine(b, W)})
	}
	panel.Series = append(panel.Series, figure.Points("contexts", in.H.RawRowView(0), in.H.RawRowView(1)).Tagged("A", "B", "C").In(figure.Ink).Sized(12))
	return explore.View{Facts: facts, Figure: figure.Figure{ID: "explore",
		Caption: "Embeddings of three contexts, and the rows of the decoder $W^{\\mathrm{mm}}$ for five words: 2, 3 and 4 follow A, 1, 2 and 5 follow B, 1, 4 and 5 follow C.",
		Alt:     "Three points A, B and C of the plane and arrows from the origin, the rows of the max-margin decoder and those of gradient descent; they move with the points.",
		Panels:  []figure.Panel{panel}}}, nil
}

func cosine(b *ntp.Bias, W *mat.Dense) string {
	if matrix.Norm(W) == 0 {
		return "none yet"
	}
	return fmt.Sprintf("%.4f", b.Corr(W))
}
