package text

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const fewPieces = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun\n##aff\n##able\n##a\n##ff\na\nb\n##b\nab\n,\n.\ncafe\n中\n"

// By hand: the longest piece that fits first, the whole word unknown where the rest does not go
// on, marks and ideographs alone, case and accents gone.
func TestWordPiece(t *testing.T) {
	w, err := NewWordPiece([]byte(fewPieces))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"unaffable":             "un ##aff ##able",
		"Unaff":                 "un ##aff",
		"abb":                   "ab ##b",
		"aab":                   "a ##a ##b",
		"unx ab":                "[UNK] ab",
		"b,a.":                  "b , a .",
		"CAFÉ\u0301 cafe":       "cafe cafe",
		"a中b":                   "a 中 b",
		"a\tb\u00a0a\u2028b":    "a b a b",
		"a\u200bb \u0000a\x07b": "ab ab",
		"":                      "",
		"fab":                   "[UNK]",
		"un" + strings.Repeat("a", 98) + " un" + strings.Repeat("a", 99): "un" + strings.Repeat(" ##a", 98) + " [UNK]",
	} {
		if got := strings.Join(w.Pieces(text), " "); got != want {
			t.Errorf("%.30q: %s, want %s", text, got, want)
		}
	}
	if got := w.Encode("ab, z"); !slices.Equal(got, []int{13, 14, 1}) || w.Number("[MASK]") != 4 || len(w.Words()) != 18 {
		t.Errorf("numbers %v of %d pieces", got, len(w.Words()))
	}
}

// Pieces put together are the word that was cut, whatever the vocabulary; and each is the longest
// that is known at its place.
func TestWordPiecesAddUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	word := func(n int) string {
		b := make([]byte, 1+rng.IntN(n))
		for i := range b {
			b[i] = "abé"[rng.IntN(2)]
		}
		return string(b)
	}
	cut := 0
	for range 300 {
		pieces := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
		for range 1 + rng.IntN(12) {
			p := []string{"", "##"}[rng.IntN(2)] + word(4)
			if !slices.Contains(pieces, p) {
				pieces = append(pieces, p)
			}
		}
		w, err := NewWordPiece([]byte(strings.Join(pieces, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			whole := word(8)
			got := w.Pieces(whole)
			if len(got) == 1 && got[0] == "[UNK]" {
				continue
			}
			cut++
			at := 0
			for i, p := range got {
				begin := ""
				if i > 0 {
					begin = "##"
				}
				for n := len(whole) - at; n > len(p)-len(begin); n-- {
					if slices.Contains(pieces, begin+whole[at:at+n]) {
						t.Errorf("%s is cut into %v by %v: %s is longer", whole, got, pieces, begin+whole[at:at+n])
					}
				}
				at += len(p) - len(begin)
			}
			if joined := strings.ReplaceAll(strings.Join(got, ""), "##", ""); joined != whole {
				t.Errorf("%s became %v", whole, got)
			}
		}
	}
	if cut < 500 {
		t.Errorf("just %d words were known", cut)
	}
}

func TestWordPieceMistakes(t *testing.T) {
	for text, says := range map[string]string{
		"a\nb\n": "without [PAD]",
		strings.Replace(fewPieces, "[MASK]", "[MASC]", 1): "without [MASK]",
		fewPieces + "ab\n":   `are both "ab"`,
		fewPieces + "\xff\n": "no UTF-8",
	} {
		if _, err := NewWordPiece([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.20q: error %v does not say %q", text, err, says)
		}
	}
}
