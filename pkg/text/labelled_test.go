package text

import (
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadTSV(t *testing.T) {
	const file = "\ufeffWhat a Fine day\tgood\n\nrain again\tbad\r\n  \nfine\tgood"
	all, labels, err := ReadTSV(strings.NewReader(file), 2)
	if err != nil || !slices.Equal(labels, []string{"bad", "good"}) || len(all) != 3 {
		t.Fatalf("%v, labels %v, %v", all, labels, err)
	}
	if s := all[0]; s.Class != 1 || strings.Join(s.Words, " ") != "what a fine day" || all[1].Class != 0 || all[2].Class != 1 {
		t.Errorf("%+v", all)
	}
	for _, c := range []struct {
		what, file string
		words      []string
	}{
		{"no tab", "a\tx\ntext\n", []string{"line 2 has 1 fields"}},
		{"two tabs", "a\tb\tc\n", []string{"line 1 has 3 fields"}},
		{"no text", " \tgood\n", []string{"line 1", "want a text"}},
		{"one label", "a\tgood\nb\tgood\n", []string{"2 lines", `["good"]`, "2 different"}},
		{"three labels", "a\tx\nb\ty\nc\tz\n", []string{"line 3", `"z"`, `["x" "y"]`}},
		{"nothing", "", []string{"0 lines"}},
		{"Latin-1", "caf\xe9\tx\n", []string{"byte 3", "Latin-1"}},
	} {
		_, _, err := ReadTSV(strings.NewReader(c.file), 2)
		saysAll(t, c.what, err, c.words...)
	}
	_, _, err = ReadTSV(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(file))), 2)
	saysAll(t, "a reader that fails", err, "timeout")
	if _, labels, err := ReadTSV(strings.NewReader("a\tx\nb\ty\nc\tz\n"), 3); err != nil || len(labels) != 3 {
		t.Errorf("three labels: %v, %v", labels, err)
	}
}
