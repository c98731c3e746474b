package embedding

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A file of the reader's own: words and signs, documents, empty lines.
func TestReadTriples(t *testing.T) {
	all, err := ReadTriples(strings.NewReader(`
{"document": "news-1", "groups": {"female": "She left.", "male": "He left."}, "neutral": "They left."}

{"groups": {"male": "(Mr. Hill said \"no\")", "female": "(Mrs. Hill said \"no\")"}, "neutral": "(Person Hill said \"no\")"}
{"document": "d", "groups": {"male": "he left", "female": "she left"}, "neutral": "someone has left"}
`), Gender)
	want := []Triple{
		{Document: "news-1", Groups: [][]string{{"he", "left", "."}, {"she", "left", "."}}, Neutral: []string{"they", "left", "."}, Swapped: []int{0}},
		{Document: "line 4", Groups: [][]string{strings.Fields(`( mr. hill said " no " )`), strings.Fields(`( mrs. hill said " no " )`)}, Neutral: strings.Fields(`( person hill said " no " )`), Swapped: []int{1}},
		{Document: "d", Groups: [][]string{{"he", "left"}, {"she", "left"}}, Neutral: []string{"someone", "has", "left"}},
	}
	if err != nil || !reflect.DeepEqual(all, want) {
		t.Errorf("got %v, %v\nwant %v", all, err, want)
	}
}

// What is wrong with a line is said with its number, and what to do.
func TestReadTriplesMistakes(t *testing.T) {
	good := `{"groups": {"male": "he left", "female": "she left"}, "neutral": "they left"}` + "\n"
	for text, says := range map[string][]string{
		good + `{"groups": {"male": "he left", "women": "she left"}, "neutral": "they left"}`:           {"line 2", `unknown group "women"`, `"male" "female"`},
		`{"groups": {"male": "he left"}, "neutral": "they left"}`:                                       {"line 1", `no text of the group "female"`},
		`{"groups": {"male": "she left", "female": "She  left"}, "neutral": "they left"}`:               {"line 1", `"male" and "female" are equal`, "have to differ"},
		`{"groups": {"male": "he left", "female": "they left"}, "neutral": "they left"}`:                {`"female" and "neutral" are equal`},
		`{"groups": {"male": "he left", "female": "she left"}, "neutral": " "}`:                         {`"neutral" has no words`},
		good + `{"groups": {"male": "he saw her", "female": "she saw her"}, "neutral": "they saw her"}`: {"1 of 2 neutral texts", "line 2", `"her"`, "of female", "neutral word"},
		`{"texts": 1}`:            {"line 1", `"texts"`, "want"},
		"not json":                {"line 1", "want"},
		good[:len(good)-1] + good: {"line 1", "more behind the JSON value"},
		good[:len(good)-1] + "}":  {"line 1", "more behind the JSON value"},
		"\n\n":                    {"no lines"},
	} {
		_, err := ReadTriples(strings.NewReader(text), Gender)
		fails(t, err, says...)
	}
}

// The variable names a file, and an error in it names the file.
func TestGivenTriples(t *testing.T) {
	t.Setenv(EnvTriples, "")
	if all, given, err := GivenTriples(Gender); all != nil || given || err != nil || Given() != "" {
		t.Errorf("%d triples of no file, %t, %v, %q", len(all), given, err, Given())
	}
	path := filepath.Join(t.TempDir(), "own.jsonl")
	t.Setenv(EnvTriples, path)
	_, given, err := GivenTriples(Gender)
	if fails(t, err, "own.jsonl", EnvTriples); !given {
		t.Error("a file that is not there was not given")
	}
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, _, err = GivenTriples(Gender)
	fails(t, err, "own.jsonl", "line 1")
	before := Given()
	if err := os.WriteFile(path, []byte(`{"groups": {"male": "he", "female": "she"}, "neutral": "they"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if all, given, err := GivenTriples(Gender); len(all) != 1 || !given || err != nil {
		t.Errorf("%d triples, %t, %v", len(all), given, err)
	}
	if before == "" || Given() == before {
		t.Errorf("the same file with other triples is %q, as before", before)
	}
}
