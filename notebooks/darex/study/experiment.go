package study

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// Plan is a fine-tuning and what is asked of its delta.
type Plan struct {
	Task       string
	Tuning     train.Config
	TaskSeed   uint64
	Rates      []float64 // p
	Grid       int       // divisors from 1−p to 1, in equal ratios
	Choose     int       // masks by which a divisor is chosen, on validation texts
	Masks      int       // fresh masks by which it is judged, on test texts
	Few        int       // masks of the per-layer rules and of fixed counts
	Words      int       // of a text at most, 0 for any number
	Validation int       // texts
	Test       int       // texts
	Etas       []float64 // of the per-layer rule
	Searches   []float64 // rates at which the authors' searches are tried as well
	Rank       int       // of LoRA on all linear maps; 0 for none
	Alpha      float64   // of LoRA
}

// Tried is a divisor on the validation texts.
type Tried struct{ Q, Score, Change float64 }

// AtRate is what was measured at one pruning rate; scores are on test texts, one for each mask.
type AtRate struct {
	P                     float64
	Dare, ByScore, ByHead []float64 // q = 1−p, q_v, q_e
	PerLayer, ByEta       []float64 // q* of each layer; the per-layer rule with the best η
	Counted               []float64 // a fixed count k of weights for each neuron, times n/k
	Factors, FactorsByQ   []float64 // of LoRA, where the factors are pruned: DARE, and the geometric mean of its divisor and q_e
	Qv, Qe, Eta           float64
	Magnitude, Wanda      float64
	Grid                  []Tried
}

// Layer is a linear map with its influences over the validation texts.
type Layer struct {
	Weight    string
	In        int // with the bias
	Coherence float64
}

// Outcome is what came out of a plan.
type Outcome struct {
	Task    string
	Name    string
	Base    float64 // the score of θ_F
	Zero    float64 // of θ_P with the tuned head
	MeanAbs float64 // of Δ
	Rates   []AtRate
	Layers  []Layer
	Found   []Found
	Rows    [][]float64 // influences of rows at the mean input, a sample of all maps
}

// Series is a list of plans on one encoder, and two of them whose deltas are merged.
type Series struct {
	MiniLM      bool // the published encoder, in place of one that is pre-trained here
	Pretraining encoder.Pretraining
	Plans       []Plan
	Merge       []int     // places of two plans; nil for none
	Scale       float64   // s of the merging
	Rates       []float64 // at which what is merged is pruned
	Backend     string
}

// Results are the outcomes of a series.
type Results struct {
	Loss     float64 // of the masked language model on validation sentences; 0 of MiniLM
	Outcomes []Outcome
	Merged   []Merged
}

// encoder is the one that the plans share. What was pre-trained in an earlier run is kept.
func (s Series) encoder(ctx context.Context, corpus *encoder.Corpus) (e *encoder.Encoder, loss float64, err error) {
	if s.MiniLM {
		e, err = encoder.MiniLM(ctx)
		return e, 0, err
	}
	b, err := xla.Open(s.Backend)
	if err != nil {
		return nil, 0, err
	}
	defer b.Close()
	e, run, err := encoder.Pretrained(ctx, b, corpus, s.Pretraining)
	if err != nil {
		return nil, 0, err
	}
	return e, run.End("loss"), nil
}

// Experiments carries out a series: fine-tunings at once, then their prunings.
func Experiments(ctx context.Context, s Series) (all Results, err error) {
	corpus, err := encoder.Brown(ctx)
	if err != nil {
		return all, err
	}
	e, loss, err := s.encoder(ctx, corpus)
	if err != nil {
		return all, err
	}
	all.Loss = loss
	tunings := make([]encoder.Tuning, len(s.Plans))
	for i, p := range s.Plans {
		if tunings[i], err = p.tuning(corpus); err != nil {
			return all, err
		}
	}
	tuned, err := e.TuneAll(ctx, s.Backend, tunings)
	if err != nil {
		return all, err
	}
	all.Outcomes = make([]Outcome, len(s.Plans))
	each := parallel.Try
	if s.MiniLM {
		each = inTurn // a pruning holds half a dozen float64 copies of 23 million parameters, and keeps all cores busy
	}
	err = each(len(s.Plans), func(i int) error {
		b, err := xla.Open(s.Backend)
		if err != nil {
			return err
		}
		defer b.Close()
		if all.Outcomes[i], err = s.Plans[i].prune(ctx, b, tuned[i], tunings[i].LoRA); err != nil {
			return fmt.Errorf("%s: %w", s.Plans[i].Name(), err)
		}
		return nil
	})
	if err == nil && s.Merge != nil {
		all.Merged, err = s.merge(ctx, tuned[s.Merge[0]], tuned[s.Merge[1]])
	}
	return all, err
}

