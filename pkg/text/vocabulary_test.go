package text

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

func TestVocabulary(t *testing.T) {
	text := strings.Fields("b a c a b d a e")
	words, tokens, err := Vocabulary(text, 3)
	if err != nil || !slices.Equal(words, []string{"a", "b", Unknown}) || !slices.Equal(tokens, []int{1, 0, 2, 0, 1, 2, 0, 2}) {
		t.Errorf("%v %v %v", words, tokens, err)
	}
	words, _, err = Vocabulary(text, 5)
	if err != nil || !slices.Equal(words, []string{"a", "b", "c", "d", "e"}) {
		t.Errorf("all words fit: %v %v", words, err)
	}
	for _, size := range []int{0, 1} {
		if _, _, err := Vocabulary(text, size); err == nil {
			t.Errorf("vocabulary of %d: no error", size)
		}
	}
	if _, _, err := Vocabulary(nil, 3); err == nil {
		t.Error("empty text: no error")
	}
}

// The word for unknown ones in a text that is cut is that word.
func TestUnknownInText(t *testing.T) {
	words, tokens, err := Vocabulary([]string{Unknown, Unknown, "a", "b", "a"}, 2)
	if err != nil || !slices.Equal(words, []string{"a", Unknown}) || !slices.Equal(tokens, []int{1, 1, 0, 1, 0}) {
		t.Errorf("%v %v %v", words, tokens, err)
	}
}

func TestVocab(t *testing.T) {
	v, err := NewVocab("[UNK]", "[PAD]", "[UNK]", "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	tokens := v.Encode([]string{"b", "c", "a", "[PAD]"})
	if !slices.Equal(tokens, []int{3, 1, 2, 0}) || !slices.Equal(v.Decode(tokens), []string{"b", "[UNK]", "a", "[PAD]"}) {
		t.Errorf("tokens %v, %v", tokens, v.Decode(tokens))
	}
	closed, err := NewVocab("", "a")
	if err != nil || closed.Number("a") != 0 || closed.Number("b") != -1 {
		t.Errorf("without a word for others: %d, %d, %v", closed.Number("a"), closed.Number("b"), err)
	}
	_, err = NewVocab("", "a", "b", "a")
	saysAll(t, "a word twice", err, "0 and 2", `"a"`)
	_, err = NewVocab("[UNK]", "a")
	saysAll(t, "no word for others", err, `"[UNK]"`)
}

func TestFrequent(t *testing.T) {
	got := Frequent(strings.Fields("b a c a"), nil, strings.Fields("d b"))
	if !slices.Equal(got, []string{"a", "b", "c", "d"}) {
		t.Errorf("%q", got)
	}
}

func TestSplit(t *testing.T) {
	documents := strings.Fields("a b c d e f g")
	train, validation, err := Split(documents, 0.3, nil)
	if err != nil || strings.Join(train, "") != "abcde" || strings.Join(validation, "") != "fg" {
		t.Errorf("in order: %v, %v, %v", train, validation, err)
	}
	drawn, rest, err := Split(documents, 0.3, random.Stream(1, "split"))
	all := slices.Sorted(slices.Values(slices.Concat(drawn, rest)))
	if err != nil || len(rest) != 2 || !slices.Equal(all, documents) || slices.Equal(drawn, train) {
		t.Errorf("drawn: %v, %v, %v", drawn, rest, err)
	}
	if longer := append(train, "x"); len(longer) != 6 || validation[0] != "f" {
		t.Error("the parts share their memory")
	}
	for _, share := range []float64{0, 1, -0.5, 0.1, math.NaN()} {
		_, _, err := Split(documents, share, nil)
		saysAll(t, fmt.Sprint(share), err, fmt.Sprint(share), "7 documents", "some of both")
	}
}

func TestWindows(t *testing.T) {
	w, err := Windows([]int{0, 1, 2}, 2)
	if err != nil || !slices.EqualFunc(w, [][]int{{0, 1}, {1, 2}, {2, 0}}, slices.Equal[[]int]) {
		t.Errorf("%v %v", w, err)
	}
	for _, T := range []int{0, 4} {
		if _, err := Windows([]int{0, 1, 2}, T); err == nil {
			t.Errorf("T = %d: no error", T)
		}
	}
}

func Example() {
	words, tokens, err := Vocabulary(strings.Fields("the cat and the dog and the cow"), 3)
	if err != nil {
		panic(err)
	}
	windows, err := Windows(tokens, 7)
	if err != nil {
		panic(err)
	}
	fmt.Println(words, windows[0])
	// Output: [the and …] [0 2 1 0 2 1 0]
}
