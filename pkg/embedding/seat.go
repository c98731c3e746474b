package embedding

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/encoder"
)

// WordTest is an association test in words: targets X and Y, attributes A and B.
type WordTest struct {
	Name       string
	X, Y, A, B []string
}

// The lists of the tests, those of Caliskan et al. 2017 as May et al. 2019 have them.
var (
	maleNames   = strings.Fields("john paul mike kevin steve greg jeff bill")
	femaleNames = strings.Fields("amy joan lisa sarah diana kate ann donna")
	maleTerms   = strings.Fields("male man boy brother he him his son")
	femaleTerms = strings.Fields("female woman girl sister she her hers daughter")
	maleKin     = strings.Fields("brother father uncle grandfather son he his him")
	femaleKin   = strings.Fields("sister mother aunt grandmother daughter she hers her")
	career      = strings.Fields("executive management professional corporation salary office business career")
	family      = strings.Fields("home parents children family cousins marriage wedding relatives")
	mathematics = strings.Fields("math algebra geometry calculus equations computation numbers addition")
	arts        = strings.Fields("poetry art dance literature novel symphony drama sculpture")
	science     = strings.Fields("science technology physics chemistry einstein nasa experiment astronomy")
	moreArts    = strings.Fields("poetry art shakespeare dance literature novel symphony drama")
)

// GenderTests are the six tests of gender: names (6) or terms (6b) with career and family, terms
// (7) or names (7b) with mathematics and arts, and terms (8) or names (8b) with science and arts.
// As in the usual form of the tests, the targets are the names or terms of 6 and the subjects of
// 7 and 8.
var GenderTests = []WordTest{
	{"6", maleNames, femaleNames, career, family},
	{"6b", maleTerms, femaleTerms, career, family},
	{"7", mathematics, arts, maleTerms, femaleTerms},
	{"7b", mathematics, arts, maleNames, femaleNames},
	{"8", science, moreArts, maleKin, femaleKin},
	{"8b", science, moreArts, maleNames, femaleNames},
}

// countable are the words that take an article.
var countable = strings.Fields("man boy brother son woman girl sister daughter father uncle grandfather mother aunt grandmother executive professional corporation salary office business career home family marriage wedding equation number dance novel symphony drama sculpture experiment")

// Templates returns the sentences of a word, which say nothing of it: "this is john", "here is
// the man" and the like, six for each word.
func Templates(word string) (sentences [][]string) {
	one, the := word, word
	if slices.Contains(countable, word) {
		one, the = article(word)+" "+word, "the "+word
	}
	for _, s := range []string{"this is " + one + " .", "that is " + one + " .", "there is " + one + " .", "here is " + one + " .", the + " is here .", the + " is there ."} {
		sentences = append(sentences, strings.Fields(s))
	}
	return sentences
}

// article is a or an.
func article(word string) string {
	if strings.ContainsAny(word[:1], "aeiou") {
		return "an"
	}
	return "a"
}

// Tests are association tests of the words that an encoder knows, as the only word of a text
// (WEAT) or in sentences (SEAT).
type Tests struct {
	Texts   [][]string // whose vectors Run takes
	Unknown []string   // words that the encoder does not know, which are left out
	tests   []WordTest
	of      map[string][]int // the texts of a word
}

// NewTests prepares tests. Words that the encoder does not know are left out; where fewer are
// left of one side of targets, the last of the other side are left out, too.
func NewTests(e *encoder.Encoder, tests []WordTest, sentences bool) (*Tests, error) {
	t := &Tests{of: map[string][]int{}}
	unknown := e.Tokenizer.Special().Unknown
	add := func(words []string) (known []string) {
		for _, w := range words {
			if slices.Contains(e.Tokenizer.Encode([]string{w}), unknown) {
				if !slices.Contains(t.Unknown, w) {
					t.Unknown = append(t.Unknown, w)
				}
				continue
			}
			known = append(known, w)
			if t.of[w] != nil {
				continue
			}
			list := [][]string{{w}}
			if sentences {
				list = Templates(w)
			}
			for _, s := range list {
				t.of[w] = append(t.of[w], len(t.Texts))
				t.Texts = append(t.Texts, s)
			}
		}
		return known
	}
	for _, w := range tests {
		k := WordTest{w.Name, add(w.X), add(w.Y), add(w.A), add(w.B)}
		n := min(len(k.X), len(k.Y))
		if n == 0 || len(k.A) == 0 || len(k.B) == 0 {
			return nil, fmt.Errorf("embedding: of test %s the encoder %s knows %d and %d targets, %d and %d attributes: want some of each", w.Name, e.Name, len(k.X), len(k.Y), len(k.A), len(k.B))
		}
		k.X, k.Y = k.X[:n], k.Y[:n]
		t.tests = append(t.tests, k)
	}
	return t, nil
}

// Run returns the result of each test from the vectors of its texts, which may have been changed,
// by at most so many partitions.
func (t *Tests) Run(vectors [][]float64, most int, rng *rand.Rand) (all []Result, err error) {
	if len(vectors) != len(t.Texts) {
		return nil, fmt.Errorf("embedding: association tests of %d vectors, want %d", len(vectors), len(t.Texts))
	}
	of := func(words []string) (list [][]float64) {
		for _, w := range words {
			for _, i := range t.of[w] {
				list = append(list, vectors[i])
			}
		}
		return list
	}
	for _, w := range t.tests {
		r, err := Association{of(w.X), of(w.Y), of(w.A), of(w.B)}.Test(most, rng)
		if err != nil {
			return nil, fmt.Errorf("test %s: %w", w.Name, err)
		}
		all = append(all, r)
	}
	return all, nil
}
