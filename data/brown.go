package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Tagged is a token of the Brown corpus with its part of speech. Punctuation is a token
// whose tag is itself.
type Tagged struct{ Word, Tag string }

// Document is one of the 500 texts of the Brown corpus.
type Document struct {
	ID        string // as ca01: the letter after c is the genre
	Genre     string // as news
	Sentences [][]Tagged
}

// Words returns the tokens of the document in lower case.
func (d Document) Words() []string {
	var words []string
	for _, s := range d.Sentences {
		for _, t := range s {
			words = append(words, strings.ToLower(t.Word))
		}
	}
	return words
}

// Brown returns the Brown corpus in the order of its archive.
func Brown(ctx context.Context) ([]Document, error) {
	s, err := Lookup("brown")
	if err != nil {
		return nil, err
	}
	archive, err := s.Open(ctx)
	if err != nil {
		return nil, err
	}
	docs, err := readBrown(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("data: brown: %s: %w", s.File, err)
	}
	return docs, nil
}

// readBrown reads a gzipped tar of documents with the list of their genres, cats.txt.
func readBrown(r io.Reader) ([]Document, error) {
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	var (
		docs    []Document
		genres  = map[string]string{}
		archive = tar.NewReader(unzipped)
	)
	for {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", head.Name, err)
		}
		switch name := path.Base(head.Name); {
		case name == "cats.txt":
			readGenres(genres, string(content))
		case isDocument(name):
			sentences, err := readSentences(string(content))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", head.Name, err)
			}
			docs = append(docs, Document{ID: name, Sentences: sentences})
		}
	}
	for i := range docs {
		if docs[i].Genre = genres[docs[i].ID]; docs[i].Genre == "" {
			return nil, fmt.Errorf("cats.txt names no genre of %s", docs[i].ID)
		}
	}
	return docs, nil
}

// isDocument matches names as ca01: c, a genre's letter a..r, two digits.
func isDocument(name string) bool {
	digit := func(b byte) bool { return '0' <= b && b <= '9' }
	return len(name) == 4 && name[0] == 'c' && 'a' <= name[1] && name[1] <= 'r' && digit(name[2]) && digit(name[3])
}

func readGenres(genres map[string]string, text string) {
	for line := range strings.Lines(text) {
		if id, genre, found := strings.Cut(strings.TrimSpace(line), " "); found {
			genres[id] = genre
		}
	}
}

// readSentences reads a sentence a line, tokens as word/tag separated by blanks. A word may
// contain a slash, a tag does not.
func readSentences(text string) ([][]Tagged, error) {
	var sentences [][]Tagged
	for line := range strings.Lines(text) {
		var sentence []Tagged
		for _, token := range strings.Fields(line) {
			i := strings.LastIndexByte(token, '/')
			if i <= 0 || i == len(token)-1 {
				return nil, fmt.Errorf("token %q is not word/tag", token)
			}
			sentence = append(sentence, Tagged{Word: token[:i], Tag: token[i+1:]})
		}
		if sentence != nil {
			sentences = append(sentences, sentence)
		}
	}
	return sentences, nil
}
