package text

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ErrEncoding is wrapped by the errors about bytes that are no text in UTF-8.
var ErrEncoding = errors.New("no UTF-8")

// Read reads a file as [Decode] does.
func Read(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("text: %w", err)
	}
	s, err := Decode(content)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Decode returns the text of a file in UTF-8: without a byte order mark, with \n as the line
// end, and in Unicode's composed form NFC (Unicode Standard Annex 15), so that equal words
// are equal strings. Bytes that are something else, as Latin-1 or UTF-16, are an error that
// says which byte where, and how to convert the file.
func Decode(content []byte) (string, error) {
	for _, mark := range marks {
		if bytes.HasPrefix(content, mark.bytes) {
			return "", fmt.Errorf("text: %w: the file begins with the byte order mark of %s; %s", ErrEncoding, mark.encoding, convert(mark.encoding))
		}
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if at := bytes.IndexByte(content, 0); at >= 0 {
		return "", fmt.Errorf("text: %w: byte %d is zero, as in UTF-16 or a file that is no text; %s", ErrEncoding, at, convert("UTF-16"))
	}
	if !utf8.Valid(content) {
		at := 0
		for r, n := utf8.DecodeRune(content); r != utf8.RuneError || n > 1; r, n = utf8.DecodeRune(content[at:]) {
			at += n
		}
		line := 1 + bytes.Count(content[:at], []byte("\n"))
		return "", fmt.Errorf("text: %w: byte %d, in line %d, is %#02x, as in Latin-1 or a damaged file; %s", ErrEncoding, at, line, content[at], convert("LATIN1"))
	}
	return norm.NFC.String(strings.ReplaceAll(string(content), "\r\n", "\n")), nil
}

// marks are the byte order marks of other encodings, the longer first.
var marks = []struct {
	bytes    []byte
	encoding string
}{
	{[]byte{0xff, 0xfe, 0, 0}, "UTF-32LE"},
	{[]byte{0, 0, 0xfe, 0xff}, "UTF-32BE"},
	{[]byte{0xff, 0xfe}, "UTF-16LE"},
	{[]byte{0xfe, 0xff}, "UTF-16BE"},
}

func convert(encoding string) string {
	return fmt.Sprintf("UTF-8 is expected, which iconv -f %s -t UTF-8 makes", encoding)
}