// inTurn is [parallel.Try] one job at a time, up to the first that fails.
func inTurn(n int, job func(i int) error) error {
	for i := range n {
		if err := job(i); err != nil {
			return err
		}
	}
	return nil
}

// Name says what a plan trains, and how.
func (p Plan) Name() string {
	o := p.Tuning.Optimizer
	switch {
	case p.Rank > 0:
		return fmt.Sprintf("%s, LoRA of rank %d", p.Task, p.Rank)
	case o.Method == "adamr" && o.L1:
		return fmt.Sprintf("%s, AdamR-L1, λ = %g", p.Task, o.Decay)
	case o.Method == "adamr":
		return fmt.Sprintf("%s, AdamR-L2, λ = %g", p.Task, o.Decay)
	}
	return p.Task + ", Adam"
}

// tuning is the fine-tuning of a plan.
func (p Plan) tuning(corpus *encoder.Corpus) (encoder.Tuning, error) {
	task, err := corpus.Task(p.Task, p.TaskSeed)
	if err != nil {
		return encoder.Tuning{}, err
	}
	for part, all := range task.Parts {
		if p.Words > 0 {
			all = slices.DeleteFunc(all, func(e encoder.Example) bool { return len(e.A)+len(e.B) > p.Words })
		}
		if n, ok := map[string]int{encoder.Validation: p.Validation, encoder.Test: p.Test}[part]; ok {
			all = all[:min(n, len(all))]
		}
		task.Parts[part] = all
	}
	u := encoder.Tuning{Task: task, Config: p.Tuning}
	if p.Rank > 0 {
		u.LoRA = &encoder.LoRA{Rank: p.Rank, Alpha: p.Alpha}
	}
	return u, nil
}

// pruning is a tuned encoder with its judges.
type pruning struct {
	Plan
	tuned            *encoder.Tuned
	lora             *encoder.LoRA // nil where all parameters were tuned
	delta            model.Params
	validation, test *encoder.Judge
	outputs          []float64 // of θ_F on the validation texts
}

// prune measures a tuned encoder.
func (p Plan) prune(ctx context.Context, b *xla.Backend, tuned *encoder.Tuned, lora *encoder.LoRA) (out Outcome, err error) {
	x := pruning{Plan: p, tuned: tuned, lora: lora, delta: tuned.Delta()}
	if x.validation, err = tuned.Judge(b, tuned.Task, encoder.Validation); err != nil {
		return out, err
	}
	defer x.validation.Close()
	if x.test, err = tuned.Judge(b, tuned.Task, encoder.Test); err != nil {
		return out, err
	}
	defer x.test.Close()
	out = Outcome{Task: p.Task, Name: p.Name(), MeanAbs: delta.MeanAbs(x.delta)}
	if out.Base, err = x.test.Score(tuned.Params); err != nil {
		return out, err
	}
	if out.Zero, err = x.score(x.delta.Layout.Zeros(), nil); err != nil {
		return out, err
	}
	if x.outputs, err = x.validation.Outputs(tuned.Params); err != nil {
		return out, err
	}
	layers, err := x.layers()
	if err != nil {
		return out, err
	}
	for _, l := range layers.list {
		out.Layers = append(out.Layers, Layer{l.weight, l.in, l.sums.Coherence()})
	}
	out.Rows = layers.sample(32)
	for _, rate := range p.Rates {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		at, err := x.at(rate, layers)
		if err != nil {
			return out, err
		}
		out.Rates = append(out.Rates, at)
		if slices.Contains(p.Searches, rate) {
			found, err := x.searches(rate, layers)
			if err != nil {
				return out, err
			}
			out.Found = append(out.Found, found...)
		}
	}
	return out, nil
}

// score is the test score of a pruned delta.
func (x *pruning) score(d model.Params, err error) (float64, error) {
	if err != nil {
		return 0, err
	}
	params, err := x.tuned.With(d)
	if err != nil {
		return 0, err
	}
	return x.test.Score(params)
}

// choice is the number of the first mask by which divisors are chosen.
const choice = 500

// mask is the seed of the i-th mask, other ones for each fine-tuning.
func (x *pruning) mask(i int) uint64 { return 1000*x.Tuning.Seed + uint64(i) }

// fresh are test scores of a delta that is pruned with masks from 0 on.
func (x *pruning) fresh(masks int, drop func(seed uint64) (model.Params, error)) (scores []float64, err error) {
	for i := range masks {
		s, err := x.score(drop(x.mask(i)))
		if err != nil {
			return nil, err
		}
		scores = append(scores, s)
	}
	return scores, nil
}

