package study

import (
	"strings"

	prose "github.com/jdkato/prose/v2"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/geometry"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
	"github.com/marginalia-ml/marginalia/pkg/text"
)

// Corpus is a text, pooled into contexts of five words.
type Corpus struct {
	Name   string
	Words  []string // the vocabulary
	Pooled *softlabel.Pooled
	Parts  Parts
}

// Fives pools a text over its most frequent words and a sign for all others.
func Fives(name string, words []string, size int, parts Parts) Corpus {
	names, tokens := notebook.Must2(text.Vocabulary(words, size))
	windows := notebook.Must(text.Windows(tokens, 6))
	return Corpus{name, names, notebook.Must(softlabel.Pool(windows, size, 5)), parts}
}

// Novel is the novel, without parts of speech.
func Novel(cell *notebook.Cell, size int) Corpus {
	return Fives("novel", data.Words(notebook.Must(data.Novel(cell.Context()))), size, nil)
}

// Tagged is the novel, read by a tagger.
func Tagged(cell *notebook.Cell, size int) Corpus {
	c, p := Novel(cell, size), Parts{}
	novel := notebook.Must(data.Novel(cell.Context()))
	for _, t := range notebook.Must(prose.NewDocument(novel, prose.WithExtraction(false), prose.WithSegmentation(false))).Tokens() {
		p.add(t.Text, t.Tag)
	}
	c.Parts = p
	return c
}

// Brown is the Brown corpus with the parts of speech that it marks; an error says that it
// is not here: it needs the npm client, once.
func Brown(cell *notebook.Cell, size int) (Corpus, error) {
	documents, err := data.Brown(cell.Context())
	if err != nil {
		return Corpus{}, err
	}
	var words []string
	p := Parts{}
	for _, d := range documents {
		words = append(words, d.Words()...)
		for _, sentence := range d.Sentences {
			for _, t := range sentence {
				p.add(t.Word, t.Tag)
			}
		}
	}
	return Fives("Brown corpus", words, size, p), nil
}

// Parts counts the parts of speech of words.
type Parts map[string]map[string]int

func (p Parts) add(word, tag string) {
	word = strings.ToLower(word)
	if p[word] == nil {
		p[word] = map[string]int{}
	}
	p[word][tag]++
}

// Commonest is the commonest part of speech of a word, "" for one that was never seen.
func (p Parts) Commonest(word string) (best string) {
	for tag, n := range p[word] {
		if m := p[word][best]; n > m || n == m && tag < best {
			best = tag
		}
	}
	return best
}

// Same tells for every word whether its nearest word has the same part of speech. The sign
// for all other words has none, and is not the same as anything.
func (c Corpus) Same(cosines *mat.Dense) (same []bool) {
	for z, w := range c.Words {
		tag := c.Parts.Commonest(w)
		near := geometry.Nearest(cosines, z, 1)
		same = append(same, tag != "" && len(near) > 0 && tag == c.Parts.Commonest(c.Words[near[0]]))
	}
	return same
}

// Fraction is the share of true ones.
func Fraction(list []bool) float64 {
	n := 0.0
	for _, x := range list {
		if x {
			n++
		}
	}
	return n / float64(len(list))
}

// Discordant counts the words on which two methods differ: a has a neighbour of the same
// part of speech and b has not, and the reverse.
func Discordant(a, b []bool) (onlyA, onlyB int) {
	for i := range a {
		if a[i] && !b[i] {
			onlyA++
		}
		if b[i] && !a[i] {
			onlyB++
		}
	}
	return onlyA, onlyB
}

// Method compares words by a matrix of cosines.
type Method struct {
	Name    string
	Cosines *mat.Dense
}

// Methods are the proxy's geometry and what it is compared with, from counts to what the
// older word embeddings factorise.
func (c Corpus) Methods() []Method {
	gram, _ := notebook.Must2(geometry.ProxyGram(c.Pooled.Together()))
	return []Method{
		{"S̃", geometry.Cosines(gram)}, {"rows of S", geometry.Cosines(c.Pooled.Together())},
		{"PPMI", geometry.Cosines(c.Pooled.PPMIGram())}, {"counts", geometry.Cosines(c.Pooled.CountGram())},
	}
}

// Chain walks from the first word to the nearest that was not visited, n words long.
func Chain(C *mat.Dense, n int) []int {
	order, seen := []int{0}, map[int]bool{0: true}
	size, _ := C.Dims()
	for len(order) < min(n, size) {
		for _, y := range geometry.Nearest(C, order[len(order)-1], size) {
			if !seen[y] {
				order, seen[y] = append(order, y), true
				break
			}
		}
	}
	return order
}
