package geometry

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/softlabel"
	"github.com/marginalia-ml/marginalia/pkg/text"
)

// The Gram matrices of a text without its V×m matrix are those with it.
func TestTextGeometry(t *testing.T) {
	story := strings.Fields("the cat sat on the mat and the dog sat on the mat and the cat saw the dog and a dog saw a cat on a mat")
	words, tokens, err := text.Vocabulary(story, 6)
	if err != nil {
		t.Fatal(err)
	}
	p := must(softlabel.Pool(must(text.Windows(tokens, 3))(t), len(words), 2))(t)
	S, N := mat.NewDense(len(words), len(p.Counts), nil), mat.NewDense(len(words), len(p.Counts), nil)
	for j, counts := range p.Counts {
		for z, n := range counts {
			S.Set(z, j, 1)
			N.Set(z, j, float64(n))
		}
	}
	nearMatrix(t, "S Sᵀ", p.Together(), outer(S), 0)
	nearMatrix(t, "N Nᵀ", p.CountGram(), outer(N), 0)
	centred := mat.DenseCopyOf(S)
	for j := range p.Counts {
		mean := mat.Sum(S.ColView(j)) / float64(len(words))
		for z := range words {
			centred.Set(z, j, S.At(z, j)-mean)
		}
	}
	gram, rank, err := ProxyGram(p.Together())
	if err != nil {
		t.Fatal(err)
	}
	g := must(New(centred))(t)
	nearMatrix(t, "(S̃ S̃ᵀ)^½", gram, g.GramW(), 1e-7) // roots of zero eigenvalues: √1e-15
	if rank != g.Rank() {
		t.Errorf("rank %d, want %d", rank, g.Rank())
	}
}

func TestNearest(t *testing.T) {
	C := mat.NewDense(4, 4, []float64{1, 0.2, 0.9, 0.2, 0.2, 1, 0, 0, 0.9, 0, 1, 0, 0.2, 0, 0, 1})
	if got, want := Nearest(C, 0, 3), []int{2, 1, 3}; !slices.Equal(got, want) {
		t.Errorf("nearest %v, want %v", got, want)
	}
}

// One token a context is always exact; with more it depends on the number of contexts.
func TestExactPhase(t *testing.T) {
	c := ExactConfig{V: 8, K: []int{1, 2}, M: []int{10, 150}, Draws: 4, Seed: 1}
	f := must(ExactPhase(c))(t)
	again := must(ExactPhase(c))(t)
	for i := range f {
		if !slices.Equal(f[i], again[i]) {
			t.Error("a second run differs")
		}
	}
	if f[0][0] != 1 || f[0][1] != 1 || f[1][1] != 1 || f[1][0] == 1 {
		t.Errorf("fractions %v", f)
	}
	c = ExactConfig{V: 10, K: []int{3}, M: []int{30}, Draws: 20, Seed: 1}
	share := 0.0
	for i := range c.Draws {
		if must(c.decide(3, 30, i))(t) {
			share += 1 / float64(c.Draws)
		}
	}
	if got := must(ExactPhase(c))(t)[0][0]; !(share > 0 && share < 1) || math.Abs(got-share) > identityTol {
		t.Errorf("fraction %v, %v by its draws: want one number, between zero and one", got, share)
	}
	if _, err := ExactPhase(ExactConfig{V: 6, K: []int{6}, M: []int{2}, Draws: 1}); err == nil {
		t.Error("no error for supports of all tokens")
	}
	if _, err := ExactPhase(ExactConfig{}); err == nil {
		t.Error("no error for an empty diagram")
	}
}
