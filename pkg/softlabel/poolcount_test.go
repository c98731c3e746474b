package softlabel

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/text"
)

func TestFrequent(t *testing.T) {
	story := strings.Fields("the cat sat on the mat and the dog sat on the mat and the cat saw the dog and a dog saw a cat on a mat")
	words, tokens, err := text.Vocabulary(story, 6)
	if err != nil {
		t.Fatal(err)
	}
	p := must(Pool(must(text.Windows(tokens, 3))(t), len(words), 2))(t)
	sizes := p.Sizes(3)
	if sizes[0]+sizes[1]+sizes[2] != len(p.Counts) {
		t.Errorf("sizes %v of %d contexts", sizes, len(p.Counts))
	}

	s := must(p.Frequent(3, words))(t)
	if len(s.Words) != s.V || len(s.Contexts) != 3 || len(strings.Fields(s.Contexts[0])) != 2 {
		t.Errorf("words %q, contexts %q", s.Words, s.Contexts)
	}
	for j := range s.S {
		if len(s.S[j]) < 2 {
			t.Errorf("context %d has the support %v", j, s.S[j])
		}
	}
	if _, err := p.Frequent(1000, words); err == nil {
		t.Error("no error for more contexts than there are")
	}
	if _, err := p.Frequent(1, words[:2]); err == nil {
		t.Error("no error for missing words")
	}
}

// PPMIGram is M Mᵀ of the matrix of max(0, PMI) that P and π give.
func TestPPMIGram(t *testing.T) {
	story := strings.Fields("the cat sat on the mat and the dog sat on the mat and the cat saw the dog and a dog saw a cat on a mat")
	words, tokens, err := text.Vocabulary(story, 6)
	if err != nil {
		t.Fatal(err)
	}
	p := must(Pool(must(text.Windows(tokens, 3))(t), len(words), 2))(t)
	P, pi := p.Frequencies()
	V, m := P.Dims()
	var share mat.VecDense
	share.MulVec(P, mat.NewVecDense(m, pi))
	M, negative := mat.NewDense(V, m, nil), 0
	for z := range V {
		for j := range m {
			if P.At(z, j) > 0 {
				pmi := math.Log(P.At(z, j) / share.AtVec(z))
				M.Set(z, j, max(0, pmi))
				if pmi < 0 {
					negative++
				}
			}
		}
	}
	if negative == 0 {
		t.Fatal("no pair with negative information: the test cannot tell PPMI from PMI")
	}
	var want mat.Dense
	want.Mul(M, M.T())
	if got := p.PPMIGram(); !mat.EqualApprox(got, &want, 1e-12) {
		t.Errorf("M Mᵀ is\n%v, want\n%v", mat.Formatted(got), mat.Formatted(&want))
	}
}
