package study

import (
	"github.com/marginalia-ml/marginalia/pkg/train"
)

// Sizes are those of the experiments.
type Sizes struct {
	Dim      int
	Pretrain int // steps
	Tune     int // steps
	Grid     int // divisors
	Choose   int // masks
	Masks    int // masks
	Few      int // masks of what is shown alone
	Validate int // texts
	Test     int // texts
	Rates    []float64
	More     bool // two tasks more, and AdamR-L1: in the table alone
}

// PretrainingSeed is that of the pre-trained network, the same for all seeds of the page: as
// if it were published.
const PretrainingSeed = 1

func (s Sizes) plan(task string, tuning train.Config) Plan {
	return Plan{
		Task: task, Tuning: tuning, TaskSeed: 1, Rates: s.Rates, Grid: s.Grid, Choose: s.Choose, Masks: s.Masks, Few: s.Few, Validation: s.Validate, Test: s.Test,
		Etas: Geometric(1e-4, 1, 5),
	}
}
