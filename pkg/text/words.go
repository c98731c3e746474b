package text

import (
	"regexp"
	"strings"
	"unicode"
)

// pieces are runs of letters, digits and underscores with the marks that follow them, and
// runs of other signs. U+200C and U+200D join letters in Persian and the scripts of India.
var pieces = regexp.MustCompile(`[\p{L}\p{N}_][\p{L}\p{N}_\p{M}\x{200c}\x{200d}]*|[^\p{L}\p{N}_\s\p{Z}]+`)

// WordPunct splits a text into words and runs of punctuation, case kept, as NLTK's tokenizer
// of that name does, which though cuts words at marks.
func WordPunct(text string) []string { return pieces.FindAllString(text, -1) }

// Words splits a text into lower-case words: runs of letters, marks and digits, with
// apostrophes and hyphens inside a word kept. Punctuation is dropped.
func Words(text string) []string {
	fields := strings.FieldsFunc(strings.ReplaceAll(strings.ToLower(text), "--", " "), func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune("'’-\u200c\u200d", r)
	})
	words := fields[:0]
	for _, w := range fields {
		if w = strings.Trim(w, "'’-\u200c\u200d"); w != "" {
			words = append(words, w)
		}
	}
	return words
}

// sentenceEnd is a closing sign, perhaps a quotation mark, and what parts it from a capital
// letter or an opening quotation mark.
var sentenceEnd = regexp.MustCompile(`[.!?]["']?\s+(["']?\p{Lu})`)

// Sentences splits English prose into sentences. Titles such as Mr. lose their point, and end
// none.
func Sentences(text string) []string {
	text = titles.Replace(text)
	var list []string
	for {
		at := sentenceEnd.FindStringSubmatchIndex(text)
		if at == nil {
			return append(list, strings.TrimSpace(text))
		}
		list = append(list, strings.TrimSpace(text[:at[2]]))
		text = text[at[2]:]
	}
}

var titles = strings.NewReplacer("Mr.", "Mr", "Mrs.", "Mrs", "Dr.", "Dr", "St.", "St")
