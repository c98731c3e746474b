package figure_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// A figure is one value; without a kernel it is an SVG, in a notebook a live chart as well.
func ExampleFigure() {
	steps := []float64{1, 10, 100, 1000}
	f := figure.Figure{
		ID: "descent", Title: "Gradient descent", Caption: "The loss falls like 1/k.", Alt: "A falling line on log-log axes.",
		Panels: []figure.Panel{{
			X: figure.Axis{Name: "step k", Log: true}, Y: figure.Axis{Name: "loss", Log: true},
			Series: []figure.Series{figure.Line("loss", steps, []float64{0.5, 0.05, 0.005, 0.0005})},
			Marks:  []figure.Mark{figure.Guide("1/k", 1, 1000, 1, -1)},
		}},
	}
	svg, err := f.SVG()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.HasPrefix(svg, "<svg"), strings.Contains(svg, "step k"))
	f.Panels[0].Series[0].Y = nil
	_, err = f.SVG()
	fmt.Println(err != nil)
	// Output:
	// true true
	// true
}
