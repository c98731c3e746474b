package encoder

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/metric"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Example is a text with what is to be said of it.
type Example struct {
	Text
	Class    int     // of a classification
	Target   float64 // of a regression
	Document string
}

// Task is a set of examples in three parts.
type Task struct {
	Name    string
	Classes int // 0 for a regression
	Parts   map[string][]Example

	measures []measure // the first is the task's score
}

// The most examples of each part.
var most = map[string]int{Train: 20000, Validation: 500, Test: 1000}

// Tasks are the names of the tasks that [Corpus.Task] makes.
//
//	genre   a sentence: from a story (1) or from the press, prose of information (0)?  accuracy
//	accept  a sentence: as it was (1), or its words in another order (0)?              MCC
//	pair    two: is the second made of the first (1) or of another sentence (0)?       mean of accuracy and F1
//	sim     two: five times the share of words that stayed at their places             mean of Pearson and Spearman
var Tasks = []string{"genre", "accept", "pair", "sim"}

// Genres by the letters of documents: fiction, and press and information.
const fiction, information = "klmnpr", "abchj"

// Of a pair, which words are dropped and which are others: Text B of a pair.
const (
	dropped = 0.6
	noise   = 0.1
	shared  = 0.2 // of a sentence that has nothing to do with the first
)

// Task makes the examples of a task of [Tasks] from a corpus. The order of sentences and what
// is changed in them are drawn from the seed; the parts are those of the documents.
func (c *Corpus) Task(name string, seed uint64) (*Task, error) {
	t := &Task{Name: name, Classes: 2, Parts: map[string][]Example{}}
	var make func(rng *rand.Rand, s Sentence, part []Sentence) (Example, bool)
	switch name {
	case "genre":
		make, t.measures = c.genre, []measure{accuracy}
	case "accept":
		make, t.measures = c.accept, []measure{mcc, accuracy}
	case "pair":
		make, t.measures = c.pair, []measure{pairMean, accuracy, f1}
	case "sim":
		make, t.measures, t.Classes = c.sim, []measure{simMean, pearson, spearman}, 0
	default:
		return nil, fmt.Errorf("encoder: unknown task %q: known are %q", name, Tasks)
	}
	for part, sentences := range c.Parts {
		rng := random.Stream(seed, "encoder/task "+name+" "+part)
		for _, i := range rng.Perm(len(sentences)) {
			if len(t.Parts[part]) == most[part] {
				break
			}
			if e, ok := make(rng, sentences[i], sentences); ok {
				e.Document = sentences[i].Document
				t.Parts[part] = append(t.Parts[part], e)
			}
		}
		if len(t.Parts[part]) == 0 {
			return nil, fmt.Errorf("encoder: the task %s has no examples for %s in %d sentences", name, part, len(sentences))
		}
	}
	return t, nil
}

func (c *Corpus) genre(_ *rand.Rand, s Sentence, _ []Sentence) (Example, bool) {
	letter := s.Document[1:2]
	e := Example{Text: Text{A: s.Words}}
	switch {
	case strings.Contains(fiction, letter):
		e.Class = 1
	case !strings.Contains(information, letter):
		return e, false
	}
	return e, true
}

func (c *Corpus) accept(rng *rand.Rand, s Sentence, _ []Sentence) (Example, bool) {
	e := Example{Text: Text{A: s.Words}, Class: rng.IntN(2)}
	if e.Class == 1 {
		return e, true
	}
	e.A = slices.Clone(s.Words)
	rng.Shuffle(len(e.A), func(i, j int) { e.A[i], e.A[j] = e.A[j], e.A[i] })
	return e, !slices.Equal(e.A, s.Words)
}

