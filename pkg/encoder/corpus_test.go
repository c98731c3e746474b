package encoder

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/data"
)

// Brown has 44,557 sentences of 4 to 30 tokens with 715,440 tokens, counted by another program;
// they lie in one part each, by documents, seven to one to two.
func TestBrown(t *testing.T) {
	if _, err := data.Brown(context.Background()); err != nil {
		t.Skip(err)
	}
	c, err := Brown(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	of, sentences, tokens := map[string]string{}, 0, 0
	for part, all := range c.Parts {
		for _, s := range all {
			if was, seen := of[s.Document]; seen && was != part {
				t.Fatalf("%s is in %s and %s", s.Document, was, part)
			}
			of[s.Document] = part
			sentences++
			tokens += len(s.Words)
		}
	}
	// Those of no known word, as headlines of four names, are left out.
	if left := 44557 - sentences; left < 0 || left > 20 || 715440-tokens < 4*left || 715440-tokens > 30*left {
		t.Errorf("%d sentences of %d tokens, want 44557 of 715440 but for a few without a known word", sentences, tokens)
	}
	counts := map[string]float64{}
	for _, part := range of {
		counts[part]++
	}
	// Of 500 documents with shares p, four standard deviations.
	for part, p := range map[string]float64{Train: 0.7, Validation: 0.1, Test: 0.2} {
		if d := math.Abs(counts[part] - 500*p); !(d <= 4*math.Sqrt(500*p*(1-p))) {
			t.Errorf("%g documents for %s, want %g", counts[part], part, 500*p)
		}
	}
	words := c.Vocab.Words()
	if len(words) != 4005 || !slices.Equal(words[:5], special) || words[5] != "the" || !slices.Contains(words, number) {
		t.Errorf("%d words, which begin with %q", len(words), words[:8])
	}
	for _, name := range Tasks {
		task, err := c.Task(name, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(task.Parts[Validation]); got != 500 {
			t.Errorf("%s has %d examples for validation", name, got)
		}
		if got := len(task.Parts[Test]); got != 1000 {
			t.Errorf("%s has %d examples for the test", name, got)
		}
		ones := 0
		for _, e := range task.Parts[Train] {
			ones += e.Class
		}
		n := float64(len(task.Parts[Train]))
		if share := float64(ones) / n; task.Classes == 2 && (share < 0.35 || share > 0.65) {
			t.Errorf("%s: %.2f of %g examples are of class 1", name, share, n)
		}
	}
}

func TestVocabulary(t *testing.T) {
	c := smallCorpus(t)
	words := c.Vocab.Words()
	if len(words) != 30 || !slices.Contains(words, number) {
		t.Fatalf("words %q", words)
	}
	got := c.Vocab.Encode([]string{"3.14", "$5,000", "1960s", "NOWHERE", strings.ToUpper(words[7]), number})
	n, unknown := slices.Index(words, number), c.Vocab.Special().Unknown
	if want := []int{n, n, unknown, unknown, 7, n}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	s := c.Vocab.Special()
	if s != (Special{0, 1, 2, 3, 4}) {
		t.Errorf("special words %+v", s)
	}
	_, err := NewCorpus(documents()[:1], 20)
	fails(t, err, "no sentence of 4 to 30 tokens", "more documents")
	_, err = NewCorpus([]data.Document{{ID: "ca01"}}, 20)
	fails(t, err, "no sentence")
}

// The parts do not depend on a seed, tasks on nothing else.
func TestTasksRepeat(t *testing.T) {
	c := smallCorpus(t)
	for _, name := range Tasks {
		var drawn []*Task
		for _, seed := range []uint64{1, 1, 2} {
			task, err := c.Task(name, seed)
			if err != nil {
				t.Fatal(err)
			}
			drawn = append(drawn, task)
		}
		same := func(a, b *Task) bool {
			return slices.EqualFunc(a.Parts[Train], b.Parts[Train], func(x, y Example) bool {
				return slices.Equal(x.A, y.A) && slices.Equal(x.B, y.B) && x.Class == y.Class && x.Target == y.Target
			})
		}
		if !same(drawn[0], drawn[1]) || same(drawn[0], drawn[2]) {
			t.Errorf("%s does not depend on its seed alone", name)
		}
	}
	_, err := c.Task("mood", 1)
	fails(t, err, `"mood"`, "genre", "sim")
}

// What is to be said of an example follows from its text.
func TestTasksTell(t *testing.T) {
	c := smallCorpus(t)
	own := map[string]bool{}
	for _, part := range c.Parts {
		for _, s := range part {
			own[strings.Join(s.Words, " ")] = true
		}
	}
	task := func(name string) []Example {
		made, err := c.Task(name, 5)
		if err != nil {
			t.Fatal(err)
		}
		return made.Parts[Train]
	}
	for _, e := range task("genre") {
		if want := map[byte]int{'a': 0, 'k': 1}[e.Document[1]]; e.Class != want || e.B != nil {
			t.Errorf("a sentence of %s is of class %d", e.Document, e.Class)
		}
	}
	for _, e := range task("accept") {
		if own[strings.Join(e.A, " ")] != (e.Class == 1) {
			t.Errorf("%v is of class %d", e.A, e.Class)
		}
	}
	from, others, kept, length := 0.0, 0.0, 0, 0
	for _, e := range task("pair") {
		common := 0
		for _, w := range e.B {
			if slices.Contains(e.A, w) {
				common++
			}
		}
		share := float64(common) / float64(len(e.B))
		if e.Class == 1 {
			from += share
			kept, length = kept+len(e.B), length+len(e.A)
			if share < 0.3 && len(e.B) > 5 {
				t.Errorf("%v is made of %v", e.B, e.A)
			}
		} else {
			others += share
		}
	}
	if !(from > others) {
		t.Errorf("pairs share %g words, others %g", from, others)
	}
	// Of some thousand words a share of 0.4 is kept, with a standard deviation of 0.007.
	if share := float64(kept) / float64(length); !(math.Abs(share-0.4) < 0.03) {
		t.Errorf("%.3f of the words of a pair are kept, want 0.4", share)
	}
	for _, e := range task("sim") {
		equal := 0
		for i, w := range e.A {
			if e.B[i] == w {
				equal++
			}
		}
		if share := 5 * float64(equal) / float64(len(e.A)); !(share >= e.Target) || e.Target == 5 && share != 5 || e.Target == 0 && equal > len(e.A)/2 {
			t.Errorf("%v and %v agree in %d places, target %g", e.A, e.B, equal, e.Target)
		}
	}
}

// A score is the measure of package metric; what cannot be judged is an error.
func TestScore(t *testing.T) {
	c := smallCorpus(t)
	for _, name := range Tasks {
		task, err := c.Task(name, 1)
		if err != nil {
			t.Fatal(err)
		}
		var right, wrong []float64
		for _, e := range task.Parts[Test] {
			if task.Classes == 0 {
				right, wrong = append(right, 2*e.Target-1), append(wrong, -e.Target)
				continue
			}
			sure := 3*float64(e.Class) - 1.5
			right, wrong = append(right, -sure, sure), append(wrong, sure, -sure)
		}
		best, err := task.Score(Test, right)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range task.Measures() {
			if !(math.Abs(best[i]-1) < 1e-12) {
				t.Errorf("%s: %s of what is right is %g", name, m, best[i])
			}
		}
		worst, err := task.Score(Test, wrong)
		if err != nil || !(worst[0] < 0.5) {
			t.Errorf("%s: what is wrong has the score %g, %v", name, worst, err)
		}
		_, err = task.Score("dev", right)
		fails(t, err, `"dev"`)
		_, err = task.Score(Test, right[1:])
		fails(t, err, "outputs for the test of "+name)
		right[2] = math.NaN()
		_, err = task.Score(Test, right)
		fails(t, err, "NaN")
	}
}
