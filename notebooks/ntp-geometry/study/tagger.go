//go:build !js

package study

import (
	prose "github.com/jdkato/prose/v2"

	"github.com/marginalia-ml/marginalia/data"
)

// tag returns the words of an English text with their parts of speech.
func tag(english string) ([]data.Tagged, error) {
	document, err := prose.NewDocument(english, prose.WithExtraction(false), prose.WithSegmentation(false))
	if err != nil {
		return nil, err
	}
	var tagged []data.Tagged
	for _, t := range document.Tokens() {
		tagged = append(tagged, data.Tagged{Word: t.Text, Tag: t.Tag})
	}
	return tagged, nil
}
