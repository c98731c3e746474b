package encoder

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
	"github.com/marginalia-ml/marginalia/pkg/train"
)

// Pre-training lowers the loss below that of the words' frequencies; fine-tuning tells the genres
// of the small language; its delta put back is the tuned encoder, and none is the start.
func TestPretrainAndTune(t *testing.T) {
	t.Setenv(data.EnvDir, t.TempDir())
	c, b := smallCorpus(t), opened(t)
	plan := Pretraining{Dim: 16, Layers: 1, Heads: 2, Steps: 200, Batch: 32, Rate: 3e-3, Seed: 1, Looks: 2}
	e, run, err := Pretrained(context.Background(), b, c, plan)
	if err != nil {
		t.Fatal(err)
	}
	losses := run.Column("loss")
	if entropy := frequencyEntropy(e, c.Parts[Validation]); len(losses) != 3 || !(losses[2] < entropy-0.1) {
		t.Errorf("losses %v, the frequencies alone give %.3f", losses, entropy)
	}
	again, kept, err := Pretrained(context.Background(), b, c, plan)
	if err != nil || kept.Resumed != 200 || testkit.Farthest(again.Params.Flat(), e.Params.Flat()) != 0 {
		t.Errorf("the kept run is another: resumed at %d, %v", kept.Resumed, err)
	}
	found, err := e.maskedLoss(b, c, run.Last, 1)
	if err != nil || !(math.Abs(found-losses[2]) <= 1e-4*found) {
		t.Errorf("the loss is %g, the run saw %g, %v", found, losses[2], err)
	}
	worse, err := e.maskedLoss(b, c, run.Last.Scale(0.9), 1)
	if err != nil || !(math.Abs(worse-losses[2]) > 1e-3*worse) {
		t.Errorf("other parameters have the loss %g, %v", worse, err)
	}

	task, err := c.Task("genre", 1)
	if err != nil {
		t.Fatal(err)
	}
	judge, err := e.Judge(b, task, Test)
	if err != nil {
		t.Fatal(err)
	}
	defer judge.Close()
	all, err := e.TuneAll(context.Background(), "", []Tuning{
		{Task: task, Config: AdamR(100, 3e-3, 1e-3, false, 1)}, // as good as Adam; one program with the next
		{Task: task, Config: AdamR(100, 3e-3, 0.3, false, 1)},
		{Task: task, Config: Adam(100, 1e-2, 1), LoRA: &LoRA{Rank: 2, Alpha: 4}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, tuned := range all {
		score, err := judge.Score(tuned.Params)
		if err != nil || !(score > 0.8) {
			t.Errorf("fine-tuning %d: accuracy %g, %v", i, score, err)
		}
		delta := tuned.Delta()
		back, err := tuned.With(delta)
		if err != nil || testkit.Farthest(back.Flat(), tuned.Params.Flat()) > 1e-6 {
			t.Errorf("θ_P + Δ is not θ_F: %v", err)
		}
		none, err := tuned.With(delta.Scale(0))
		if err != nil {
			t.Fatal(err)
		}
		head := none.Get("classifier.weight")
		if testkit.Farthest(head, tuned.Params.Get("classifier.weight")) != 0 || testkit.Farthest(none.Values[0], e.Params.Values[0]) != 0 {
			t.Error("no delta is not θ_P with the trained head")
		}
		if d := delta.Layout.Index("classifier.weight"); d >= 0 {
			t.Error("the delta has the head")
		}
	}
	if plain, kept := all[0].Delta().Norm(), all[1].Delta().Norm(); !(kept < 0.8*plain) {
		t.Errorf("‖Δ‖ is %g with the decay of 0.3 to θ_P and %g with 0.001", kept, plain)
	}
	// LoRA: linear maps and the head move, by rank 2, and nothing else.
	delta := all[2].Delta()
	for i, q := range delta.Layout {
		moved, linear := false, slices.Contains(e.Net.Linears(), q.Name)
		for _, v := range delta.Values[i] {
			moved = moved || v != 0
		}
		if moved != linear {
			t.Errorf("%s: moved %v", q.Name, moved)
		}
		if linear && !rankAtMost(delta.Values[i], q.Shape[0], q.Shape[1], 2) {
			t.Errorf("%s moved by a rank above 2", q.Name)
		}
	}
	_, err = e.tune(context.Background(), b, Tuning{Task: task, LoRA: &LoRA{Rank: 0, Alpha: 1}, Config: Adam(1, 1, 1)})
	fails(t, err, "rank 0")
	_, err = e.tune(context.Background(), b, Tuning{Task: task, LoRA: &LoRA{Rank: 1, Alpha: 1, Only: []string{"embeddings.word*"}}, Config: Adam(1, 1, 1)})
	fails(t, err, "no linear map")
	_, err = all[0].With(all[0].Params)
	fails(t, err, "another layout")
}

// rankAtMost: minors of k+1 rows and columns, drawn at random, vanish beside the entries.
func rankAtMost(a []float64, rows, cols, k int) bool {
	rng := rand.New(rand.NewPCG(1, 1))
	size := 0.0
	for _, v := range a {
		size = math.Max(size, math.Abs(v))
	}
	for range 50 {
		r, c := rng.Perm(rows)[:k+1], rng.Perm(cols)[:k+1]
		at := func(i, j int) float64 { return a[r[i]*cols+c[j]] / size }
		det := at(0, 0)*(at(1, 1)*at(2, 2)-at(1, 2)*at(2, 1)) - at(0, 1)*(at(1, 0)*at(2, 2)-at(1, 2)*at(2, 0)) + at(0, 2)*(at(1, 0)*at(2, 1)-at(1, 1)*at(2, 0))
		if math.Abs(det) > 1e-5 {
			return false
		}
	}
	return size > 0
}

// frequencyEntropy is the cross-entropy of the words of sentences under their own frequencies:
// no guess that does not look at the sentence has less.
func frequencyEntropy(e *Encoder, sentences []Sentence) float64 {
	counts, total, h := map[int]float64{}, 0.0, 0.0
	for _, s := range sentences {
		for _, z := range e.Tokenizer.Encode(s.Words) {
			counts[z]++
			total++
		}
	}
	for _, n := range counts {
		h -= n / total * math.Log(n/total)
	}
	return h
}

// What is trained is what is merged: the encoder with factors says what the merged one says.
func TestLoRAMerges(t *testing.T) {
	e, c := smallEncoder(t)
	b := opened(t)
	l := LoRA{Rank: 3, Alpha: 2, Only: []string{"*query.weight", "*output.dense.weight"}}
	moved, err := l.weights(e.Net)
	if err != nil || len(moved) != 6 {
		t.Fatalf("%q, %v", moved, err)
	}
	factors := l.layout(e.Net, moved)
	for i := range factors { // B starts at zero, which would test nothing
		factors[i].Init = model.Normal(0.5)
	}
	drawn := model.Draw(factors, 7, "test")
	all := model.Params{Layout: append(e.Net.Params(), factors...), Values: append(slices.Clone(e.Params.Values), drawn.Values...)}
	merged, err := l.Merge(all, e.Net.Params())
	if err != nil {
		t.Fatal(err)
	}
	var texts []Text
	for _, s := range c.Parts[Test][:20] {
		texts = append(texts, Text{A: s.Words})
	}
	r, err := e.Reader(b, texts)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want, err := r.Vectors(merged)
	if err != nil {
		t.Fatal(err)
	}
	apart := *r
	apart.layout = all.Layout
	exec, err := apart.compile(func(p map[string]*Node, columns []*Node) []*Node {
		l.apply(p, moved)
		return []*Node{e.vectors(p, columns)}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	got, err := apart.rows(exec, all)
	if err != nil || !(testkit.Farthest(got, want) <= 1e-5) { // float32, states of order one
		t.Errorf("off by %g, %v", testkit.Farthest(got, want), err)
	}
	plain, err := r.Vectors(e.Params)
	if err != nil || !(testkit.Farthest(plain, want) > 0.1) {
		t.Errorf("the factors change nothing: %v", err)
	}
}

// AdamR lets the head go where it will: with a decay that holds all else at θ_P it moves as far as
// without.
func TestHeadIsFree(t *testing.T) {
	e, c := smallEncoder(t)
	task, err := c.Task("sim", 1)
	if err != nil {
		t.Fatal(err)
	}
	tuned, err := e.Tune(context.Background(), opened(t), task, AdamR(60, 1e-2, 50, false, 1), train.Checkpoint{})
	if err != nil {
		t.Fatal(err)
	}
	delta := tuned.Delta()
	body := delta.Norm() / math.Sqrt(float64(delta.Layout.Count()))
	moved := tuned.Params.Sub(tuned.Start).Get("classifier.weight")
	head := 0.0
	for _, v := range moved {
		head += v * v / float64(len(moved))
	}
	if head = math.Sqrt(head); !(head > 0.05 && body < 0.1*head) {
		t.Errorf("entries of the head moved by %g, others by %g", head, body)
	}
}
