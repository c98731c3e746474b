package fed

import (
	"fmt"
	"math"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// Update is what a client sends back after a round.
type Update struct {
	Client   int
	Round    int
	Examples int          // N_i, that it has trained on
	Params   model.Params // after its training
	Counts   []int        // cnt_ig, how often it picked each group; nil without groups
}

// Rule says how a server averages some parameters. Those of no rule are averaged with the
// clients' numbers of examples and take the place of the old ones.
type Rule struct {
	Params []string // names or patterns, see model.Layout.Match

	// ByGroup averages each row g of the leading axis, which counts groups, with weights
	//
	//	ρ_ig = cnt_ig / Σ_j cnt_jg,
	//
	// or 1/m for m clients where Σ_j cnt_jg ≤ Least; a row that nobody picked stays as it was, to
	// the bit.
	ByGroup bool
	Least   int

	// Momentum is m in new = old + (1 - m) (mean - old).
	Momentum float64
}

// Aggregate returns what a server makes of parameters and the updates of a round. The result
// does not depend on the order of the updates: they count in that of their clients.
func Aggregate(old model.Params, updates []Update, rules []Rule) (model.Params, error) {
	updates = slices.Clone(updates)
	slices.SortFunc(updates, func(a, b Update) int { return a.Client - b.Client })
	of, err := ruled(old.Layout, rules)
	if err != nil {
		return model.Params{}, err
	}
	if len(updates) == 0 {
		return model.Params{}, fmt.Errorf("fed: nothing to average: no client has sent an update")
	}
	sizes := make([]float64, len(updates))
	all := make([]model.Params, len(updates))
	for i, u := range updates {
		if u.Examples < 1 {
			return model.Params{}, fmt.Errorf("fed: client %d has trained on %d examples, want one at least", u.Client, u.Examples)
		}
		sizes[i], all[i] = float64(u.Examples), u.Params
	}
	next, err := model.Mean(sizes, all...)
	if err != nil {
		return model.Params{}, fmt.Errorf("fed: %w", err)
	}
	if err := old.Layout.CheckSame(next.Layout); err != nil {
		return model.Params{}, fmt.Errorf("fed: what clients sent: %w", err)
	}
	for i, r := range of {
		if r == nil {
			continue
		}
		if r.ByGroup {
			if err := byGroup(next.Values[i], old, i, updates, r.Least); err != nil {
				return model.Params{}, err
			}
		}
		if r.Momentum != 0 {
			for k, was := range old.Values[i] {
				next.Values[i][k] = was + (1-r.Momentum)*(next.Values[i][k]-was)
			}
		}
	}
	return next, nil
}

// ruled returns the rule of each parameter, nil for none.
func ruled(l model.Layout, rules []Rule) ([]*Rule, error) {
	of := make([]*Rule, len(l))
	for j := range rules {
		r := &rules[j]
		if !(r.Momentum >= 0 && r.Momentum < 1) {
			return nil, fmt.Errorf("fed: a momentum of %g of the server, want it in [0, 1)", r.Momentum)
		}
		places, err := l.Match(r.Params...)
		if err != nil {
			return nil, fmt.Errorf("fed: a rule of averages: %w", err)
		}
		for _, i := range places {
			if of[i] != nil {
				return nil, fmt.Errorf("fed: two rules of averages for the parameter %s: want one", l[i].Name)
			}
			of[i] = r
		}
	}
	return of, nil
}

// byGroup writes the averages of the rows of parameter i.
func byGroup(dst []float64, old model.Params, i int, updates []Update, least int) error {
	p := old.Layout[i]
	if len(p.Shape) == 0 || p.Shape[0] < 1 {
		return fmt.Errorf("fed: parameter %s of shape %v has no axis of groups", p.Name, p.Shape)
	}
	groups := p.Shape[0]
	d := p.Size() / groups
	for g := range groups {
		weights, err := Weights(updates, g, least)
		if err != nil {
			return fmt.Errorf("fed: parameter %s: %w", p.Name, err)
		}
		row := dst[g*d : (g+1)*d]
		copy(row, old.Values[i][g*d:(g+1)*d])
		sum := 0.0
		for j, u := range updates { // the running mean is exact for equal ones
			if weights[j] == 0 {
				continue
			}
			from := u.Params.Values[i][g*d : (g+1)*d]
			if sum += weights[j]; sum == weights[j] {
				copy(row, from)
				continue
			}
			for k, x := range from {
				row[k] += (x - row[k]) * (weights[j] / sum)
			}
		}
	}
	return nil
}

// Weights returns ρ_ig of the updates for a group g (see [Rule]), in their order: zeros where
// nobody picked it.
func Weights(updates []Update, g, least int) ([]float64, error) {
	total := 0
	for _, u := range updates {
		if g >= len(u.Counts) {
			return nil, fmt.Errorf("client %d counts %d groups, want more than %d", u.Client, len(u.Counts), g)
		}
		if u.Counts[g] < 0 || u.Counts[g] > math.MaxInt-total {
			return nil, fmt.Errorf("client %d has picked group %d %d times, want a number from 0 on", u.Client, g, u.Counts[g])
		}
		total += u.Counts[g]
	}
	w := make([]float64, len(updates))
	for i, u := range updates {
		switch {
		case total == 0:
		case total <= least:
			w[i] = 1 / float64(len(updates))
		default:
			w[i] = float64(u.Counts[g]) / float64(total)
		}
	}
	return w, nil
}
