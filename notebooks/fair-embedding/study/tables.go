package study

import (
	"fmt"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/embedding"
)

// digits prints a number with so many digits behind the point, with a true minus.
func digits(x float64, n int) string {
	return strings.ReplaceAll(strings.TrimPrefix(fmt.Sprintf("%.*f", n, x), "+"), "-", "−")
}

// within prints an estimate with its error.
func within(e embedding.Estimate, n int) string {
	return digits(e.Mean, n) + " ± " + digits(e.Error, n)
}

// All are the rows with that of the original before them.
func (r Results) All() []Row { return append([]Row{r.Original}, r.Rows...) }

// BiasHead is the head of [BiasRows].
var BiasHead = []string{"", "gap", "relative gap", "d_m, d_f", "first closer", "posterior gap", "drift", "spread", "d/ρ"}

// BiasRows are the distances of an experiment.
func BiasRows(r Results) (rows [][]string) {
	for _, x := range r.All() {
		var d []string
		for _, v := range x.Distances {
			d = append(d, digits(v, 3))
		}
		rows = append(rows, []string{x.Name, within(x.Gap, 4), digits(x.Relative.Mean, 3), strings.Join(d, ", "), within(x.Closer, 2),
			digits(x.Posterior.Mean, 4), digits(x.Drift, 3), digits(x.Spread, 2), digits(x.OverRho, 2)})
	}
	return rows
}

// UseHead is the head of [UseRows].
var UseHead = []string{"", "attribute from f", "from f − n", "genre", "change, paired", "similarity", "occupations"}

// UseRows are what can be told from the vectors.
func UseRows(r Results) (rows [][]string) {
	for _, x := range r.All() {
		occupations := "–"
		if x.Occupations != nil {
			occupations = digits(x.OccupationMean, 3)
		}
		rows = append(rows, []string{x.Name, digits(x.Probe, 3), digits(x.ProbeRelative, 3), digits(x.Utility, 3), within(x.Change, 4), digits(x.Similarity, 3), occupations})
	}
	return rows
}

// LossHead is the head of [LossRows].
var LossHead = []string{"", "L_bias(f₀)", "step", "L", "L_bias", "L_rep", "L_bias(f₀)/β"}

// LossRows are the losses on all validation triples of what was fine-tuned.
func LossRows(r Results) (rows [][]string) {
	for _, x := range r.Rows {
		if x.Project {
			continue
		}
		bound := "–"
		if beta := x.Debiasing.Loss.Beta; beta > 0 {
			bound = digits(x.First.Bias/beta, 3)
		}
		rows = append(rows, []string{x.Name, digits(x.First.Bias, 4), fmt.Sprint(x.Step), digits(x.Chosen.Total, 4), digits(x.Chosen.Bias, 4), digits(x.Chosen.Rep, 3), bound})
	}
	return rows
}

// SeatHead is the head of [SeatRows].
func SeatHead(rows []Row) []string {
	head := []string{"test"}
	for _, x := range rows {
		head = append(head, x.Name, "p")
	}
	return head
}

// SeatRows are effects and one-sided p-values of the association tests under several embedders, of
// sentences or, if words, of single words.
func SeatRows(list []Row, words bool) (rows [][]string) {
	for i, w := range embedding.GenderTests {
		row := []string{w.Name}
		for _, x := range list {
			r := x.Seat
			if words {
				r = x.Weat
			}
			row = append(row, digits(r[i].Effect, 2), digits(r[i].P, 3))
		}
		rows = append(rows, row)
	}
	return rows
}

// KindHead is the head of [KindRows].
var KindHead = []string{"swapped", "triples", "male closer", "95 %"}

// KindRows are the kinds of triples.
func KindRows(r Results) (rows [][]string) {
	for _, k := range r.Kinds {
		rows = append(rows, []string{k.Name, fmt.Sprint(k.N), within(k.Closer, 2), digits(k.Closer.Low, 2) + " to " + digits(k.Closer.High, 2)})
	}
	return rows
}

// TripleHead is the head of [TripleRows].
func TripleHead(l embedding.Lists) []string {
	return append(append([]string{}, l.Groups...), "neutral")
}

// TripleRows are some triples with the swapped words set off.
func TripleRows(all []embedding.Triple) (rows [][]string) {
	for _, t := range all {
		var row []string
		for _, words := range t.Texts() {
			shown := append([]string{}, words...)
			for _, i := range t.Swapped {
				shown[i] = "**" + shown[i] + "**"
			}
			row = append(row, strings.Join(shown, " "))
		}
		rows = append(rows, row)
	}
	return rows
}

// PretrainingHead is the head of [PretrainingRows].
var PretrainingHead = []string{"pre-training seed", "male closer before", "after", "gap before", "gap after", "ratio"}

// PretrainingRows are experiments on several pre-trainings.
func PretrainingRows(list []Experiment, all []Results) (rows [][]string) {
	for i, r := range all {
		x := r.Rows[0]
		rows = append(rows, []string{fmt.Sprint(list[i].Pretraining.Seed), within(r.Original.Closer, 2), within(x.Closer, 2),
			within(r.Original.Gap, 3), within(x.Gap, 3), digits(r.Ratio(x), 2)})
	}
	return rows
}
