package figure

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/progress"
)

// pictureWidth is the width of a static picture in pixels: the column of text on the
// site and in JupyterLab.
const pictureWidth = 720

var (
	// counted are the names that echarts numbers through a process.
	counted = regexp.MustCompile(`zr\d+-`)
	// hover are the classes and the style of a picture under the pointer, which it never
	// is.
	hover = regexp.MustCompile(`(?s) class="[^"]*"|<style.*?</style>\s*`)
)

// still makes a picture that depends on nothing but the figure.
func still(svg, id string) string {
	return counted.ReplaceAllString(hover.ReplaceAllString(svg, ""), id+"-")
}

// SVG returns the static picture of the figure.
func (f Figure) SVG() (string, error) {
	if err := f.validate(); err != nil {
		return "", err
	}
	return f.svg(pictureWidth)
}

func (f Figure) svg(width int) (string, error) {
	defer progress.Stage("draw figures")()
	s, err := build(f.static())
	if err != nil {
		return "", fmt.Errorf("figure %s: %w", f.ID, err)
	}
	svg, err := drawing.render(s, width)
	if err != nil {
		return "", fmt.Errorf("figure %s: %w", f.ID, err)
	}
	attributes := fmt.Sprintf(`<svg data-marginalia="static" role="img" aria-label="%s" `, escape(f.Alt))
	return strings.Replace(still(svg, f.ID), "<svg ", attributes, 1), nil
}

// Spec returns what livefig.js draws the figure from, as JSON: for a page that draws it
// itself.
func (f Figure) Spec() ([]byte, error) {
	if err := f.validate(); err != nil {
		return nil, err
	}
	s, err := build(f)
	if err != nil {
		return nil, fmt.Errorf("figure %s: %w", f.ID, err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("figure %s: %w", f.ID, err)
	}
	return text, nil
}
