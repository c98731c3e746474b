package study

import (
	"fmt"

	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/model"
)

// The grids of the authors' code.
const (
	searchStep = 0.05  // of one divisor for the network, a tenth of it about the best
	rowStep    = 0.001 // of one divisor for each row of a linear map
)

// Found is what one of the authors' searches has found, and how it does on test texts.
type Found struct {
	Rule   string
	P, Q   float64 // of a rule by layers the mean over the linear maps
	Tried  int     // divisors, or η
	Scores []float64
}

// searches are the authors' searches at the rate p: for q_v and q_e with one mask (their
// Algorithm 2), and for a divisor of each layer with the best of the plan's η (Algorithm 3).
func (x *pruning) searches(p float64, layers *layers) (all []Found, err error) {
	kept, err := delta.Drop(x.delta, x.mask(choice), p, 1)
	if err != nil {
		return nil, err
	}
	for _, rule := range []string{"q_v", "q_e"} {
		found, tried, err := delta.Search(p, searchStep, 1, func(q float64) (float64, error) {
			score, change, err := x.validate(kept.Scale(1 / q))
			if rule == "q_e" {
				return -change, err
			}
			return score, err
		})
		if err != nil {
			return nil, err
		}
		f := Found{Rule: rule + ", searched", P: p, Q: found.Q, Tried: len(tried)}
		if f.Scores, err = x.fresh(x.Masks, func(seed uint64) (model.Params, error) { return delta.Drop(x.delta, seed, p, found.Q) }); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	q, _, err := x.byEta(p, layers, func(rows []delta.Influence, eta float64) (float64, error) { return delta.ByRows(rows, p, eta, rowStep) })
	if err != nil {
		return nil, err
	}
	f := Found{Rule: "by rows, on a grid", P: p, Tried: len(x.Etas)}
	for _, l := range layers.list {
		f.Q += q[l.weight] / float64(len(layers.list))
	}
	f.Scores, err = x.fresh(x.Masks, func(seed uint64) (model.Params, error) { return delta.DropBy(x.delta, seed, p, q) })
	return append(all, f), err
}

// FoundHead is the head of [FoundRows].
var FoundHead = []string{"p", "rule", "q", "tried", "score"}

// FoundRows are what searches have found, beside the divisors of the grid of the other methods.
func FoundRows(o Outcome) (rows [][]string) {
	row := func(p float64, rule string, q float64, tried int, scores []float64) {
		rows = append(rows, []string{fmt.Sprint(p), rule, fmt.Sprintf("%.3g", q), fmt.Sprint(tried), fmt.Sprintf("%.3f ± %.3f", stat.Mean(scores, nil), stat.StdDev(scores, nil))})
	}
	for i, f := range o.Found {
		if at := o.At(f.P); i == 0 || o.Found[i-1].P != f.P {
			row(f.P, "DARE", 1-f.P, 1, at.Dare)
			row(f.P, "q_v of this page", at.Qv, len(at.Grid), at.ByScore)
			row(f.P, "q_e of this page", at.Qe, len(at.Grid), at.ByHead)
		}
		row(f.P, f.Rule, f.Q, f.Tried, f.Scores)
	}
	return rows
}
