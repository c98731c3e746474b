package encoder

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// Pretraining says how an encoder is pre-trained; zero fields have the values behind them.
type Pretraining struct {
	Dim, Layers, Heads, Hidden int // 128, 2, 4 and 4·Dim
	Steps                      int
	Batch                      int     // 64
	Rate                       float64 // 1e-3
	Seed                       uint64
	Looks                      int // at the loss on validation sentences, besides the last
}

// The masked language model of Devlin et al. 2019: 15 % of the words are to be told; of these
// 80 % are hidden, 10 % are another word, 10 % stay.
const (
	maskedShare            = 0.15
	hiddenShare, wrongOnes = 0.8, 0.1
	positions              = 66
	validationSentences    = 1000
)

func (c Pretraining) filled() Pretraining {
	or := func(n *int, otherwise int) {
		if *n == 0 {
			*n = otherwise
		}
	}
	or(&c.Dim, 128)
	or(&c.Layers, 2)
	or(&c.Heads, 4)
	or(&c.Hidden, 4*c.Dim)
	or(&c.Batch, 64)
	if c.Rate == 0 {
		c.Rate = 1e-3
	}
	return c
}

// Pretrain returns an encoder that was trained on the sentences for training of a corpus to
// tell words that are hidden from it, with AdamW at a rate that rises for 100 steps and falls
// to zero, on gradients clipped to norm 1. The run has the loss on sentences for validation as
// "loss".
func Pretrain(ctx context.Context, b *xla.Backend, corpus *Corpus, c Pretraining, kept train.Checkpoint) (*Encoder, *train.Run, error) {
	e, job, err := c.job(corpus)
	if err != nil {
		return nil, nil, err
	}
	job.Checkpoint = kept
	return e.pretrain(ctx, b, job)
}

// pretrain makes the run and gives the encoder its parameters.
func (e *Encoder) pretrain(ctx context.Context, b *xla.Backend, job train.Job) (*Encoder, *train.Run, error) {
	run, err := job.Fit(ctx, b)
	if err != nil {
		return nil, run, err
	}
	e.Params, err = part(run.Last, e.Net.Params())
	return e, run, err
}

// job is an encoder without parameters and the run that they come from.
func (c Pretraining) job(corpus *Corpus) (*Encoder, train.Job, error) {
	c = c.filled()
	e := &Encoder{
		Name: fmt.Sprintf("brown d=%d layers=%d heads=%d", c.Dim, c.Layers, c.Heads),
		Net: model.BERT{Words: len(corpus.Vocab.Words()), Positions: positions, Segments: 2,
			Dim: c.Dim, Layers: c.Layers, Heads: c.Heads, Hidden: c.Hidden},
		Tokenizer: corpus.Vocab,
	}
	layout := append(e.Net.Params(), e.Net.MaskedParams()...)
	rng := random.Stream(c.Seed, "encoder/masks")
	fit, err := e.maskedSet(rng, epochs(rng, corpus.Parts[Train], c.Steps*c.Batch))
	if err != nil {
		return nil, train.Job{}, err
	}
	validation, err := e.validationSet(corpus, c.Seed)
	if err != nil {
		return nil, train.Job{}, err
	}
	T := longest + 2
	classes := e.classes(T)
	classes[textColumns], classes[textColumns+1] = T, e.Net.Words
	lossOf := func(params, batch []*Node) *Node { return e.masked(layout, params, batch) }
	return e, train.Job{
		Task: train.Task{
			Name: "masked words, " + e.Name, Layout: layout, Loss: lossOf, Classes: classes,
			Looks: []train.Look{{Names: []string{"loss"}, Set: Validation, At: func(params, set []*Node) []*Node { return []*Node{lossOf(params, set)} }}},
		},
		Sets: map[string]train.Set{train.Train: fit, Validation: validation},
		From: model.Draw(layout, c.Seed, "encoder/start"),
		Config: train.Config{
			Optimizer: optim.Spec{Method: "adamw", Rate: c.Rate, Decay: 0.01, Clip: 1,
				Schedule: optim.ScheduleSpec{Kind: "linear", Warmup: 100},
				NoDecay:  []string{"*.bias", "*LayerNorm*"}},
			Batch: c.Batch, Steps: c.Steps, At: looks(c.Steps, c.Looks),
			Order: train.OrderOf{Kind: "fresh"}, Seed: c.Seed, Stream: "encoder/pretraining",
		},
	}, nil
}

// validationSet are sentences for validation as maskedSet has them.
func (e *Encoder) validationSet(corpus *Corpus, seed uint64) (train.Set, error) {
	all := corpus.Parts[Validation]
	return e.maskedSet(random.Stream(seed, "encoder/validation masks"), all[:min(len(all), validationSentences)])
}

// looks are n steps beside the last, evenly spread from the start on.
func looks(steps, n int) (at []int) {
	for i := range n {
		if k := steps * i / n; k < steps && !slices.Contains(at, k) {
			at = append(at, k)
		}
	}
	return append(at, steps)
}

// epochs returns n sentences: all in a new order, over and over.
func epochs(rng *rand.Rand, all []Sentence, n int) []Sentence {
	var out []Sentence
	for len(out) < n {
		for _, i := range rng.Perm(len(all)) {
			out = append(out, all[i])
		}
	}
	return out[:n]
}

// maskedSet returns sentences as columns with some words hidden, their places [n, M] and the
// words that stood there [n, M].
func (e *Encoder) maskedSet(rng *rand.Rand, sentences []Sentence) (train.Set, error) {
	T := longest + 2
	M := int(math.Round(maskedShare * longest))
	texts := make([]Text, len(sentences))
	for i, s := range sentences {
		texts[i] = Text{A: s.Words}
	}
	set, err := e.Set(texts, T)
	if err != nil {
		return nil, err
	}
	places, words := make([]int32, len(sentences)*M), make([]int32, len(sentences)*M)
	pad, mask := int32(e.Tokenizer.Special().Pad), int32(e.Tokenizer.Special().Mask)
	for i := range words {
		words[i] = pad
	}
	err = tensors.MutableFlatData(set[tokensColumn], func(tokens []int32) {
		for i, s := range sentences {
			k := max(1, int(math.Round(maskedShare*float64(len(s.Words)))))
			for j, at := range rng.Perm(len(s.Words))[:min(k, M)] {
				at++ // behind [CLS]
				z := &tokens[i*T+at]
				places[i*M+j], words[i*M+j] = int32(at), *z
				switch u := rng.Float64(); {
				case u < hiddenShare:
					*z = mask
				case u < hiddenShare+wrongOnes:
					*z = int32(len(special) + rng.IntN(e.Net.Words-len(special)))
				}
			}
		}
	})
	return append(set, tensors.FromFlatDataAndDimensions(places, len(sentences), M), tensors.FromFlatDataAndDimensions(words, len(sentences), M)), err
}
