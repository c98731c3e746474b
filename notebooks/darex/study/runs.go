package study

import (
	"fmt"

	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// Runs are the fine-tunings of the page.
type Runs struct {
	Genre   []Outcome // Adam, two seeds
	Decayed []Outcome // AdamR-L2
	LoRA    []Outcome
	Accept  []Outcome // Adam
	Merged  []Merged  // genre and accept
	Loss    float64   // of the masked language model on validation sentences, nats
}

// Run carries out the fine-tunings once in a run of the notebook.
func Run(cell *notebook.Cell, s Sizes) (r Runs) {
	seed := cell.Seed()
	lora := s.plan("genre", encoder.Adam(s.Tune, 3e-3, seed))
	lora.Rank, lora.Alpha = 8, 16
	series := Series{Pretraining: encoder.Pretraining{Dim: s.Dim, Steps: s.Pretrain, Seed: PretrainingSeed}, Backend: cell.Backend(), Plans: []Plan{
		s.plan("genre", encoder.Adam(s.Tune, 1e-3, seed)),
		s.plan("genre", encoder.Adam(s.Tune, 1e-3, seed+1_000_000)),
		s.plan("genre", encoder.AdamR(s.Tune, 1e-3, 0.1, false, seed)),
		lora,
		s.plan("accept", encoder.Adam(s.Tune, 1e-3, seed)),
	}, Merge: []int{0, 4}, Scale: 0.5, Rates: []float64{0.9, 0.97}}
	all := notebook.KeepContext(cell, "experiments", series, Experiments)
	o := all.Outcomes
	return Runs{Genre: o[:2], Decayed: o[2:3], LoRA: o[3:4], Accept: o[4:5], Merged: all.Merged, Loss: all.Loss}
}

// All are all outcomes.
func (r Runs) All() (all []Outcome) {
	for _, list := range [][]Outcome{r.Genre, r.Decayed, r.LoRA, r.Accept} {
		all = append(all, list...)
	}
	return all
}

// Shown are the outcomes of the figures.
func (r Runs) Shown() []Outcome { return []Outcome{r.Genre[0], r.Decayed[0], r.LoRA[0], r.Accept[0]} }

// MeanScore is the mean of scores at p over outcomes and masks.
func MeanScore(list []Outcome, p float64, scores func(at AtRate) []float64) float64 {
	sum := 0.0
	for _, o := range list {
		sum += stat.Mean(scores(o.At(p)), nil) / float64(len(list))
	}
	return sum
}

// MeanBase is the mean score of what was not pruned.
func MeanBase(list []Outcome) float64 {
	sum := 0.0
	for _, o := range list {
		sum += o.Base / float64(len(list))
	}
	return sum
}

// MergeHead is the head of [MergeRows].
var MergeHead = []string{"pruned", "genre", "accept"}

// MergeRows are the scores of two deltas that were added.
func MergeRows(all []Merged) (rows [][]string) {
	for _, m := range all {
		name := "not at all"
		if m.P > 0 {
			name = fmt.Sprintf("p = %g, q = %.3g", m.P, m.Q)
		}
		rows = append(rows, []string{name, fmt.Sprintf("%.3f", m.Scores[0]), fmt.Sprintf("%.3f", m.Scores[1])})
	}
	return rows
}

// ChartHead is the head of [Chart].
var ChartHead = []string{"fine-tuning may be changed", "what there is", "the paper's advice", "numbers of this page"}

// Chart is the paper's chart of decisions with what supports each branch here.
func Chart(r Runs) [][]string {
	dare, qv, qe := Methods[0], Methods[1], Methods[2]
	at := func(o Outcome, p float64, m Method) string { return fmt.Sprintf("%s %.3f", m.Name, m.Mean(o.At(p))) }
	g, a, d := r.Genre[0], r.Accept[0], r.Decayed[0]
	return [][]string{
		{"no", "a moderate rate", "DARE", fmt.Sprintf("genre, p = 0.9: %s of %.3f unpruned", at(g, 0.9, dare), g.Base)},
		{"no", "an extreme rate, labels", "DAREx-q_v", fmt.Sprintf("genre, p = 0.99: %s, %s, no delta %.3f", at(g, 0.99, dare), at(g, 0.99, qv), g.Zero)},
		{"no", "an extreme rate, no labels", "DAREx-q_e (encoders: a divisor for each layer)", fmt.Sprintf("genre, p = 0.99: %s, %s", at(g, 0.99, qe), at(g, 0.99, Methods[3]))},
		{"no", "a large delta", "magnitude, WANDA", fmt.Sprintf("accept, p = 0.97: %s, %s, %s", at(a, 0.97, dare), at(a, 0.97, qe), at(a, 0.97, Methods[4]))},
		{"yes", "any rate", "AdamR-L2, then DARE or DAREx-q_v", fmt.Sprintf("genre, p = 0.99: %s of %.3f unpruned, %s", at(d, 0.99, dare), d.Base, at(d, 0.99, qv))},
	}
}
