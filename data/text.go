package data

import (
	"context"
	"fmt"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/text"
)

// Novel returns the text of the novel: its twelve stories, without the front and back
// matter of the edition.
func Novel(ctx context.Context) (string, error) {
	s, err := Lookup("novel")
	if err != nil {
		return "", err
	}
	content, err := s.Open(ctx)
	if err != nil {
		return "", err
	}
	novel, err := between(string(content), "\nADVENTURE I.", "\nEnd of the Project ")
	if err != nil {
		return "", fmt.Errorf("data: novel: %w", err)
	}
	return novel, nil
}

// between returns text from start on and before end, with \n as the line end.
func between(text, start, end string) (string, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	i := strings.Index(text, start)
	if i < 0 {
		return "", fmt.Errorf("the text has no start mark %q", start)
	}
	body, _, closed := strings.Cut(text[i:], end)
	if !closed {
		return "", fmt.Errorf("the text has no end mark %q", end)
	}
	return strings.TrimSpace(body), nil
}

// Words splits a text into lower-case words, see [text.Words].
func Words(s string) []string { return text.Words(s) }
