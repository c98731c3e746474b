package explore

import (
	"fmt"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/explore/exploretest"
	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

func TestCornersAreDrawn(t *testing.T) { exploretest.Corners(t, Idea()) }

// A step is what I − (2ηa/m)H does to each neuron; the figure's network takes it, batch by batch.
func TestStepsAreGradientDescent(t *testing.T) {
	rng := random.Stream(1, "explore")
	q, err := generalization.NewQuadratic(8, width, rng)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		batch, err := generalization.XOR(60, 8, rng)
		if err != nil {
			t.Fatal(err)
		}
		q.StepBy(q.Moment(batch), 0.5*width)
	}
	view, err := Idea().At(map[string]float64{"d": 8, "n": 60, "t": 3, "eta": 0.5})
	plus, _, _ := q.Signals(1)
	if err != nil || view.Facts[1].Value != fmt.Sprintf("%.4g", plus) {
		t.Errorf("%v, %v, want %.4g", view.Facts, err, plus)
	}
}
