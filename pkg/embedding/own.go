package embedding

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/text"
)

// EnvTriples names the variable with a file of triples of the reader's own, as texts that a
// language model has rewritten: see [ReadTriples].
const EnvTriples = "MARGINALIA_TRIPLES"

// GivenTriples reads the file that EnvTriples names; given is false where it names none.
func GivenTriples(l Lists) (all []Triple, given bool, err error) {
	path := os.Getenv(EnvTriples)
	if path == "" {
		return nil, false, nil
	}
	content, err := text.Read(path)
	if err != nil {
		return nil, true, fmt.Errorf("embedding: triples: %w: set %s to a file of JSON lines", err, EnvTriples)
	}
	if all, err = ReadTriples(strings.NewReader(content), l); err != nil {
		return nil, true, fmt.Errorf("%s: %w", path, err)
	}
	return all, true, nil
}

// Given tells files of triples apart by what is in them: "" where EnvTriples names none. It
// belongs to what a kept result is kept under, or that of other triples would be taken for it.
func Given() string {
	path := os.Getenv(EnvTriples)
	if path == "" {
		return ""
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "unreadable" // GivenTriples says why
	}
	return fmt.Sprintf("%x", sha256.Sum256(content))
}

// line is a triple in a file.
type line struct {
	Document string            `json:"document"`
	Groups   map[string]string `json:"groups"`
	Neutral  string            `json:"neutral"`
}

// ReadTriples reads triples, a line of JSON each:
//
//	{"document": "news-1", "groups": {"male": "he left .", "female": "she left ."}, "neutral": "they left ."}
//
// with a text for each group of the lists. Words are lower-cased and split at blanks; signs at
// their ends become words of their own, but in words of the lists, as mr. has one. Empty lines
// are skipped; a line without a document is one of its own.
// Errors name the line: one that is no such JSON, a group that is unknown or missing, a text
// without words, texts that are equal. Neutral texts with a word of a group's list are counted,
// and the first of them shown.
func ReadTriples(r io.Reader, l Lists) (all []Triple, err error) {
	if err := l.Check(); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("embedding: triples: %w", err)
	}
	var spoiled []string
	for i, row := range bytes.Split(content, []byte("\n")) {
		if len(bytes.TrimSpace(row)) == 0 {
			continue
		}
		t, err := l.parse(row)
		if err != nil {
			return nil, fmt.Errorf("embedding: triples: line %d: %w", i+1, err)
		}
		if t.Document == "" {
			t.Document = fmt.Sprintf("line %d", i+1)
		}
		if k := slices.IndexFunc(t.Neutral, func(w string) bool { return l.Of(w) >= 0 }); k >= 0 {
			spoiled = append(spoiled, fmt.Sprintf("line %d has %q, of %s: %q", i+1, t.Neutral[k], l.Groups[l.Of(t.Neutral[k])], strings.Join(t.Neutral, " ")))
		}
		all = append(all, t)
	}
	switch {
	case len(spoiled) > 0:
		return nil, fmt.Errorf("embedding: triples: %d of %d neutral texts have a word of a group, want none: %s; write the neutral word of the lists", len(spoiled), len(all), strings.Join(spoiled[:min(3, len(spoiled))], "; "))
	case len(all) == 0:
		return nil, fmt.Errorf("embedding: triples: no lines, want one of JSON for each triple")
	}
	return all, nil
}

// parse reads a line.
func (l Lists) parse(row []byte) (t Triple, err error) {
	var in line
	d := json.NewDecoder(bytes.NewReader(row))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return t, fmt.Errorf("%w, want {\"document\": ..., \"groups\": {...}, \"neutral\": ...}: %.80q", err, row)
	}
	if _, err := d.Token(); err != io.EOF {
		return t, fmt.Errorf("there is more behind the JSON value: write a line for each triple: %.80q", row)
	}
	for name := range in.Groups {
		if !slices.Contains(l.Groups, name) {
			return t, fmt.Errorf("unknown group %q: the lists of %s have %q", name, l.Attribute, l.Groups)
		}
	}
	t = Triple{Document: in.Document, Neutral: l.words(in.Neutral)}
	for _, name := range l.Groups {
		given, ok := in.Groups[name]
		if !ok {
			return t, fmt.Errorf("no text of the group %q: want one for each of %q", name, l.Groups)
		}
		t.Groups = append(t.Groups, l.words(given))
	}
	t.Swapped = apart(t.Texts())
	names := append(slices.Clone(l.Groups), "neutral")
	texts := t.Texts()
	for i, a := range texts {
		if len(a) == 0 {
			return t, fmt.Errorf("the text of %q has no words", names[i])
		}
		for j, b := range texts[:i] {
			if slices.Equal(a, b) {
				return t, fmt.Errorf("the texts of %q and %q are equal (%.60q): they have to differ, in words of the groups", names[j], names[i], strings.Join(a, " "))
			}
		}
	}
	return t, nil
}

// apart are the places at which texts of one length differ, nil of texts of several lengths.
func apart(texts [][]string) (places []int) {
	for _, t := range texts {
		if len(t) != len(texts[0]) {
			return nil
		}
	}
	for i, w := range texts[0] {
		if slices.ContainsFunc(texts, func(t []string) bool { return t[i] != w }) {
			places = append(places, i)
		}
	}
	return places
}

// words are those of a text in lower case.
func (l Lists) words(text string) (words []string) {
	const before, behind = `("'`, `.,;:!?)"'`
	for _, w := range strings.Fields(strings.ToLower(text)) {
		var signs []string
		for len(w) > 1 && l.Of(w) < 0 && strings.ContainsRune(before, rune(w[0])) {
			words, w = append(words, w[:1]), w[1:]
		}
		for len(w) > 1 && l.Of(w) < 0 && strings.ContainsRune(behind, rune(w[len(w)-1])) {
			signs, w = append(signs, w[len(w)-1:]), w[:len(w)-1]
		}
		words = append(words, w)
		slices.Reverse(signs)
		words = append(words, signs...)
	}
	return words
}

// Fit reports the first triple that an encoder cannot read or tell apart: one with a text that
// has more tokens than the encoder has positions, one of unknown words alone, or one of whose
// texts two have the same tokens.
func Fit(e *encoder.Encoder, triples []Triple) error {
	for i, t := range triples {
		var tokens [][]int
		for _, words := range t.Texts() {
			x := encoder.Text{A: words}
			if _, err := e.Longest([]encoder.Text{x}); err != nil {
				return fmt.Errorf("embedding: triple %d, of %s: %w", i+1, t.Document, err)
			}
			z, _ := e.Tokens(x)
			for _, y := range tokens {
				if slices.Equal(y, z) {
					return fmt.Errorf("embedding: triple %d, of %s: two of its texts are the same tokens to %s, which does not know the words that differ (%.60q): leave it out, or use words that it knows", i+1, t.Document, e.Name, strings.Join(words, " "))
				}
			}
			tokens = append(tokens, z)
		}
	}
	return nil
}
