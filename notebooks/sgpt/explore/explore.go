// Package explore is the figure of the paper that a reader moves: which prompt a sample picks, by its query, the keys and how
// often prompts were picked before.
package explore

import (
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/federated"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// Idea returns the figure.
func Idea() *explore.Idea {
	angle := func(name, label string, start float64) explore.Control {
		return explore.Control{Name: name, Label: label, Min: 0, Max: 90, Step: 1, Start: start}
	}
	return &explore.Idea{
		Title: "Which prompt a sample picks",
		Words: "Move the feature of a sample: its query is what is positive of it, and at test time the prompt of the nearest key is picked. In training the distance is multiplied by how often a prompt was picked before: let the first prompt have had nearly all, and only samples very near its key still pick it; let it have had none, and it gets nearly everybody.",
		Controls: []explore.Control{
			{Name: "feature", Label: "angle of the feature, degrees", Min: -80, Max: 170, Step: 1, Start: 22},
			angle("k1", "angle of key 1, degrees", 15), angle("k2", "angle of key 2, degrees", 45), angle("k3", "angle of key 3, degrees", 75),
			{Name: "share", Label: "earlier picks of prompt 1, %", Min: 0, Max: 100, Step: 1, Start: 80},
			{Name: "when", Label: "when", Min: 0, Max: 1, Step: 1, Start: 1, Names: []string{"test: no factor", "training: with the factor"}},
		},
		Draw: draw,
	}
}

const (
	prompts   = 3
	earlier   = 200 // picks before this one, all prompts together
	quarter   = 90  // queries have no negative entry: their directions, degrees
	shortened = 0.75
)

// at is a vector of the plane.
func at(degrees, length float64) []float32 {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return []float32{float32(length * cos), float32(length * sin)}
}

// Query is what is asked for a feature at an angle, in degrees.
func Query(degrees float64) []float32 { return federated.Normalise(at(degrees, 1), 2) }

// Keys are those of the three prompts. They are shorter than queries, which no choice depends on.
func Keys(v map[string]float64) (keys []float32) {
	for g := range prompts {
		keys = append(keys, at(v[fmt.Sprint("k", g+1)], shortened)...)
	}
	return keys
}

// Counts are earlier picks of the three prompts: a share, in per cent, of the first, and equally many of the others.
func Counts(percent float64) []int {
	first := earlier / 100 * int(math.Round(percent))
	return []int{first, (earlier - first) / 2, (earlier - first) / 2}
}

func draw(v map[string]float64) (explore.View, error) {
	keys, query := Keys(v), Query(v["feature"])
	var factor []float64
	if v["when"] == 1 {
		factor = federated.Factor(Counts(v["share"]))
	}
	var all []float32 // a query of every direction
	for a := range quarter + 1 {
		all = append(all, Query(float64(a))...)
	}
	picks, cosines := federated.Select(all, keys, 2, factor), federated.Cosines(all, keys, 2)
	pick, near := federated.Select(query, keys, 2, factor)[0], federated.Cosines(query, keys, 2)
	direction := math.Atan2(float64(query[1]), float64(query[0])) * 180 / math.Pi

	plane := figure.Panel{Title: "queries and keys", Equal: true, Ratio: 1,
		X: figure.Axis{Name: "first coordinate", Min: figure.At(-0.1), Max: figure.At(1.2)}, Y: figure.Axis{Name: "second coordinate", Min: figure.At(-0.1), Max: figure.At(1.2)}}
	curves := figure.Panel{Title: "picked is not always nearest", Ratio: 1.2,
		X: figure.Axis{Name: "angle of the query, degrees", Min: figure.At(0), Max: figure.At(quarter)}, Y: figure.Axis{Name: "cosine of query and key"},
		Marks: []figure.Mark{figure.VLine(direction, "query")}}
	facts := []explore.Fact{{Name: "picked prompt", Value: fmt.Sprint(pick + 1)}}
	total := make([]int, prompts)
	for g := range prompts {
		var x, y, cosine, angle, picked []float64
		for a, p := range picks {
			cosine = append(cosine, cosines[a*prompts+g])
			if p == g {
				total[g]++
				x, y = append(x, float64(all[2*a])), append(y, float64(all[2*a+1]))
				angle, picked = append(angle, float64(a)), append(picked, cosines[a*prompts+g])
			}
		}
		key := fmt.Sprintf("key %d", g+1)
		plane.Series = append(plane.Series, figure.Arrows(key, []float64{float64(keys[2*g])}, []float64{float64(keys[2*g+1])}).In(g+1).Tagged(key))
		curves.Series = append(curves.Series, figure.Line(key, degrees(), cosine).In(g+1).Dashed(g+1))
		if total[g] > 0 {
			name := fmt.Sprintf("queries that pick prompt %d", g+1)
			plane.Series = append(plane.Series, figure.Points(name, x, y).In(g+1).As(symbols[g]).Sized(7))
			curves.Series = append(curves.Series, figure.Points(name, angle, picked).In(g+1).As(symbols[g]).Sized(7))
		}
		facts = append(facts, explore.Fact{Name: fmt.Sprintf("cosine, factor of key %d", g+1), Value: fmt.Sprintf("%.4g, %s", near[g], written(factor, g))})
	}
	plane.Series = append(plane.Series, figure.Arrows("query", []float64{float64(query[0])}, []float64{float64(query[1])}).In(figure.Ink).Sized(3))
	facts = append(facts, explore.Fact{Name: "picks of a query of each degree", Value: fmt.Sprintf("%d, %d, %d", total[0], total[1], total[2])},
		explore.Number("their entropy, of ln 3", federated.Entropy(total)))
	return explore.View{Facts: facts, Figure: figure.Figure{ID: "explore",
		Caption: "Three keys in the plane and a query of each direction of the quarter in which queries lie, by the prompt that it picks, $\\mathrm{argmin}_g\\,(1-\\cos(q,k_g))\\,f_g$. Left: the plane; right: the cosines, with those of the picked keys as points.",
		Alt:     "Left, three arrows for keys, one for a query, and an arc of points for queries by the prompt that they pick; right, the cosine of each key against the angle of the query, with points on the curve of the key that is picked.",
		Panels:  []figure.Panel{plane, curves}}}, nil
}

var symbols = [prompts]string{"circle", "square", "triangle"}

func degrees() (x []float64) {
	for a := range quarter + 1 {
		x = append(x, float64(a))
	}
	return x
}

func written(factor []float64, g int) string {
	if factor == nil {
		return "none"
	}
	return fmt.Sprintf("%.4g", factor[g])
}
