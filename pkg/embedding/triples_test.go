package embedding

import (
	"slices"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// A word is swapped by its tag: her is his or him, his is their or theirs.
func TestTripleByTag(t *testing.T) {
	for _, c := range []struct{ text, male, female, neutral string }{
		{"She/pps took/vbd her/pp$ hat/nn", "he took his hat", "she took her hat", "they took their hat"},
		{"we/ppss saw/vbd her/ppo there/rb", "we saw him there", "we saw her there", "we saw them there"},
		{"the/at hat/nn was/bedz his/pp$$", "the hat was his", "the hat was hers", "the hat was theirs"},
		{"it/pps was/bedz his/pp$ hat/nn", "it was his hat", "it was her hat", "it was their hat"},
		{"He's/pps+bez gone/vbn home/nr ./.", "he's gone home .", "she's gone home .", "they're gone home ."},
		{"He's/pps+hvz gone/vbn home/nr ./.", "he's gone home .", "she's gone home .", "they've gone home ."},
		{"The/at woman's/nn$ brother/nn-tl left/vbd", "the man's brother left", "the woman's sister left", "the person's sibling left"},
		{"the/at boys'/nns$ school/nn closed/vbd", "the boys' school closed", "the girls' school closed", "the children's school closed"},
		{"Mr./np King/np saw/vbd her/ppo", "", "", ""}, // the name would stay as it is, and is on the list
		{"Man/uh ,/, it/pps rains/vbz", "", "", ""},
		{"it/pps rained/vbd all/abn day/nn", "", "", ""},
		{"he/pps left/vbd ./.", "", "", ""}, // three tokens
	} {
		all, err := Gender.Triples([]data.Document{{ID: "ca01", Sentences: [][]data.Tagged{tagged(c.text)}}})
		if c.male == "" {
			fails(t, err, "1 documents", "gender")
			continue
		}
		if err != nil || len(all) != 1 {
			t.Errorf("%s: %d triples, %v", c.text, len(all), err)
			continue
		}
		for i, want := range []string{c.male, c.female, c.neutral} {
			if got := strings.Join(all[0].Texts()[i], " "); got != want {
				t.Errorf("%s: text %d is %q, want %q", c.text, i, got, want)
			}
		}
		if all[0].Document != "ca01" {
			t.Errorf("the document is %q", all[0].Document)
		}
	}
}

// The texts of a triple differ where it says and nowhere else; the neutral one has no word of a
// group; each group's text has only words of this group.
func TestTriplesDifferByTheLists(t *testing.T) {
	for _, l := range []Lists{Gender, Religion} {
		docs := documents()
		docs[0].Sentences = append(docs[0].Sentences, tagged("the/at old/jj Church/nn-tl stood/vbd near/in"), tagged("a/at jewish/jj priest/nn came/vbd"))
		for _, triple := range testkit.Must(l.Triples(docs))(t) {
			for i := range triple.Neutral {
				if slices.Contains(triple.Swapped, i) {
					continue
				}
				for _, g := range triple.Groups {
					if g[i] != triple.Neutral[i] || l.Of(g[i]) >= 0 {
						t.Fatalf("place %d of %v", i, triple)
					}
				}
			}
			for _, i := range triple.Swapped {
				if l.Of(triple.Neutral[i]) >= 0 {
					t.Fatalf("the neutral text has %q", triple.Neutral[i])
				}
				for k, g := range triple.Groups {
					if l.Of(g[i]) != k {
						t.Fatalf("%q in the text of %s", g[i], l.Groups[k])
					}
				}
			}
		}
	}
}

// Lists that overlap are errors that say where.
func TestListsOverlap(t *testing.T) {
	two := []string{"a", "b"}
	for table, says := range map[string][]string{
		"he she they\nshe he they":          {`"she"`, "row 1", "row 2", "overlap"},
		"host hostess host":                 {`"host"`, "neutral", "row 1"},
		"he she":                            {"line 1", "2 words", `"a" "b"`},
		"he she they pps x":                 {"5 words"},
		"":                                  {"0 rows"},
		"he she they pps\nhe her them pps":  {`"he"`, `"pps"`, "counterparts"},
		"man woman person nn\nx y woman nn": {`"woman"`, "neutral"},
	} {
		_, err := NewLists("test", two, table)
		fails(t, err, says...)
	}
	_, err := NewLists("test", []string{"a"}, "he they")
	fails(t, err, "1 groups")
	fails(t, Lists{Attribute: "x", Groups: two, Rows: []Row{{Words: []string{"he"}, Neutral: "they"}}}.Check(), "1 words")
	if _, err := NewLists("test", two, "his her their pp$\nhis hers theirs pp$$\nhe she they pps\nhe she they md"); err != nil {
		t.Error(err)
	}
}

// The parts are whole documents, and those of the corpus.
func TestParts(t *testing.T) {
	_, corpus := small(t)
	sets := smallTriples(t, corpus)
	of := map[string]string{}
	for part, list := range sets {
		for _, x := range list {
			if was, ok := of[x.Document]; ok && was != part {
				t.Errorf("%s is in two parts", x.Document)
			}
			of[x.Document] = part
		}
	}
	for _, s := range corpus.Parts[encoder.Test] {
		if part, ok := of[s.Document]; ok && part != encoder.Test {
			t.Errorf("a document for the test is for %s", part)
		}
	}
	_, err := Parts([]Triple{{Document: "zz99"}}, corpus)
	fails(t, err, `"zz99"`)
	for part, list := range Fifths(slices.Concat(sets[encoder.Train], sets[encoder.Test]), testkit.Rand(5)) {
		for _, x := range list {
			if was, ok := of["fifth "+x.Document]; ok && was != part {
				t.Errorf("%s is in two fifths", x.Document)
			}
			of["fifth "+x.Document] = part
		}
		if len(list) == 0 {
			t.Errorf("no triples for %s", part)
		}
	}
	var names []string
	counts := map[string]int{}
	for i := range 50 {
		names = append(names, string(rune('a'+i)))
	}
	var all []Triple
	for _, n := range names {
		all = append(all, Triple{Document: n})
	}
	for part, list := range Fifths(all, testkit.Rand(6)) {
		counts[part] = len(list)
	}
	if counts[encoder.Train] != 30 || counts[encoder.Validation] != 10 || counts[encoder.Test] != 10 {
		t.Errorf("parts of 50 documents are %v", counts)
	}
}

// What an encoder does not know makes a triple unreadable where it was swapped, not elsewhere.
func TestReadable(t *testing.T) {
	e, _ := small(t)
	at := func(word string) Triple {
		return Triple{Groups: [][]string{{"he", word, "x"}, {"she", word, "x"}}, Neutral: []string{"they", word, "x"}, Swapped: []int{0}}
	}
	unknown := Triple{Groups: [][]string{{"the", "policeman"}, {"the", "policewoman"}}, Neutral: []string{"the", "officer"}, Swapped: []int{1}}
	nobody := Triple{Groups: [][]string{{"the", "man"}, {"the", "woman"}}, Neutral: []string{"the", "adult"}, Swapped: []int{1}}
	kept, left := Readable(e.Encoder, []Triple{at("town"), unknown, nobody, at("zebra")})
	if len(kept) != 2 || left != 2 || kept[1].Neutral[1] != "zebra" {
		t.Errorf("%d kept, %d left", len(kept), left)
	}
	if got := AtMost([]Triple{at("town"), unknown}, 2); len(got) != 1 || len(got[0].Neutral) != 2 {
		t.Errorf("%d triples of two words", len(got))
	}
	fails(t, Fit(e.Encoder, []Triple{at("town"), unknown}), "triple 2", "same tokens", "leave it out")
	long := at("town")
	long.Neutral = strings.Fields(strings.Repeat("town ", 40))
	fails(t, Fit(e.Encoder, []Triple{long}), "triple 1", "42 tokens", "34 positions", "cut it")
	if err := Fit(e.Encoder, []Triple{at("town")}); err != nil {
		t.Error(err)
	}
}

// Triples of Brown: each word that may be swapped is, and there are as many as the lists of another author gave: 14,374 with 1.56 words each.
func TestBrownTriples(t *testing.T) {
	documents, err := data.Brown(t.Context())
	if err != nil {
		t.Skip(err)
	}
	all := testkit.Must(Gender.Triples(documents))(t)
	swapped := 0
	for _, x := range all {
		swapped += len(x.Swapped)
		if len(x.Neutral) < shortest || len(x.Neutral) > longest {
			t.Fatalf("a triple of %d words", len(x.Neutral))
		}
	}
	if mean := float64(swapped) / float64(len(all)); len(all) < 12000 || !(mean > 1.4 && mean < 1.8) {
		t.Errorf("%d triples with %g swapped words each", len(all), mean)
	}
}
