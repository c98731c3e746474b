package study

import (
	"context"

	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/xla"
)

// Merged is θ_P + s (Δ'_1 + Δ'_2), judged on both tasks, each with its own head.
type Merged struct {
	P, Q   float64 // 0 and 1 where nothing was pruned
	Scores [2]float64
}

// merge measures two deltas together: as they are, with DARE and with twice its divisor.
func (s Series) merge(ctx context.Context, one, two *encoder.Tuned) (all []Merged, err error) {
	b, err := xla.Open(s.Backend)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	var judges [2]*encoder.Judge
	both := [2]*encoder.Tuned{one, two}
	for i, t := range both {
		if judges[i], err = t.Judge(b, t.Task, encoder.Test); err != nil {
			return nil, err
		}
		defer judges[i].Close()
	}
	measure := func(m Merged, masks int) error {
		for seed := range uint64(masks) {
			if err := ctx.Err(); err != nil {
				return err
			}
			var pruned [2]model.Params
			for i, t := range both {
				pruned[i] = t.Delta()
				if m.P > 0 {
					// Masks of a task of its own: the same place is not dropped in both.
					if pruned[i], err = delta.Drop(pruned[i], 10*seed+uint64(i), m.P, m.Q); err != nil {
						return err
					}
				}
			}
			for i, t := range both {
				sum, err := delta.Merge(pruned[0].Layout.Zeros(), s.Scale, pruned[0], pruned[1])
				if err != nil {
					return err
				}
				params, err := t.With(sum)
				if err != nil {
					return err
				}
				score, err := judges[i].Score(params)
				if err != nil {
					return err
				}
				m.Scores[i] += score / float64(masks)
			}
		}
		all = append(all, m)
		return nil
	}
	if err := measure(Merged{Q: 1}, 1); err != nil {
		return nil, err
	}
	for _, p := range s.Rates {
		for _, times := range []float64{1, 2} {
			if err := measure(Merged{P: p, Q: times * (1 - p)}, s.Plans[0].Masks); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}
