package study

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// Runs are the fine-tunings of the page.
type Runs struct {
	Genre   []Outcome // Adam, two seeds
	Decayed []Outcome // AdamR-L2
	LoRA    []Outcome
	Accept  []Outcome // Adam
	More    []Outcome // genre with AdamR-L1, pair and sim with Adam: at the paper's scale
	Merged  []Merged  // genre and accept
	Loss    float64   // of the masked language model on validation sentences, nats
}

// Run carries out the fine-tunings once in a run of the notebook.
func Run(cell *notebook.Cell, s Sizes) (r Runs) {
	seed := cell.Seed()
	lora := s.plan("genre", encoder.Adam(s.Tune, 3e-3, seed))
	lora.Rank, lora.Alpha = 8, 16
	series := Series{Pretraining: encoder.Pretraining{Dim: s.Dim, Steps: s.Pretrain, Seed: PretrainingSeed}, Plans: []Plan{
		s.plan("genre", encoder.Adam(s.Tune, 1e-3, seed)),
		s.plan("genre", encoder.Adam(s.Tune, 1e-3, seed+1_000_000)),
		s.plan("genre", encoder.AdamR(s.Tune, 1e-3, 0.1, false, seed)),
		lora,
		s.plan("accept", encoder.Adam(s.Tune, 1e-3, seed)),
	}, Merge: []int{0, 4}, Scale: 0.5, Rates: []float64{0.9, 0.97}}
	series.Plans[0].Searches = []float64{0.99, 0.997}
	if s.More {
		series.Plans = append(series.Plans, s.plan("genre", encoder.AdamR(s.Tune, 1e-3, 1e-3, true, seed)),
			s.plan("pair", encoder.Adam(s.Tune, 2e-3, seed)), s.plan("sim", encoder.Adam(s.Tune, 1e-3, seed)))
	}
	all := notebook.KeepContext(cell, "experiments", series, Experiments)
	o := all.Outcomes
	return Runs{Genre: o[:2], Decayed: o[2:3], LoRA: o[3:4], Accept: o[4:5], More: o[5:], Merged: all.Merged, Loss: all.Loss}
}

// All are all outcomes.
func (r Runs) All() (all []Outcome) {
	for _, list := range [][]Outcome{r.Genre, r.Decayed, r.LoRA, r.Accept, r.More} {
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
		{"no", "an extreme rate, labels", "DAREx-q_v", fmt.Sprintf("genre, p = 0.997: %s, %s, no delta %.3f", at(g, 0.997, dare), at(g, 0.997, qv), g.Zero)},
		{"no", "an extreme rate, no labels", "DAREx-q_e (encoders: a divisor for each layer)", fmt.Sprintf("genre, p = 0.997: %s, %s", at(g, 0.997, qe), at(g, 0.997, Methods[3]))},
		{"no", "a large delta", "magnitude, WANDA", fmt.Sprintf("accept, p = 0.9 (Δ is %s times that of genre): %s, %s, %s", claim.Plain(a.MeanAbs/g.MeanAbs, 2), at(a, 0.9, dare), at(a, 0.9, qe), at(a, 0.9, Methods[4]))},
		{"yes", "any rate", "AdamR-L2, then DARE or DAREx-q_v", fmt.Sprintf("genre, p = 0.99: %s of %.3f unpruned, %s", at(d, 0.99, dare), d.Base, at(d, 0.99, qv))},
	}
}

// MiniLM is the series on the published encoder: short texts of two tasks, at rates up to .999.
func MiniLM() Series {
	s := Series{MiniLM: true}
	for _, task := range []string{"genre", "accept"} {
		c := encoder.Adam(80, 3e-4, 1)
		c.Optimizer.Schedule.Warmup = 20
		s.Plans = append(s.Plans, Plan{Task: task, Tuning: c, TaskSeed: 1, Rates: []float64{0.9, 0.99, 0.999}, Grid: 6, Choose: 1, Masks: 3, Few: 1, Words: 12, Validation: 100, Test: 200})
	}
	return s
}

