package study

import (
	"context"
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/federated"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// GroupsConfig asks for SGPT with several numbers of groups on the same federations.
type GroupsConfig struct {
	Groups  []int
	Feature FeatureConfig
}

// GroupSettings are those of the paper's scale.
func GroupSettings(seed uint64) GroupsConfig {
	c := LargeFeatureSettings(seed)
	c.Seeds, c.Methods, c.Once = 2, []string{"SGPT"}, nil
	return GroupsConfig{[]int{1, 2, 4, 8}, c}
}

// Grouped are the federations with one number of groups.
type Grouped struct {
	Groups int
	Federations
}

// RunGroups makes all of them.
func RunGroups(ctx context.Context, c GroupsConfig) (all []Grouped, err error) {
	for _, g := range c.Groups {
		c.Feature.Groups = g
		f, err := RunFeature(ctx, c.Feature)
		if err != nil {
			return nil, err
		}
		all = append(all, Grouped{g, f})
	}
	return all, nil
}

// GroupsHead is the head of [GroupsRows].
var GroupsHead = []string{"groups", "global, %", "worst client, %", "unseen clients, %", "entropy at test"}

// GroupsRows are means over federations.
func GroupsRows(all []Grouped) (rows [][]string) {
	for _, g := range all {
		row := []string{fmt.Sprint(g.Groups)}
		for _, what := range []string{"global", "worst", "unseen"} {
			row = append(row, fmt.Sprintf("%.1f", 100*Mean(g.Accuracy("SGPT", what))))
		}
		var entropy []float64
		for _, r := range g.Of("SGPT") {
			total := make([]int, g.Groups)
			for _, picks := range r.Outcome.Picks {
				for k, n := range picks {
					total[k] += n
				}
			}
			entropy = append(entropy, federated.Entropy(total))
		}
		rows = append(rows, append(row, claim.Plain(Mean(entropy), 2)))
	}
	return rows
}

// Compared says by how much the global accuracy of a method with groups differs from another's,
// on the mean with its standard error, on the worst clients, and on each federation beside the
// information of its clients about groups.
func (f Federations) Compared(method, other string) string {
	less := Difference(f.Accuracy(method, "global"), f.Accuracy(other, "global"))
	mean, off := MeanError(less)
	worst := Mean(Difference(f.Accuracy(method, "worst"), f.Accuracy(other, "worst")))
	text := fmt.Sprintf("%s less %s: %.1f ± %.1f points, worst client %.1f;", method, other, 100*mean, 100*off, 100*worst)
	for k, r := range f.Of(method) {
		if k >= len(less) {
			break
		}
		information, err := federated.Information(r.Outcome.Picks[:len(r.Names)])
		if err != nil {
			panic(err) // rows of one length are what a run has
		}
		text += fmt.Sprintf(" federation %d: %.1f points, %.2f nats;", k+1, 100*less[k], information)
	}
	return text[:len(text)-1]
}

// StagesFigure is the mean loss of the clients in the first and the last epoch of each stage,
// round by round.
func StagesFigure(r FederatedRun) figure.Figure {
	names := []string{"stage 1, first epoch", "stage 1, last epoch", "stage 2, first epoch", "stage 2, last epoch"}
	var x []float64
	y := make([][]float64, len(names))
	for round, losses := range r.Outcome.Losses {
		x = append(x, float64(round+1))
		half := len(losses) / 2
		for k, at := range []int{0, half - 1, half, len(losses) - 1} {
			y[k] = append(y[k], losses[at])
		}
	}
	var series []figure.Series
	for k, name := range names {
		series = append(series, figure.Line(name, x, y[k]))
	}
	return figure.Figure{ID: "stages", Title: "Two stages, round by round",
		Caption: "Mean cross-entropy of a stage's first and last epoch over the clients. Within a stage it falls; where a stage begins it stands where the server's average, or the other stage, has left it.",
		Alt:     "Four falling lines against rounds; in each stage the last epoch is below the first.",
		Panels:  []figure.Panel{{X: figure.Axis{Name: "round"}, Y: figure.Axis{Name: "cross-entropy, nats"}, Series: series}}}
}
