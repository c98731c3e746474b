package study

import (
	"fmt"
	"math"
	"slices"
	"strings"

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
	for _, t := range notebook.Must(tag(novel)) {
		p.add(t.Word, t.Tag)
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

// SignTest is (a - b)/√(a + b): about standard normal where either is as likely.
func SignTest(a, b int) float64 { return float64(a-b) / math.Sqrt(float64(a+b)) }

// Lead is the sign test of two matrices of cosines, by the words on which they differ.
func (c Corpus) Lead(first, second *mat.Dense) float64 {
	return SignTest(Discordant(c.Same(first), c.Same(second)))
}

// NearestTable lists the neighbours of a few words by every method.
func (c Corpus) NearestTable(methods []Method, words ...string) (head []string, rows [][]string) {
	head = []string{"word, " + c.Name}
	for _, m := range methods {
		head = append(head, "nearest by "+m.Name)
	}
	for z, w := range c.Words {
		if !slices.Contains(words, w) {
			continue
		}
		row := []string{w}
		for _, m := range methods {
			var list []string
			for _, y := range geometry.Nearest(m.Cosines, z, 4) {
				list = append(list, c.Words[y])
			}
			row = append(row, strings.Join(list, ", "))
		}
		rows = append(rows, row)
	}
	return head, rows
}

// Shares says how often the methods find a neighbour of the same part of speech.
func (c Corpus) Shares(methods []Method) string {
	var list []string
	for _, m := range methods {
		list = append(list, fmt.Sprintf("%s %.1f %%", m.Name, 100*Fraction(c.Same(m.Cosines))))
	}
	return c.Name + ": " + strings.Join(list, ", ")
}

// TextTable counts what the supports of texts look like.
func TextTable(texts []Corpus) (head []string, rows [][]string) {
	for _, t := range texts {
		sizes, m, pairs := t.Pooled.Sizes(10), len(t.Pooled.Contexts), 0
		for _, c := range t.Pooled.Counts {
			pairs += len(c)
		}
		_, rank := notebook.Must2(geometry.ProxyGram(t.Pooled.Together()))
		share := func(n int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(m)) }
		rows = append(rows, []string{t.Name, fmt.Sprint(m), fmt.Sprintf("%.3f", t.Pooled.Entropy(5)),
			fmt.Sprintf("%.2f %%", 100*float64(pairs)/float64(m*t.Pooled.V)), share(sizes[0]), share(sizes[9]), fmt.Sprint(rank)})
	}
	return []string{"text", "contexts", "entropy, nats", "entries of S that are one", "supports of one word", "of ten or more", "rank of S̃"}, rows
}

// GeometryTable compares the proxy with Lmm on contexts of a text.
func GeometryTable(s *softlabel.Labels) [][]string {
	mm := notebook.Must(geometry.Lmm(s.Pattern, nil))
	cert, exact, proxy := Certificate(s.Pattern), Of(mm.L), Of(s.Proxy())
	words, contexts := AnglesOf(mm.L).From(AnglesOf(s.Proxy()))
	return [][]string{
		{"words, contexts, distinct supports", fmt.Sprintf("%d, %d, %d", s.V, len(s.S), len(s.Merge().S))},
		{"mean size of a support", fmt.Sprintf("%.1f", s.MeanSupport())},
		{"‖S̃‖_*, ‖Lmm‖_*, excess", fmt.Sprintf("%.2f, %.2f, %.2f %%", proxy.Nuclear(), mm.Primal, 100*(proxy.Nuclear()/mm.Primal-1))},
		{"rank of S̃, of Lmm", fmt.Sprintf("%d, %d", proxy.Rank(), exact.Rank())},
		{"largest entry of A off the supports, share that is positive", fmt.Sprintf("%.3f, %.1f %%", cert.Worst, 100*cert.Violated)},
		{"SIM of words, of contexts", fmt.Sprintf("%.4f, %.4f", 1-words, 1-contexts)},
		{"certificate of Lmm: gap, ‖A‖₂, max |1ᵀA|", fmt.Sprintf("%.1e, %.12f, %.1e", mm.Gap, mm.DualNorm, mm.DualSum)},
	}
}
