package softlabel

import (
	"strings"
	"testing"

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
