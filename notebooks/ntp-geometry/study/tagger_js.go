package study

import (
	"errors"

	"github.com/marginalia-ml/marginalia/data"
)

// tag is none in a browser: its model would double the program.
func tag(string) ([]data.Tagged, error) {
	return nil, errors.New("the tagger's model is not in a browser's program, which it would double")
}