// at measures all methods at the rate p, with masks from 0 on.
func (x *pruning) at(p float64, layers *layers) (at AtRate, err error) {
	at.P = p
	if at.Grid, err = x.grid(p); err != nil {
		return at, err
	}
	at.Qv, at.Qe = at.Grid[0].Q, at.Grid[0].Q
	score, change := at.Grid[0].Score, at.Grid[0].Change
	for _, g := range at.Grid {
		if g.Score > score {
			at.Qv, score = g.Q, g.Score
		}
		if g.Change < change {
			at.Qe, change = g.Q, g.Change
		}
	}
	each := x.fresh
	q := func(q float64) func(seed uint64) (model.Params, error) {
		return func(seed uint64) (model.Params, error) { return delta.Drop(x.delta, seed, p, q) }
	}
	if at.Dare, err = each(x.Masks, q(1-p)); err != nil {
		return at, err
	}
	at.ByScore, at.ByHead = at.Dare, at.Dare
	if at.Qv != 1-p {
		if at.ByScore, err = each(x.Masks, q(at.Qv)); err != nil {
			return at, err
		}
	}
	if at.ByHead = at.ByScore; at.Qe != at.Qv {
		if at.ByHead, err = each(x.Masks, q(at.Qe)); err != nil {
			return at, err
		}
	}
	star := layers.divisors(x.delta, func(l layer) float64 { return min(1, l.sums.Best(p)) })
	if at.PerLayer, err = each(x.Few, func(seed uint64) (model.Params, error) { return delta.DropBy(x.delta, seed, p, star) }); err != nil {
		return at, err
	}
	if len(x.Etas) > 0 {
		byEta, eta, err := x.byEta(p, layers, func(rows []delta.Influence, eta float64) (float64, error) { return delta.ByClosedForm(rows, p, eta) })
		if err != nil {
			return at, err
		}
		at.Eta = eta
		if at.ByEta, err = each(x.Few, func(seed uint64) (model.Params, error) { return delta.DropBy(x.delta, seed, p, byEta) }); err != nil {
			return at, err
		}
	}
	weights := x.tuned.Net.Linears()
	if at.Counted, err = each(x.Few, func(seed uint64) (model.Params, error) {
		return delta.Structured(x.delta, seed, p, 1-p, weights, delta.FixedCount)
	}); err != nil {
		return at, err
	}
	if x.lora != nil {
		for i, divisor := range []float64{1 - p, math.Sqrt((1 - p) * at.Qe)} {
			scores, err := each(x.Few, func(seed uint64) (model.Params, error) { return x.factors(seed, p, divisor) })
			if err != nil {
				return at, err
			}
			*[]*[]float64{&at.Factors, &at.FactorsByQ}[i] = scores
		}
	}
	if at.Magnitude, err = x.score(delta.Magnitude(x.delta, p)); err != nil {
		return at, err
	}
	at.Wanda, err = x.score(delta.Wanda(x.delta, p, layers.norms))
	return at, err
}

// factors is the delta of a low-rank fine-tuning whose factors A and B were pruned, each with
// the divisor q.
func (x *pruning) factors(seed uint64, p, q float64) (model.Params, error) {
	last := x.tuned.Run.Last
	factors, err := last.Select("*.lora_?.weight")
	if err != nil {
		return model.Params{}, err
	}
	if factors, err = delta.Drop(factors, seed, p, q); err != nil {
		return model.Params{}, err
	}
	if last, err = last.Replace(factors); err != nil {
		return model.Params{}, err
	}
	layout := x.tuned.Net.Params()
	merged, err := x.lora.Merge(last, layout)
	if err != nil {
		return model.Params{}, err
	}
	return delta.Between(merged, x.tuned.Encoder.Params)
}

// grid tries divisors on validation texts, all with the same masks.
func (x *pruning) grid(p float64) ([]Tried, error) {
	all := make([]Tried, x.Grid)
	changes := make([][]float64, x.Grid)
	for m := range x.Choose {
		kept, err := delta.Drop(x.delta, x.mask(choice+m), p, 1)
		if err != nil {
			return nil, err
		}
		for i, q := range Geometric(1-p, 1, x.Grid) {
			score, change, err := x.validate(kept.Scale(1 / q))
			if err != nil {
				return nil, err
			}
			all[i].Q = q
			all[i].Score += score / float64(x.Choose)
			changes[i] = append(changes[i], change)
		}
	}
	for i := range all {
		all[i].Change = delta.WithoutFarthest(changes[i])
	}
	all[0].Q = 1 - p // to the last bit
	return all, nil
}

// validate is the score of a pruned delta on the validation texts, and how far the head's
// outputs have moved.
func (x *pruning) validate(d model.Params) (score, change float64, err error) {
	params, err := x.tuned.With(d)
	if err != nil {
		return 0, 0, err
	}
	outputs, err := x.validation.Outputs(params)
	if err != nil {
		return 0, 0, err
	}
	scores, err := x.tuned.Task.Score(encoder.Validation, outputs)
	if err != nil {
		return 0, 0, err
	}
	change, err = delta.Change(x.outputs, outputs)
	return scores[0], change, err
}
