package study

import (
	"github.com/marginalia-ml/marginalia/pkg/embedding"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// PretrainingSeed is that of the pre-trained network, the same for all seeds of the page: as if
// it were published.
const PretrainingSeed = 1

// Sizes are those of the experiments on the Brown model.
type Sizes struct {
	Dim, Pretrain           int // of the network: dimension, steps
	Words                   int // of the longest text
	Train, Validation, Test int // triples
	Fit, Judge, Pairs       int // texts of the utility
	Partitions              int
	Steps                   int  // of a fine-tuning
	Seeds                   int  // of the default
	More                    bool // rows of the paper's scale: squared L_rep, the paper's rate, the ADEPT-like loss, both sweeps
}

// Default is the fine-tuning of the page: β = 0.1, ρ the mean distance.
func Default(steps int, seed uint64) embedding.Debiasing {
	return embedding.Debiasing{Loss: embedding.Loss{Method: embedding.CCD, Beta: 0.1}, Steps: steps, Rate: 3e-4, Seed: seed}
}

// Betas and Scales are the sweeps; of ρ in mean distances.
var (
	Betas  = []float64{0, 0.01, 0.03, 0.1, 0.3, 1, 10}
	Scales = []float64{0.05, 0.2, 0.4, 0.7, 1, 2, 5}
)

// with changes a fine-tuning.
func with(name string, c embedding.Debiasing, change func(c *embedding.Debiasing)) Plan {
	change(&c)
	return Plan{Name: name, Debiasing: c}
}

// brown is the experiment on the Brown model.
func (s Sizes) brown(seed uint64) Experiment {
	x := Experiment{
		Pretraining: encoder.Pretraining{Dim: s.Dim, Steps: s.Pretrain, Seed: PretrainingSeed},
		Words:       s.Words, Train: s.Train, Validation: s.Validation, Test: s.Test,
		Fit: s.Fit, Judge: s.Judge, Pairs: s.Pairs, Splits: 3, Partitions: s.Partitions, Seed: 1, Given: embedding.Given(),
	}
	for k := range s.Seeds {
		x.Plans = append(x.Plans, Plan{Name: "CCD", Debiasing: Default(s.Steps, seed+uint64(k)*1_000_000)})
	}
	c := Default(s.Steps, seed)
	x.Plans = append(x.Plans,
		with("β = 0", c, func(c *embedding.Debiasing) { c.Loss.Beta = 0 }),
		with("β = 0, ρ = 0.4 mean", c, func(c *embedding.Debiasing) { c.Loss.Beta, c.Scale = 0, 0.4 }),
		with("distance", c, func(c *embedding.Debiasing) { c.Loss.Method = embedding.Distance }),
		with("merge", c, func(c *embedding.Debiasing) { c.Loss.Method = embedding.Merge }),
		Plan{Name: "projection", Project: true})
	if s.More {
		x.Plans = append(x.Plans,
			with("squared L_rep, β = 1", c, func(c *embedding.Debiasing) { c.Loss.Squared, c.Loss.Beta = true, 1 }),
			with("β = 1, rate 5e-5", c, func(c *embedding.Debiasing) { c.Loss.Beta, c.Rate = 1, 5e-5 }),
			with("ADEPT-like", c, func(c *embedding.Debiasing) { c.Loss.Method, c.Loss.Beta = embedding.ADEPT, 0.7/0.3 }))
	}
	return x
}

// Sweeps is the experiment of both sweeps, on the Brown model of the given sizes.
func (s Sizes) Sweeps() []Experiment {
	x := s.brown(1)
	x.Plans, x.Partitions = nil, 0
	for _, beta := range Betas {
		x.Plans = append(x.Plans, with("β", Default(s.Steps, 1), func(c *embedding.Debiasing) { c.Loss.Beta = beta }))
	}
	for _, scale := range Scales {
		x.Plans = append(x.Plans, with("ρ", Default(s.Steps, 1), func(c *embedding.Debiasing) { c.Scale = scale }))
	}
	return []Experiment{x}
}

// Pretrainings are the experiments on the side of the raw bias: encoders that were pre-trained
// from several seeds, and the default and the projection on each.
func (s Sizes) Pretrainings(seeds int) (all []Experiment) {
	for k := range seeds {
		x := s.brown(1)
		x.Pretraining.Seed = uint64(k + 1)
		x.Plans, x.Partitions = []Plan{x.Plans[0], {Name: "projection", Project: true}}, 0
		all = append(all, x)
	}
	return all
}

// MiniLM is the experiment on the published encoder: so many seeds of the default, with the rate
// of the paper's setting. Its vectors have norm one: L_bias is the same for all scales, as ρ is
// the mean distance, and L_rep is not, so that β weighs less here than on the Brown model, whose
// distances are some three times as long.
func MiniLM(train, test, texts, steps, seeds int) []Experiment {
	x := Experiment{MiniLM: true, Words: 12, Train: train, Validation: 64, Test: test, Fit: texts, Judge: texts, Pairs: texts / 4, Splits: 3, Partitions: 2000, Seed: 1, Given: embedding.Given()}
	for k := range seeds {
		c := embedding.Debiasing{Loss: embedding.Loss{Method: embedding.CCD, Beta: 0.1}, Steps: steps, Rate: 5e-5, Warmup: min(10, steps/4), Looks: 2, Seed: uint64(k + 1)}
		x.Plans = append(x.Plans, Plan{Name: "CCD", Debiasing: c})
	}
	x.Plans = append(x.Plans, Plan{Name: "projection", Project: true})
	return []Experiment{x}
}

// MiniLMReligion is the experiment with three groups, whose words the Brown model does not know.
func MiniLMReligion(steps, seeds int) []Experiment {
	x := MiniLM(1000, 200, 600, steps, seeds)[0]
	x.Religion, x.Partitions, x.Given = true, 0, ""
	return []Experiment{x}
}

// Run carries out the experiment on the Brown model once in a run of the notebook.
func Run(cell *notebook.Cell, s Sizes) Results {
	return notebook.KeepContext(cell, "experiments", []Experiment{s.brown(cell.Seed())}, Experiments)[0]
}

// Named are the rows of a name.
func (r Results) Named(name string) (rows []Row) {
	for _, row := range r.Rows {
		if row.Name == name {
			rows = append(rows, row)
		}
	}
	return rows
}

// Ratio is the gap of a row over that before.
func (r Results) Ratio(row Row) float64 { return row.Gap.Mean / r.Original.Gap.Mean }
