package text

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Labelled is a text of one of several classes.
type Labelled struct {
	Words []string
	Class int
}

// ReadTSV reads labelled texts, a line each: the text, a tab, the label. Words are what blanks
// separate, in lower case. There must be exactly so many different labels, which are returned
// in the order of the alphabet, as the classes are numbered. Empty lines are skipped.
func ReadTSV(r io.Reader, classes int) (all []Labelled, labels []string, err error) {
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, fmt.Errorf("text: labelled lines: %w", err)
	}
	text, err := Decode(content)
	if err != nil {
		return nil, nil, err
	}
	var given []string
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n++
		if line = strings.TrimRight(line, "\r"); strings.TrimSpace(line) == "" {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 2 || strings.TrimSpace(fields[0]) == "" || strings.TrimSpace(fields[1]) == "" {
			return nil, nil, fmt.Errorf("text: line %d has %d fields, want a text, one tab and a label: %.60q", n, len(fields), line)
		}
		label := strings.TrimSpace(fields[1])
		if !slices.Contains(labels, label) {
			if labels = append(labels, label); len(labels) > classes {
				return nil, nil, fmt.Errorf("text: line %d has the label %q beside %q: keep %d labels", n, label, labels[:classes], classes)
			}
		}
		given = append(given, label)
		all = append(all, Labelled{Words: strings.Fields(strings.ToLower(fields[0]))})
	}
	if len(labels) != classes {
		return nil, nil, fmt.Errorf("text: %d lines with labels %q, want %d different labels", len(all), labels, classes)
	}
	slices.Sort(labels)
	for i, label := range given {
		all[i].Class = slices.Index(labels, label)
	}
	return all, labels, nil
}
