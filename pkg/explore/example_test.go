package explore_test

import (
	"fmt"
	"log"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// Gradient descent on x²/2 with the step in the reader's hand: the page draws At(values) for
// the values of its sliders.
func ExampleIdea_At() {
	idea := explore.Idea{
		Title: "A step of descent", Words: "Above 2 the distance grows.",
		Controls: []explore.Control{{Name: "step", Label: "$\\eta$", Min: 0.1, Max: 2.5, Step: 0.1, Start: 0.5}},
		Draw: func(v map[string]float64) (explore.View, error) {
			var k, distance []float64
			for i := range 11 {
				k, distance = append(k, float64(i)), append(distance, math.Pow(math.Abs(1-v["step"]), float64(i)))
			}
			return explore.View{
				Figure: figure.Figure{ID: "descent", Caption: "Distances from the minimum.", Alt: "A curve that falls.",
					Panels: []figure.Panel{{Series: []figure.Series{figure.Line("$|x_k|$", k, distance)}}}},
				Facts: []explore.Fact{explore.Number("distance after ten steps", distance[10])},
			}, nil
		},
	}
	if err := idea.Validate(); err != nil {
		log.Fatal(err)
	}
	for _, step := range []float64{0.5, 2.5} {
		view, err := idea.At(map[string]float64{"step": step})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(step, view.Facts[0].Name, view.Facts[0].Value)
	}
	_, err := idea.At(map[string]float64{"step": 3})
	fmt.Println(err)
	// Output:
	// 0.5 distance after ten steps 0.0009766
	// 2.5 distance after ten steps 57.67
	// step = 3: from 0.1 to 2.5 is expected
}
