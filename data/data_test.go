package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// EnvFetch lets the tests fetch what is not in the cache.
const envFetch = "MARGINALIA_FETCH"

func sum(content string) string {
	s := sha256.Sum256([]byte(content))
	return hex.EncodeToString(s[:])
}

// fake is a source of an npm package whose client is a script that writes content.
func fake(t *testing.T, content, script string) Source {
	t.Helper()
	t.Setenv(EnvDir, t.TempDir())
	bin := t.TempDir()
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if err := os.WriteFile(filepath.Join(bin, "npm"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return Source{Name: "set", Kind: NPM, Package: "p", Version: "1.2.3", File: "p-1.2.3.tgz", SHA256: sum(content)}
}

// packs is an npm that packs the word hello when asked for p@1.2.3.
const packs = `[ "$1" = pack ] && [ "$6" = p@1.2.3 ] || { echo "npm ERR! asked for $*" >&2; exit 1; }
printf hello > "$5/p-1.2.3.tgz"
`

func TestFetchKeepsTheFile(t *testing.T) {
	s := fake(t, "hello", packs)
	if s.cached() {
		t.Error("cached before it was fetched")
	}
	content, err := s.Open(context.Background())
	if err != nil || string(content) != "hello" || !s.cached() {
		t.Fatalf("%q, %v", content, err)
	}
	t.Setenv("PATH", "") // offline, and without a client
	if content, err = s.Open(context.Background()); err != nil || string(content) != "hello" {
		t.Errorf("from the cache: %q, %v", content, err)
	}
	entries, err := os.ReadDir(filepath.Join(os.Getenv(EnvDir), "set"))
	if err != nil || len(entries) != 1 {
		t.Errorf("the cache holds %v (%v), want the file alone", entries, err)
	}
}

// refuses opens s and checks that the error says all of these and nothing is kept.
func refuses(t *testing.T, s Source, says ...string) error {
	t.Helper()
	_, err := s.Open(context.Background())
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range says {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	return err
}

func TestFetchedFileWithTheWrongHash(t *testing.T) {
	s := fake(t, "good day", packs)
	err := refuses(t, s, sum("hello"), s.SHA256, "p-1.2.3.tgz", filepath.Join(os.Getenv(EnvDir), "set"), "by hand")
	if !errors.Is(err, ErrHash) || s.cached() {
		t.Errorf("error %v, cached %v", err, s.cached())
	}
}

func TestTruncatedFileInTheCache(t *testing.T) {
	s := fake(t, "hello", packs)
	dir := filepath.Join(os.Getenv(EnvDir), "set")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "p-1.2.3.tgz")
	if err := os.WriteFile(path, []byte("hell"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := refuses(t, s, path, "4 bytes", s.SHA256, "delete it"); !errors.Is(err, ErrHash) {
		t.Error(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if content, err := s.Open(context.Background()); err != nil || string(content) != "hello" {
		t.Errorf("after deleting it: %q, %v", content, err)
	}
}

func TestMissingClient(t *testing.T) {
	s := fake(t, "hello", packs)
	t.Setenv("PATH", t.TempDir())
	refuses(t, s, "npm is not installed", "Node.js", s.SHA256, filepath.Join(os.Getenv(EnvDir), "set"))
	s.Kind = GoModule
	refuses(t, s, "go is not installed")
	s.Kind = "carrier pigeon"
	refuses(t, s, `no client fetches a "carrier pigeon"`)
}

func TestFailingClient(t *testing.T) {
	s := fake(t, "hello", "echo first; echo 'npm ERR! 404 no such version' >&2; exit 1\n")
	refuses(t, s, "npm ERR! 404 no such version", "1.2.3", "by hand")
	s = fake(t, "hello", "exit 0\n")
	refuses(t, s, "does not have the file")
	s = fake(t, "hello", packs)
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := s.Open(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestCacheFolderThatCannotBeMade(t *testing.T) {
	s := fake(t, "hello", packs)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv(EnvDir, file)
	refuses(t, s, "cache folder", EnvDir)
}

func TestLookup(t *testing.T) {
	if _, err := Lookup("moby-dick"); err == nil || !strings.Contains(err.Error(), "brown") {
		t.Errorf("error %v does not list the known data sets", err)
	}
	seen := map[string]bool{}
	for _, s := range Sources {
		raw, err := hex.DecodeString(s.SHA256)
		if seen[s.Name] || clients[s.Kind] == nil || err != nil || len(raw) != sha256.Size || s.About == "" || s.Licence == "" {
			t.Errorf("source %+v is incomplete or named twice", s)
		}
		seen[s.Name] = true
	}
}

func TestNovel(t *testing.T) {
	t.Setenv(EnvDir, t.TempDir())
	text, err := Novel(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "Gutenberg") || strings.Contains(text, "\r") {
		t.Error("front or back matter, or carriage returns, are left in the text")
	}
	if !strings.HasSuffix(text, "met with considerable success.") {
		t.Errorf("the text ends in %q", text[len(text)-60:])
	}
	// The edition has 107,533 fields; its licence and front matter take the rest.
	if n := len(strings.Fields(text)); n < 104_000 || n > 105_500 {
		t.Errorf("%d fields", n)
	}
	words := Words(text)
	count := map[string]int{}
	for _, w := range words {
		count[w]++
	}
	if count["the"] < 5_500 || count["the"] > 5_900 || count["holmes"] < 450 || count["holmes"] > 470 {
		t.Errorf("the: %d, holmes: %d", count["the"], count["holmes"])
	}
}

func TestWords(t *testing.T) {
	got := strings.Join(Words("The observer--excellent for 'drawing' the Veil; Irene Adler's home-centred\n- 1888"), "|")
	if want := "the|observer|excellent|for|drawing|the|veil|irene|adler's|home-centred|1888"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestBetween(t *testing.T) {
	if got, err := between("x\r\nGO body\r\nmore\r\nEND x", "\nGO", "\nEND"); err != nil || got != "GO body\nmore" {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"no marks", "\nGO no end"} {
		if _, err := between(text, "\nGO", "\nEND"); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
