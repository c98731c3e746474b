package encoder

import (
	"math"
	"slices"
	"testing"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train"
)

// The masked loss is the mean over the places that are asked for, by hidden states and host
// arithmetic.
func TestMaskedLoss(t *testing.T) {
	e, c := smallEncoder(t)
	b := opened(t)
	bias := model.Draw(model.Layout{{Name: "cls.predictions.bias", Shape: []int{e.Net.Words}, Init: model.Normal(1)}}, 5, "test")
	p := model.Params{Layout: append(e.Net.Params(), bias.Layout...), Values: append(slices.Clone(e.Params.Values), bias.Values...)}
	got, err := e.maskedLoss(b, c, p, 1)
	if err != nil {
		t.Fatal(err)
	}
	set, err := e.validationSet(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	tokens, places, words := int32s(t, set[tokensColumn]), int32s(t, set[textColumns]), int32s(t, set[textColumns+1])
	n, T, M, d := set[lengthsColumn].Shape().Dim(0), longest+2, set[textColumns].Shape().Dim(1), e.Net.Dim
	// The texts as they are after masking, each word by its number.
	var texts []Text
	for i, length := range int32s(t, set[lengthsColumn]) {
		numbers := make([]int, length-2)
		for j := range numbers {
			numbers[j] = int(tokens[i*T+1+j])
		}
		texts = append(texts, Text{A: c.Vocab.vocab.Decode(numbers)})
	}
	masked := *e
	masked.Tokenizer = asIs{c.Vocab}
	r, err := masked.Reader(b, texts)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	hidden, err := r.Hidden(e.Params)
	if err != nil {
		t.Fatal(err)
	}
	table, sum, asked := e.Params.Values[0], 0.0, 0.0
	for i := range n {
		for j := range M {
			word := int(words[i*M+j])
			if word == 0 {
				continue
			}
			x := hidden[int(places[i*M+j])*d:][:d]
			logits, top := make([]float64, e.Net.Words), math.Inf(-1)
			for v := range logits {
				logits[v] = bias.Values[0][v]
				for k := range d {
					logits[v] += table[v*d+k] * x[k]
				}
				top = max(top, logits[v])
			}
			z := 0.0
			for _, l := range logits {
				z += math.Exp(l - top)
			}
			sum += top + math.Log(z) - logits[word]
			asked++
		}
		hidden = hidden[r.Lengths()[i]*d:]
	}
	if want := sum / asked; !(math.Abs(got-want) <= 1e-5*want) { // float32
		t.Errorf("the loss is %g, by hand %g", got, want)
	}
}

// asIs takes every word for one of the vocabulary, also [MASK].
type asIs struct{ *Vocabulary }

func (v asIs) Encode(words []string) []int { return v.vocab.Encode(words) }

// Other pre-trainings, and one on other data, are kept in files of their own.
func TestPretrainedApart(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(data.EnvDir, dir)
	c, b := smallCorpus(t), opened(t)
	plan := Pretraining{Dim: 16, Layers: 1, Heads: 2, Steps: 3, Batch: 8, Rate: 1e-3, Seed: 1, Looks: 1}
	pretrain := func(plan Pretraining) *train.Run {
		t.Helper()
		_, run, err := Pretrained(t.Context(), b, c, plan)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	for i, change := range []func(p *Pretraining){func(*Pretraining) {}, func(p *Pretraining) { p.Seed = 2 }, func(p *Pretraining) { p.Heads = 1 }} {
		plan := plan
		change(&plan)
		if run := pretrain(plan); run.Resumed != 0 {
			t.Errorf("change %d: another one is read", i)
		}
	}
	if run := pretrain(plan); run.Resumed != plan.Steps {
		t.Error("the same one is made again")
	}
	for i := range c.Parts[Train] {
		c.Parts[Train][i].Words = c.Parts[Train][0].Words
	}
	if run := pretrain(plan); run.Resumed != 0 {
		t.Error("on other data: another one is read")
	}
	t.Setenv(data.EnvDir, "/dev/null/x")
	_, _, err := Pretrained(t.Context(), b, c, plan)
	fails(t, err, "set MARGINALIA_DATA")
}

// Of a hundred thousand places, 15 % of the words of each sentence: 80 % hidden, 10 % another
// word, 10 % as they were. The answers are the words that stood there, and nothing else changed.
func TestMaskedSet(t *testing.T) {
	e, c := smallEncoder(t)
	sentences := epochs(random.Stream(1, "test"), c.Parts[Train], 8000)
	set, err := e.maskedSet(random.Stream(2, "test"), sentences)
	if err != nil {
		t.Fatal(err)
	}
	T, M := longest+2, set[textColumns].Shape().Dim(1)
	tokens, places, words := int32s(t, set[tokensColumn]), int32s(t, set[textColumns]), int32s(t, set[textColumns+1])
	hidden, stays, total := 0.0, 0.0, 0.0
	for i, s := range sentences {
		was, _ := e.Tokens(Text{A: s.Words})
		for len(was) < T {
			was = append(was, 0)
		}
		at := map[int32]bool{}
		for j := range M {
			place, word := places[i*M+j], words[i*M+j]
			if word == 0 {
				continue
			}
			total++
			at[place] = true
			if int(word) != was[place] || place < 1 || int(place) > len(s.Words) {
				t.Fatalf("sentence %d: the word at %d was %d, not %d", i, place, was[place], word)
			}
			switch tokens[i*T+int(place)] {
			case int32(e.Tokenizer.Special().Mask):
				hidden++
			case word:
				stays++
			}
		}
		if want := max(1, int(math.Round(0.15*float64(len(s.Words))))); len(at) != want {
			t.Fatalf("%d places of %d words, want %d", len(at), len(s.Words), want)
		}
		for p, z := range was {
			if !at[int32(p)] && int(tokens[i*T+p]) != z {
				t.Fatalf("sentence %d: the word at %d changed from %d to %d without being asked for", i, p, z, tokens[i*T+p])
			}
		}
	}
	// Another word is the same in one of 25 cases. Four standard deviations.
	for what, share := range map[string][2]float64{"hidden": {hidden / total, 0.8}, "as they were": {stays / total, 0.1 + 0.1/25}} {
		if d := math.Abs(share[0] - share[1]); !(d <= 4*math.Sqrt(share[1]*(1-share[1])/total)) {
			t.Errorf("%.4f of %g words are %s, want %.4f", share[0], total, what, share[1])
		}
	}
}
