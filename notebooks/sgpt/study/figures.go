package study

import (
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// meanSeries is the mean over a method's runs of what is read from each, look by look.
func (f Federations) meanSeries(method string, read func(r FederatedRun) []float64) (rounds, mean []float64) {
	runs := f.Of(method)
	for _, r := range runs {
		for i, v := range read(r) {
			if i == len(mean) {
				mean, rounds = append(mean, 0), append(rounds, float64(r.Outcome.Rounds[i]))
			}
			mean[i] += 100 * v / float64(len(runs))
		}
	}
	return rounds, mean
}

// RoundsFigure shows global and worst accuracy against rounds, and the global one against what
// all clients have sent.
func (f Federations) RoundsFigure() figure.Figure {
	global := figure.Panel{Title: "all clients", X: figure.Axis{Name: "round"}, Y: figure.Axis{Name: "accuracy, %"}}
	worst := figure.Panel{Title: "worst client", X: figure.Axis{Name: "round"}, Y: figure.Axis{Name: "accuracy, %"}}
	bytes := figure.Panel{Title: "against what was sent", X: figure.Axis{Name: "MB up, all clients", Log: true}, Y: figure.Axis{Name: "accuracy, %"}}
	for k, name := range f.Methods() {
		runs := f.Of(name)
		if len(runs) < len(f.Of(f.Methods()[0])) {
			continue // of fewer federations: no mean to compare
		}
		x, y := f.meanSeries(name, func(r FederatedRun) []float64 { return r.Outcome.Global })
		global.Series = append(global.Series, figure.Line(name, x, y).In(k+1))
		_, w := f.meanSeries(name, func(r FederatedRun) []float64 { return r.Outcome.Worst })
		worst.Series = append(worst.Series, figure.Line(name, x, w).In(k+1))
		var sent, at []float64
		for i, r := range x {
			if mb := r * float64(runs[0].Outcome.Traffic.Up*len(runs[0].Names)) / 1e6; mb > 0 {
				sent, at = append(sent, mb), append(at, y[i])
			}
		}
		bytes.Series = append(bytes.Series, figure.Line(name, sent, at).In(k+1))
	}
	return figure.Figure{ID: "rounds", Title: "What prompts add to a head",
		Caption: fmt.Sprintf("Accuracy of the one global model, means over %d federations of four domains. Prompts reach further than a head; they also cost more to send.", len(f.Of(f.Methods()[0]))),
		Alt:     "Three panels of rising lines, a line for each method: accuracy on all clients and on the worst against rounds, and on all against megabytes.",
		Columns: 3, Panels: []figure.Panel{global, worst, bytes}}
}

// PicksFigure shows which groups the test pictures of clients pick, in a run with groups.
func PicksFigure(r FederatedRun) figure.Figure {
	names := append(append([]string(nil), r.Names...), r.Unseen...)
	values := make([][]float64, len(names))
	var groups []string
	for i, row := range r.Outcome.Picks {
		total := 0
		for _, n := range row {
			total += n
		}
		for g, n := range row {
			if i == 0 {
				groups = append(groups, fmt.Sprintf("group %d", g+1))
			}
			values[i] = append(values[i], float64(n)/float64(total))
		}
	}
	return figure.Figure{ID: "picks", Title: "Who picks which group",
		Caption: "Share of each client's test pictures that pick a group, each picture for itself and without knowing whose it is. The last rows are clients that were never trained on.",
		Alt:     "A table of coloured cells, clients in rows and groups in columns; clients of one domain have the same row.",
		Panels:  []figure.Panel{{X: figure.Axis{Name: "group"}, Y: figure.Axis{Name: "client"}, Heat: &figure.Heat{Rows: names, Cols: groups, Values: values, Scale: "share", Low: figure.At(0), High: figure.At(1), Print: true}}}}
}
