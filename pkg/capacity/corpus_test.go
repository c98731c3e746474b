package capacity

import (
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sumTol bounds the round-off of sums of up to a thousand terms of order one to ten.
const sumTol = 1e-11

func generator() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// Example 11: "I love cats", "I love dogs", "I hate cats".
func TestExample11(t *testing.T) {
	c, err := NewCorpus([][]int{{0, 1, 3}, {0, 1, 4}, {0, 2, 3}}, 5, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Contexts) != 4 || len(c.Contexts[0]) != 0 {
		t.Errorf("contexts %v, want four with the empty one first", c.Contexts)
	}
	if got, want := c.Entropy(), 3*math.Log(3); !(math.Abs(got-want) <= sumTol) {
		t.Errorf("entropy %g, want 3 log 3 = %g", got, want)
	}
}

func TestExcessIsLossMinusEntropy(t *testing.T) {
	rng := generator()
	documents := make([][]int, 40)
	for i := range documents {
		for range 6 {
			documents[i] = append(documents[i], rng.IntN(4))
		}
	}
	c, err := NewCorpus(documents, 4, 0)
	if err != nil {
		t.Fatal(err)
	}
	logits := make([][]float64, len(c.Contexts))
	for j := range logits {
		for range 4 {
			logits[j] = append(logits[j], 3*rng.NormFloat64())
		}
	}
	loss := c.Loss(func(j int) []float64 { return LogSoftmax(logits[j]) })
	excess := c.Excess(func(j int) []float64 { return logits[j] })
	if !(math.Abs(loss-c.Entropy()-excess) <= sumTol*loss) {
		t.Errorf("loss %g - entropy %g is not the excess %g", loss, c.Entropy(), excess)
	}
	// At p̂ itself (large negative logits off the support) the excess is tiny, not 1e-13.
	tiny := c.Excess(func(j int) []float64 {
		l := c.Empirical(j)
		for z, p := range l {
			l[z] = math.Log(p + 1e-300)
		}
		return l
	})
	if !(tiny >= 0 && tiny < 1e-28) {
		t.Errorf("excess at p̂ is %g, want below the square of round-off", tiny)
	}
}

func TestBadCorpora(t *testing.T) {
	for _, test := range []struct {
		name      string
		make      func() (*Corpus, error)
		mentioned string
	}{
		{"one token", func() (*Corpus, error) { return NewCorpus([][]int{{0, 0}}, 1, 0) }, "vocabulary of 1"},
		{"no documents", func() (*Corpus, error) { return NewCorpus(nil, 3, 0) }, "no documents"},
		{"unequal lengths", func() (*Corpus, error) { return NewCorpus([][]int{{0, 1}, {0, 1, 2}}, 3, 0) }, "document 1 has 3 tokens and document 0 has 2"},
		{"token out of range", func() (*Corpus, error) { return NewCorpus([][]int{{0, 3}}, 3, 0) }, "token 3"},
		{"nothing to predict", func() (*Corpus, error) { return NewCorpus([][]int{{0}}, 3, 1) }, "nothing to predict"},
		{"kind of text", func() (*Corpus, error) { return Text{Kind: "poem", N: 3}.Corpus() }, `"poem"`},
		{"too few documents", func() (*Corpus, error) { return Text{Kind: "novel", N: 1 << 20}.Corpus() }, "are asked for"},
		{"no document", func() (*Corpus, error) { return Text{Kind: "grammar"}.Corpus() }, "0 documents"},
	} {
		_, err := test.make()
		if !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), test.mentioned) {
			t.Errorf("%s: error %v, want one that says %q", test.name, err, test.mentioned)
		}
	}
}

func TestTexts(t *testing.T) {
	for _, kind := range []string{"grammar", "novel"} {
		small, err := Text{Kind: kind, N: 50, Seed: 1}.Corpus()
		if err != nil {
			t.Fatal(err)
		}
		large, err := Text{Kind: kind, N: 100, Seed: 1}.Corpus()
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Text{Kind: kind, N: 50, Seed: 1}.Corpus()
		for i, d := range small.Documents {
			if !slices.Equal(d, again.Documents[i]) {
				t.Fatalf("%s: document %d differs in a second draw", kind, i)
			}
			for p, z := range d {
				if small.Words[z] != large.Words[large.Documents[i][p]] {
					t.Fatalf("%s: document %d is not the same among 50 and 100", kind, i)
				}
			}
		}
		if small.Zeta != len(small.Words) || !(len(small.Contexts) < len(large.Contexts)) {
			t.Errorf("%s: %d words for ζ = %d, %d and %d contexts", kind, len(small.Words), small.Zeta, len(small.Contexts), len(large.Contexts))
		}
		t.Logf("%s: N = 100, ζ = %d, n = %d, entropy %.1f; %s", kind, large.Zeta, len(large.Contexts), large.Entropy(), strings.Join(sentence(large, 0), " "))
	}
}

func sentence(c *Corpus, i int) (words []string) {
	for _, z := range c.Documents[i] {
		words = append(words, c.Words[z])
	}
	return words
}

// The reader's own stories: a byte order mark is no token, a mark of its own is the accent of
// its letter, and other encodings are an error about them.
func TestOwnStories(t *testing.T) {
	read := func(name string) (*Corpus, error) {
		return Text{Kind: "file", Path: filepath.Join("..", "text", "testdata", name), N: 2, Seed: 1}.Corpus()
	}
	for _, name := range []string{"plain.txt", "bom.txt"} {
		c, err := read(name)
		if err != nil {
			t.Fatal(err)
		}
		if h := c.Entropy(); len(c.Contexts) != 13 || !(math.Abs(h-2*math.Ln2) <= sumTol) {
			t.Errorf("%s: %d contexts, entropy %g, want 13 and 2 log 2", name, len(c.Contexts), h)
		}
	}
	c, err := read("nfd.txt")
	if err != nil || !slices.Contains(c.Words, "\u00e9t\u00e9") || c.Zeta != 9 {
		t.Errorf("nfd.txt: %v, %v", c, err)
	}
	for name, mentioned := range map[string]string{"latin1.txt": "byte 3, in line 1", "utf16.txt": "UTF-16"} {
		if _, err := read(name); err == nil || !strings.Contains(err.Error(), mentioned) {
			t.Errorf("%s: error %v, want one that says %q", name, err, mentioned)
		}
	}
}
