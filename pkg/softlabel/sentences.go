package softlabel

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The words of Sentences: tokens 0 to 30 as next words.
var nextWords = strings.Fields("shore song garden letter story meadow orchard kitchen harbour poem bread river " +
	"cake red bridge market island diary lamp church tired pear cellar happy attic alone blue melon green soup candle")

// Its contexts, five words each, no two with the same words.
var sentences = []string{
	"Mia naps in our wild", "at noon Ada crossed another", "Lena quietly made up one", "far away Judith saw some",
	"grandmother taught Ida to make", "hungry Nora bought herself fresh", "every evening Ruth begins her",
	"nobody may read Clara's secret", "boats carried Elsa towards that", "Vera painted both doors bright",
	"Tess hid inside grandpa's dark", "sunlight filled Olga's old little", "before supper Wilma finished this",
	"after school Greta felt quite", "thick fog lay over Sonja's", "bells rang near Paula's favourite",
}

// Sentences returns Recorded with words of our own that fit its supports, such as
// "thick fog lay over Sonja's" continued by harbour, river or bridge, and counts drawn
// from the generator that was given: 1 or 2 for each.
func Sentences(p *Labels) *Labels {
	named := *p
	named.Words, named.Contexts = nextWords, sentences
	return &named
}

// Tokens numbers the words of the contexts, in the order of their first occurrence, and
// returns the contexts as rows of numbers, as a network reads them.
func (s *Labels) Tokens() (words []string, rows [][]int) {
	index := map[string]int{}
	for _, c := range s.Contexts {
		var row []int
		for _, w := range strings.Fields(c) {
			i, seen := index[w]
			if !seen {
				i = len(words)
				index[w] = i
				words = append(words, w)
			}
			row = append(row, i)
		}
		rows = append(rows, row)
	}
	return words, rows
}

// interchangeable is how many words stand in each of the four places of a phrase that do
// not matter: with 34 distinct supports a network reads 34 + 4·24 = 130 words.
const interchangeable = 24

// phrases returns a context of five invented words for each of the pattern's: one that
// the contexts of a support share, and four of which nothing depends. No two are equal.
func phrases(p *Pattern, rng *rand.Rand) []string {
	merged := p.Merge()
	seen := map[string]bool{}
	var all []string
	for _, k := range merged.Of {
		phrase := ""
		for phrase == "" || seen[phrase] {
			n := func() int { return rng.IntN(interchangeable) }
			phrase = fmt.Sprintf("a%d b%d c%d s%d d%d", n(), n(), n(), k, n())
		}
		seen[phrase] = true
		all = append(all, phrase)
	}
	return all
}
