package attention

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestContest: on sentences that a word decides every optimizer learns, and the order
// of the examples is the seed's.
func TestContest(t *testing.T) {
	c := ContestConfig{
		Task: "sentences", Corpus: CorpusConfig{Neutral: 30, PerClass: 2, Length: 6, Sentences: 180},
		Text: TextConfig{Vocabulary: 40, Length: 6, D: 8}, Batch: 20, Epochs: 12, Seeds: []uint64{1},
		Grid: []Grid{{"SGD", []float64{1e-6, 3}}, {"SNGD", []float64{0.3}}, {"Adam", []float64{0.03}}},
	}
	first, err := RunContest(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, optimizer := range []string{"SGD", "SNGD", "Adam"} {
		e := first.Best(optimizer)
		loss := e.Mean(TrainLoss)
		near(t, "first loss", loss[0], math.Ln2, 1e-6)
		if !(loss[len(loss)-1] < 0.35) || e.Rate < 1e-3 {
			t.Errorf("%s at %g ends at loss %g", optimizer, e.Rate, loss[len(loss)-1])
		}
	}
	c.Grid = c.Grid[2:]
	again, err := RunContest(c)
	if err != nil {
		t.Fatal(err)
	}
	a, b := first.Best("Adam").Mean(TrainLoss), again.Best("Adam").Mean(TrainLoss)
	if !slices.Equal(a, b) {
		t.Errorf("two runs of one seed: %v and %v", a, b)
	}
	if first.Best("Lion") != nil {
		t.Error("an optimizer that did not take part was the best of its kind")
	}
}

func TestContestRefuses(t *testing.T) {
	good := ContestConfig{
		Task: "sentences", Corpus: CorpusConfig{Neutral: 3, PerClass: 2, Length: 3, Sentences: 30},
		Text: TextConfig{Vocabulary: 10, Length: 3, D: 2}, Batch: 5, Epochs: 1, Seeds: []uint64{1}, Grid: []Grid{{"SGD", []float64{1}}},
	}
	for name, spoil := range map[string]func(*ContestConfig){
		"unknown task":      func(c *ContestConfig) { c.Task = "chess" },
		"unknown optimizer": func(c *ContestConfig) { c.Grid[0].Optimizer = "Lion" },
		"negative rate":     func(c *ContestConfig) { c.Grid[0].Rates = []float64{-1} },
		"huge batch":        func(c *ContestConfig) { c.Batch = 1000 },
		"no epochs":         func(c *ContestConfig) { c.Epochs = 0 },
	} {
		c := good
		c.Grid = []Grid{{"SGD", []float64{1}}}
		spoil(&c)
		if _, err := RunContest(c); !errors.Is(err, ErrRun) {
			t.Errorf("%s gave %v, want ErrRun", name, err)
		}
	}
	bad := good
	bad.Corpus.Length = 0
	if _, err := RunContest(bad); !errors.Is(err, ErrData) {
		t.Errorf("empty sentences gave %v, want ErrData", err)
	}
	bad.File = filepath.Join(t.TempDir(), "absent.tsv")
	if _, err := RunContest(bad); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gave %v", err)
	}
}

func TestReadTSV(t *testing.T) {
	const file = "What a Fine day\tgood\n\nrain again\tbad\r\nfine\tgood\n"
	sentences, labels, err := ReadTSV(strings.NewReader(file))
	if err != nil || labels != [2]string{"bad", "good"} || len(sentences) != 3 {
		t.Fatalf("%v, labels %v, %v", sentences, labels, err)
	}
	if s := sentences[0]; s.Class != 1 || strings.Join(s.Words, " ") != "what a fine day" || sentences[1].Class != 0 {
		t.Errorf("%+v", sentences)
	}
	for name, bad := range map[string]string{
		"no tab":       "text\n",
		"two tabs":     "a\tb\tc\n",
		"no text":      "\tgood\n",
		"one label":    "a\tgood\nb\tgood\n",
		"three labels": "a\tx\nb\ty\nc\tz\n",
		"empty":        "",
	} {
		if _, _, err := ReadTSV(strings.NewReader(bad)); !errors.Is(err, ErrData) {
			t.Errorf("%s gave %v, want ErrData", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "own.tsv")
	if err := os.WriteFile(path, []byte(strings.Repeat(file, 10)), 0o644); err != nil {
		t.Fatal(err)
	}
	c := ContestConfig{Task: "sentences", File: path, Text: TextConfig{Vocabulary: 10, Length: 4, D: 4}, Batch: 5, Epochs: 5,
		Seeds: []uint64{1}, Grid: []Grid{{"Adam", []float64{0.1}}}}
	result, err := RunContest(c)
	if err != nil {
		t.Fatal(err)
	}
	if accuracy := result.Entries[0].Mean(TestAccuracy)[5]; accuracy != 1 {
		t.Errorf("accuracy %g on three sentences that repeat", accuracy)
	}
}

func TestText(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	train := []Sentence{{Words: []string{"b", "a", "b"}, Class: 1}, {Words: []string{"c"}}}
	p, err := Text(train, []Sentence{{Words: []string{"d", "b", "a", "a"}}}, TextConfig{Vocabulary: 2, Length: 3, D: 4}, rng)
	if err != nil {
		t.Fatal(err)
	}
	// b is the most frequent word, a comes before c.
	if got := p.Test[0].Value().([][]int32)[0]; got[0] != query || got[1] != unknown || got[2] != firstWord || got[3] != firstWord+1 {
		t.Errorf("encoded as %v", got)
	}
	if _, err := Text(train, []Sentence{{Class: 2}}, TextConfig{Vocabulary: 2, Length: 3, D: 4}, rng); !errors.Is(err, ErrData) {
		t.Errorf("class 2 gave %v", err)
	}
}

func TestDigits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p, err := Digits(t.Context(), DigitsConfig{Train: 60, Test: 20, D: 8}, rng)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Train[0].Shape().Dimensions; got[0] != 60 || got[1] != 16 || got[2] != 8 {
		t.Errorf("shape %v", got)
	}
	curves, err := Classify(t.Context(), "", []*Classes{p}, []Training{{Optimizer: "Adam", Rate: 0.01, Batch: 20, Epochs: 10, Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "loss of U = 0", curves[0].TrainLoss[0], math.Log(10), 1e-5)
	if c := curves[0]; !(c.TrainLoss[10] < 1) || !(c.TrainAccuracy[10] > 0.7) || !(c.Norm[10] > 0) || !(c.Peak[0] <= c.Peak[10]) {
		t.Errorf("%+v", c)
	}
	if _, err := Digits(t.Context(), DigitsConfig{Train: 60_001, Test: 20, D: 8}, rng); !errors.Is(err, ErrData) {
		t.Errorf("more images than there are gave %v", err)
	}
}
