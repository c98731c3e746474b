package encoder_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
)

// A vocabulary of one's own documents: it is of the documents that are for training, no sentence
// of one document lies in two parts, and what it does not know has a place of its own.
func ExampleNewCorpus() {
	var documents []data.Document
	for i := range 40 {
		var sentence []data.Tagged
		for _, w := range strings.Fields("the cat sat on the mat in 1961") {
			sentence = append(sentence, data.Tagged{Word: w, Tag: "x"})
		}
		documents = append(documents, data.Document{ID: fmt.Sprintf("c%c%02d", "ak"[i%2], i), Sentences: [][]data.Tagged{sentence}})
	}
	corpus, err := encoder.NewCorpus(documents, 8)
	if err != nil {
		log.Fatal(err)
	}
	in := map[string]int{}
	for _, part := range corpus.Parts {
		for _, s := range part {
			in[s.Document]++
		}
	}
	words := corpus.Vocab.Words()
	var read []string
	for _, i := range corpus.Vocab.Encode(strings.Fields("the cat sat on the sofa in 2026")) {
		read = append(read, words[i])
	}
	fmt.Println(len(in), "documents:", strings.Join(read, " "))
	// Output: 40 documents: the cat sat on the [UNK] in <num>
}