func (c *Corpus) pair(rng *rand.Rand, s Sentence, part []Sentence) (Example, bool) {
	e := Example{Text: Text{A: s.Words}, Class: rng.IntN(2)}
	from, mixed := s.Words, noise
	if e.Class == 0 {
		from = part[rng.IntN(len(part))].Words
		mixed = noise + shared
	}
	for _, w := range from {
		if rng.Float64() < dropped {
			continue
		}
		switch u := rng.Float64(); {
		case u < noise:
			w = c.word(rng)
		case u < mixed:
			w = s.Words[rng.IntN(len(s.Words))]
		}
		e.B = append(e.B, w)
	}
	return e, len(e.B) > 0
}

func (c *Corpus) sim(rng *rand.Rand, s Sentence, _ []Sentence) (Example, bool) {
	n := len(s.Words)
	k := rng.IntN(n + 1)
	e := Example{Text: Text{A: s.Words, B: slices.Clone(s.Words)}, Target: 5 * float64(k) / float64(n)}
	for _, i := range rng.Perm(n)[k:] {
		e.B[i] = c.word(rng)
	}
	return e, true
}

// word is one of the vocabulary's.
func (c *Corpus) word(rng *rand.Rand) string {
	words := c.Vocab.Words()
	return words[len(special)+rng.IntN(len(words)-len(special))]
}

// Texts returns the texts of a part.
func (t *Task) Texts(part string) []Text {
	var out []Text
	for _, e := range t.Parts[part] {
		out = append(out, e.Text)
	}
	return out
}

// Outputs returns how many numbers a head has for the task.
func (t *Task) Outputs() int { return max(t.Classes, 1) }

// Measures returns the names of what a task is judged by, its score first.
func (t *Task) Measures() (names []string) {
	for _, m := range t.measures {
		names = append(names, m.name)
	}
	return names
}

// Score judges outputs [n, Outputs] of a head on a part, by each of Measures.
func (t *Task) Score(part string, outputs []float64) ([]float64, error) {
	examples := t.Parts[part]
	if len(examples) == 0 {
		return nil, fmt.Errorf("encoder: the task %s has no examples for %q", t.Name, part)
	}
	if want := len(examples) * t.Outputs(); len(outputs) != want {
		return nil, fmt.Errorf("encoder: %d outputs for the %s of %s, want %d", len(outputs), part, t.Name, want)
	}
	for i, x := range outputs {
		if math.IsNaN(x) {
			return nil, fmt.Errorf("encoder: the output of example %d of the %s of %s is NaN", i/t.Outputs(), part, t.Name)
		}
	}
	j := judged{outputs: outputs}
	if t.Classes > 0 {
		classes := make([]int, len(examples))
		for i, e := range examples {
			classes[i] = e.Class
		}
		taken, err := metric.Predict(outputs, t.Classes)
		if err != nil {
			return nil, err
		}
		if j.confusion, err = metric.NewConfusion(classes, taken, t.Classes); err != nil {
			return nil, err
		}
	} else {
		for _, e := range examples {
			j.targets = append(j.targets, e.Target)
		}
	}
	scores := make([]float64, len(t.measures))
	for i, m := range t.measures {
		scores[i] = m.of(j)
	}
	return scores, nil
}

// judged is what measures are taken of.
type judged struct {
	confusion        metric.Confusion
	outputs, targets []float64
}

type measure struct {
	name string
	of   func(j judged) float64
}

var (
	accuracy = measure{"accuracy", func(j judged) float64 { return j.confusion.Accuracy() }}
	mcc      = measure{"MCC", func(j judged) float64 { return j.confusion.MCC() }}
	f1       = measure{"F1", func(j judged) float64 { return j.confusion.F1(1) }}
	pairMean = measure{"mean of accuracy and F1", func(j judged) float64 { return (accuracy.of(j) + f1.of(j)) / 2 }}
	pearson  = measure{"Pearson", func(j judged) float64 { return metric.Pearson(j.outputs, j.targets) }}
	spearman = measure{"Spearman", func(j judged) float64 { return metric.Spearman(j.outputs, j.targets) }}
	simMean  = measure{"mean of Pearson and Spearman", func(j judged) float64 { return (pearson.of(j) + spearman.of(j)) / 2 }}
)
