package text

import (
	"fmt"
	"slices"
	"strings"
	"testing"
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