// Widths are series on encoders of growing width, with the same plan.
func Widths() (all []Series) {
	for _, dim := range []int{16, 32, 64, 128} {
		s := Series{Pretraining: encoder.Pretraining{Dim: dim, Steps: 600, Seed: PretrainingSeed}}
		for seed := range uint64(2) {
			s.Plans = append(s.Plans, Plan{Task: "genre", Tuning: encoder.Adam(300, 1e-3, seed), TaskSeed: 1,
				Rates: []float64{0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998}, Grid: 2, Choose: 1, Masks: 5, Validation: 100, Test: 400})
		}
		all = append(all, s)
	}
	return all
}

// ManyExperiments carries out several series.
func ManyExperiments(ctx context.Context, list []Series) (all []Results, err error) {
	for _, s := range list {
		r, err := Experiments(ctx, s)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// Half is the share 1 − p at which DARE keeps half of the gain of fine-tuning, between measured
// rates on a logarithmic scale; the least that was measured where it keeps more at all of them.
func (o Outcome) Half() float64 {
	for i, at := range o.Rates {
		kept := o.Kept(at.Dare)
		if kept >= 0.5 {
			continue
		}
		if i == 0 {
			return 1 - at.P
		}
		before := o.Rates[i-1]
		was := o.Kept(before.Dare)
		share := (was - 0.5) / (was - kept)
		return math.Exp(math.Log(1-before.P)*(1-share) + math.Log(1-at.P)*share)
	}
	return 1 - o.Rates[len(o.Rates)-1].P
}

// WidthFigure is the failure of DARE against the width of the encoder.
func WidthFigure(list []Series, all []Results) figure.Figure {
	var width, half, predicted []float64
	var x, y []float64
	for i, r := range all {
		d := float64(list[i].Pretraining.Dim)
		mean, kappa := 0.0, 0.0
		for _, o := range r.Outcomes {
			x, y = append(x, d), append(y, o.Half())
			mean += math.Log(o.Half()) / float64(len(r.Outcomes))
			kappa += 1 / o.Median() / float64(len(r.Outcomes))
		}
		width, half, predicted = append(width, d), append(half, math.Exp(mean)), append(predicted, kappa/(1+kappa))
	}
	return figure.Figure{ID: "width", Title: "Where DARE fails, against width",
		Caption: "The share of the delta that has to be kept so that DARE keeps half of what fine-tuning brought, for encoders of growing width (genre; dots are trainings), and the share 1/(1+κ) at which the predicted relative error of the median layer is one.",
		Alt:     "Two lines over the width on logarithmic axes: the measured share and the predicted one.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "width d", Log: true}, Y: figure.Axis{Name: "kept share 1 − p", Log: true},
			Series: []figure.Series{figure.Line("measured", width, half).As("circle"), figure.Points("trainings", x, y).In(1).As("circle").Sized(5).Unlisted(), figure.Line("1/(1+κ), median layer", width, predicted).As("square")}}}}
}

// MeanHalf is the geometric mean of [Outcome.Half].
func MeanHalf(list []Outcome) float64 {
	sum := 0.0
	for _, o := range list {
		sum += math.Log(o.Half()) / float64(len(list))
	}
	return math.Exp(sum)
}

// Gains are the gain of DAREx-q_e over DARE as a mean over outcomes of the same rates: the
// largest at rates from .99 on, and the largest at smaller ones.
func Gains(list []Outcome) (extreme, early float64) {
	extreme, early = math.Inf(-1), math.Inf(-1)
	for _, at := range list[0].Rates {
		gain := MeanScore(list, at.P, func(at AtRate) []float64 { return at.ByHead }) -
			MeanScore(list, at.P, func(at AtRate) []float64 { return at.Dare })
		if at.P >= 0.99 {
			extreme = max(extreme, gain)
		} else {
			early = max(early, gain)
		}
	}
	return extreme, early
}
