package text

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// WordPiece cuts texts into pieces of words as BERT's uncased models do (Devlin et al. 2019;
// Wu et al., Google's Neural Machine Translation System, 2016): the text in lower case and
// without accents, a piece of its own for each punctuation mark and Chinese character, and each
// word from its beginning into the longest pieces that are known, all but the first of which
// begin with ##. A word that cannot be cut so, or of more than 100 letters, is [UNK].
//
// All characters of Unicode 8 are read as Hugging Face's tokenizers read them, but for six that
// changed from marks to letters or back since, as U+1734; of what came later, some marks are
// letters there.
type WordPiece struct {
	vocab   *Vocab
	longest int // bytes of a piece
}

// The names of BERT's pieces that are no part of any text.
var bertSpecial = []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}

const (
	unknownPiece = "[UNK]"
	continued    = "##"
	mostLetters  = 100
)

// NewWordPiece reads the pieces of a vocab.txt, one a line in the order of their numbers. The
// error names what is missing or there twice.
func NewWordPiece(vocabulary []byte) (*WordPiece, error) {
	text := strings.TrimSuffix(string(vocabulary), "\n")
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("text: word pieces: %w", ErrEncoding)
	}
	pieces := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for _, s := range bertSpecial {
		if !slices.Contains(pieces, s) {
			return nil, fmt.Errorf("text: %d word pieces without %s: want BERT's vocab.txt, a piece a line", len(pieces), s)
		}
	}
	v, err := NewVocab(unknownPiece, pieces...)
	if err != nil {
		return nil, err
	}
	w := &WordPiece{vocab: v}
	for _, p := range pieces {
		w.longest = max(w.longest, len(p))
	}
	return w, nil
}

// Words returns the pieces by number.
func (w *WordPiece) Words() []string { return w.vocab.Words }

// Number returns the number of a piece, or that of [UNK].
func (w *WordPiece) Number(piece string) int { return w.vocab.Number(piece) }

// Encode returns the numbers of the pieces of a text, without [CLS] and [SEP]. Such names in
// the text are words like others.
func (w *WordPiece) Encode(text string) []int { return w.vocab.Encode(w.Pieces(text)) }

// Pieces returns the pieces of a text.
func (w *WordPiece) Pieces(text string) (pieces []string) {
	for _, word := range basic(text) {
		pieces = append(pieces, w.cut(word)...)
	}
	return pieces
}

// cut returns the pieces of a word.
func (w *WordPiece) cut(word string) (pieces []string) {
	if utf8.RuneCountInString(word) > mostLetters {
		return []string{unknownPiece}
	}
	for rest := word; rest != ""; {
		begin := ""
		if len(pieces) > 0 {
			begin = continued
		}
		n := min(len(rest), w.longest)
		for ; n > 0; n-- {
			if n < len(rest) && !utf8.RuneStart(rest[n]) {
				continue
			}
			if _, known := w.vocab.number[begin+rest[:n]]; known {
				break
			}
		}
		if n == 0 {
			return []string{unknownPiece}
		}
		pieces, rest = append(pieces, begin+rest[:n]), rest[n:]
	}
	return pieces
}

// basic returns the words of a text for BERT: control characters dropped, accents and case
// taken away, punctuation marks and Chinese characters alone.
func basic(text string) []string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			b.WriteByte(' ')
		case r == 0 || r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co):
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.In(r, chinese):
			b.WriteString(" " + string(r) + " ")
		default:
			b.WriteRune(r)
		}
	}
	var words []string
	word := ""
	end := func() {
		if word != "" {
			words = append(words, word)
		}
		word = ""
	}
	for _, r := range norm.NFD.String(b.String()) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r):
			end()
		case r < 0x80 && (unicode.IsPunct(r) || unicode.IsSymbol(r)) || unicode.IsPunct(r):
			end()
			words = append(words, string(r))
		default:
			word += string(unicode.ToLower(r))
		}
	}
	end()
	return words
}

// chinese are the ideographs that BERT separates, without those of Korean and Japanese
// alphabets.
var chinese = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x3400, Hi: 0x4dbf, Stride: 1}, {Lo: 0x4e00, Hi: 0x9fff, Stride: 1}, {Lo: 0xf900, Hi: 0xfaff, Stride: 1}},
	R32: []unicode.Range32{
		{Lo: 0x20000, Hi: 0x2a6df, Stride: 1}, {Lo: 0x2a700, Hi: 0x2b73f, Stride: 1}, {Lo: 0x2b740, Hi: 0x2b81f, Stride: 1},
		{Lo: 0x2b920, Hi: 0x2ceaf, Stride: 1}, {Lo: 0x2f800, Hi: 0x2fa1f, Stride: 1},
	},
}
