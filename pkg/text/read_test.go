package text

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, name string) string {
	t.Helper()
	s, err := Read(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func saysAll(t *testing.T, what string, err error, words ...string) {
	t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("%s: error %v, want one with %q", what, err, w)
		}
	}
}

// A byte order mark is no part of the text, and accents of their own are those of letters.
func TestReadUTF8(t *testing.T) {
	if plain, bom := read(t, "plain.txt"), read(t, "bom.txt"); !strings.HasPrefix(bom, "One day") || plain == "" || !strings.HasPrefix(plain, bom[:60]) {
		t.Errorf("with a byte order mark the text is %.40q, without %.40q", bom, plain)
	}
	nfd, latin := read(t, "nfd.txt"), "Un été à la plage la fée dorée a mangé une pêche"
	if !strings.HasPrefix(nfd, latin+"\n") {
		t.Errorf("decomposed accents are read as %.60q, want %q", nfd, latin)
	}
	if raw, err := os.ReadFile("testdata/nfd.txt"); err != nil || strings.HasPrefix(string(raw), latin) {
		t.Errorf("the file has its accents composed: it is no test, %v", err)
	}
}

// What is no UTF-8 is an error that says what it is and where.
func TestReadOthers(t *testing.T) {
	for _, c := range []struct {
		name  string
		words []string
	}{
		{"latin1.txt", []string{"latin1.txt", "byte 3, in line 1, is 0xe9", "Latin-1", "iconv -f LATIN1"}},
		{"utf16.txt", []string{"utf16.txt", "UTF-16LE", "iconv"}},
		{"missing.txt", []string{"missing.txt", "no such file"}},
	} {
		_, err := Read(filepath.Join("testdata", c.name))
		saysAll(t, c.name, err, c.words...)
	}
	for _, c := range []struct{ content, words string }{
		{"\xfe\xff\x00a", "UTF-16BE"},
		{"\xff\xfe\x00\x00a\x00\x00\x00", "UTF-32LE"},
		{"\x00\x00\xfe\xff\x00\x00\x00a", "UTF-32BE"},
		{"a\x00b\x00", "byte 1 is zero"},
		{"a\ufffd\n\nb\xc3(", "byte 7, in line 3, is 0xc3"},
		{"\ufeffab\xff", "byte 2, in line 1, is 0xff"},
		{"cut in the middle of \xc3", "byte 21"},
	} {
		_, err := Decode([]byte(c.content))
		saysAll(t, c.content, err, c.words)
		if !errors.Is(err, ErrEncoding) {
			t.Errorf("%q: error %v, want ErrEncoding", c.content, err)
		}
	}
	for content, want := range map[string]string{"": "", "a\r\nb\rc\n": "a\nb\rc\n", "\ufeff": "", "a\ufffdb": "a\ufffdb"} {
		if got, err := Decode([]byte(content)); err != nil || got != want {
			t.Errorf("%q is read as %q, %v, want %q", content, got, err, want)
		}
	}
}

// Two lines of one word each, whatever the marks of the file are, have one vocabulary.
func ExampleDecode() {
	s, err := Decode([]byte("\ufeffpe\u0302che p\u00eache\r\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(Frequent(WordPunct(s)))

	_, err = Decode([]byte("p\xeache"))
	fmt.Println(err)
	// Output:
	// [pêche]
	// text: no UTF-8: byte 1, in line 1, is 0xea, as in Latin-1 or a damaged file; UTF-8 is expected, which iconv -f LATIN1 -t UTF-8 makes
}

func TestWordPunct(t *testing.T) {
	for text, want := range map[string][]string{
		`"Well," said he, "it's done!"`: {`"`, "Well", `,"`, "said", "he", ",", `"`, "it", "'", "s", "done", `!"`},
		"snake_case 3.14 ²x":            {"snake_case", "3", ".", "14", "²x"},
		"été, e\u0301te\u0301!":         {"été", ",", "e\u0301te\u0301", "!"},
		"ภาษาไทย":                       {"ภาษาไทย"},
		"كَتَبَ، مِی\u200cخواهم":        {"كَتَبَ", "،", "مِی\u200cخواهم"},
		"❤\ufe0f👩\u200d👩 a\u00a0b":      {"❤\ufe0f👩\u200d👩", "a", "b"},
		" \n":                           nil,
	} {
		if got := WordPunct(text); !slices.Equal(got, want) {
			t.Errorf("%q: tokens %q, want %q", text, got, want)
		}
	}
	hindi := read(t, "hindi.txt")
	want := strings.Fields(hindi)
	if got := WordPunct(hindi); !slices.Equal(got, want) || len(got) < 11 {
		t.Errorf("%d tokens %q, want the words between blanks %q", len(got), got, want)
	}
	if got := Words(hindi); !slices.Equal(got, want) {
		t.Errorf("words %q, want %q", got, want)
	}
}

func TestWords(t *testing.T) {
	got := Words("Rock'n'Roll -- o’clock—3rd 'tis well-known- ÉTÉ e\u0301te\u0301 (_)")
	want := []string{"rock'n'roll", "o’clock", "3rd", "tis", "well-known", "été", "e\u0301te\u0301"}
	if !slices.Equal(got, want) {
		t.Errorf("words %q, want %q", got, want)
	}
}

func TestSentences(t *testing.T) {
	got := Sentences("Mr. Holmes left. \"Why?\" I asked. He did not say.")
	want := []string{"Mr Holmes left.", `"Why?"`, "I asked.", "He did not say."}
	if !slices.Equal(got, want) {
		t.Errorf("sentences %q, want %q", got, want)
	}
	if got := Sentences("It costs 3. or 4. at most. Ask!"); !slices.Equal(got, []string{"It costs 3. or 4. at most.", "Ask!"}) {
		t.Errorf("sentences %q: a small letter begins none", got)
	}
	if got := Sentences("no end"); !slices.Equal(got, []string{"no end"}) {
		t.Errorf("sentences %q", got)
	}
}

// Any bytes are an error or a text that reads as itself; no sign is lost but blanks.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"a\r\nb", "\ufeffe\u0301", "\xff\xfea\x00", "l\xe9", "नमस्ते दुनिया", "\r\r\n\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		s, err := Decode(content)
		if err != nil {
			if !errors.Is(err, ErrEncoding) {
				t.Fatal(err)
			}
			return
		}
		if strings.HasPrefix(s, "\ufeff") || strings.Contains(s, "\r\n") {
			return // a second mark or carriage return is a sign as others
		}
		if again, err := Decode([]byte(s)); err != nil || again != s {
			t.Fatalf("%q is read as %q, %v", s, again, err)
		}
		for _, w := range WordPunct(s) {
			if w == "" || strings.ContainsAny(w, " \t\n") {
				t.Fatalf("token %q of %q", w, s)
			}
		}
	})
}
