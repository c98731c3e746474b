package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"
)

// Whatever lies in a file of IDX: an error, or as many bytes as its dimensions say.
func FuzzIDX(f *testing.F) {
	f.Add([]byte{0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6}, 2)
	f.Add([]byte{0, 0, 8, 1, 0, 0, 0, 0}, 1)
	f.Add([]byte{0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255}, 2)
	f.Add([]byte{0, 0, 8, 3, 0, 0, 0, 0, 128, 0, 0, 0, 2, 0, 0, 0, 1}, 3)
	f.Add([]byte{}, 1)
	f.Fuzz(func(t *testing.T, content []byte, rank int) {
		rank = 1 + (rank%3+3)%3
		for what, read := range map[string]func() (*idx, error){
			"plain":  func() (*idx, error) { return plainIDX(bytes.NewReader(content), rank) },
			"zipped": func() (*idx, error) { return readIDX(bytes.NewReader(zipped(content)), rank) },
			"raw":    func() (*idx, error) { return readIDX(bytes.NewReader(content), rank) },
		} {
			a, err := read()
			if err != nil {
				continue
			}
			size := 1
			for _, n := range a.dims {
				size *= n
			}
			if len(a.dims) != rank || size != len(a.bytes) || what != "raw" && !bytes.HasSuffix(content, a.bytes) {
				t.Fatalf("%s: %d bytes of dimensions %v, rank %d", what, len(a.bytes), a.dims, rank)
			}
		}
	})
}

func zipped(content []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(content) // into memory
	_ = z.Close()
	return b.Bytes()
}

// Whatever lies in a document of the Brown corpus: an error, or tagged words that, written again,
// are the same.
func FuzzBrown(f *testing.F) {
	f.Add("The/at jury/nn said/vbd ./.\n", "ca01 news\n")
	f.Add("\n\n and\\/or/cc 1//2/cd", "ca01  \n ca01")
	f.Add("word", "")
	f.Add("a/", "ca01 news")
	f.Fuzz(func(t *testing.T, document, genres string) {
		sentences, err := readSentences(document)
		if err == nil {
			var again strings.Builder
			for _, s := range sentences {
				if len(s) == 0 {
					t.Fatal("a sentence without words")
				}
				for _, w := range s {
					if w.Word == "" || w.Tag == "" || strings.Contains(w.Tag, "/") {
						t.Fatalf("word %+v", w)
					}
					again.WriteString(w.Word + "/" + w.Tag + " ")
				}
				again.WriteString("\n")
			}
			more, err := readSentences(again.String())
			if err != nil || !slices.EqualFunc(sentences, more, slices.Equal) {
				t.Fatalf("read again: %v, %v", more, err)
			}
		}
		docs, whole := readBrown(bytes.NewReader(zipped(brownArchive(t, document, genres))))
		if whole == nil && (err != nil || len(docs) != 1 || docs[0].Genre == "") {
			t.Fatalf("an archive of a document with the error %v: %+v", err, docs)
		}
		_, _ = readBrown(strings.NewReader(document)) // any bytes: no panic
		_, _ = readBrown(bytes.NewReader(zipped([]byte(document))))
	})
}

func brownArchive(t *testing.T, document, genres string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, content := range map[string]string{"brown/ca01": document, "brown/cats.txt": genres} {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Stories have no mark in them and no blanks around; written again they are the same.
func FuzzStories(f *testing.F) {
	f.Add("One day.\n" + EndOfStory + "\nThe end. " + EndOfStory)
	f.Add(EndOfStory + EndOfStory)
	f.Add("<|endoftext|<|endoftext|>>")
	f.Fuzz(func(t *testing.T, content string) {
		stories := readStories(content)
		for _, s := range stories {
			if s == "" || s != strings.TrimSpace(s) || strings.Contains(s, EndOfStory) {
				t.Fatalf("story %q", s)
			}
		}
		if again := readStories(strings.Join(stories, EndOfStory)); !slices.Equal(stories, again) {
			t.Fatalf("%q, read again %q", stories, again)
		}
	})
}
