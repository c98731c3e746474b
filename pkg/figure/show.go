package figure

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"
)

// HTML returns the figure as one element for a page: the place of the live chart, the
// static picture, the caption and the script that hands the chart to livefig.js.
func (f Figure) HTML() (string, error) {
	picture, err := f.SVG()
	if err != nil {
		return "", err
	}
	text, err := f.Spec()
	if err != nil {
		return "", err
	}
	caption, err := drawing.caption(f.Caption)
	if err != nil {
		return "", fmt.Errorf("figure %s: the caption: %w", f.ID, err)
	}
	if f.Title != "" {
		title, err := drawing.caption(strings.TrimSuffix(f.Title, "."))
		if err != nil {
			return "", fmt.Errorf("figure %s: the title: %w", f.ID, err)
		}
		caption = "<strong>" + title + ".</strong> " + caption
	}
	// json.Marshal writes <, > and & as escapes: no value can end the script.
	return fmt.Sprintf(`<figure class="mg-figure" id="fig-%[1]s">
<div class="livefig" id="%[1]s" data-ratio="%[2]s" role="img" aria-label="%[3]s"></div>
<div class="mg-static">%[4]s</div>
<figcaption>%[5]s</figcaption>
<script>(window.livefigs = window.livefigs || []).push({id: "%[1]s", home: document.currentScript && document.currentScript.closest("figure"), spec: %[6]s});</script>
</figure>`, f.ID, ratio(picture), escape(f.Alt), picture, caption, text), nil
}

// ratio reads width/height of a picture.
func ratio(svg string) string {
	var w, h float64
	i := strings.Index(svg, `viewBox="`)
	if i < 0 {
		return "16/9"
	}
	if _, err := fmt.Sscanf(svg[i:], `viewBox="0 0 %f %f"`, &w, &h); err != nil {
		return "16/9"
	}
	return fmt.Sprintf("%g/%g", w, h)
}

// Display displays the figure in the cell of a notebook. Outside a notebook it prints the
// figure's text. Nothing is shown of a figure that cannot be drawn.
func Display(f Figure) error {
	page, err := f.HTML()
	if err != nil {
		return err
	}
	if !gonbui.IsNotebook {
		_, err := fmt.Fprintf(os.Stdout, "[figure %s: %s]\n", f.ID, f.Alt)
		return err
	}
	gonbui.DisplayHTML(library() + page)
	return flush()
}

// flush waits until the notebook has what was displayed: without it the end of a cell
// may cut off its last output.
func flush() error {
	gonbui.Sync()
	if err := gonbui.Error(); err != nil {
		return fmt.Errorf("figure: the notebook did not take the output: %w", err)
	}
	return nil
}

// DisplayMarkdown displays Markdown in the cell of a notebook; outside one it prints it.
// An empty text is nothing to show.
func DisplayMarkdown(text string) error {
	if text == "" {
		return nil
	}
	if !gonbui.IsNotebook {
		_, err := fmt.Fprintln(os.Stdout, text)
		return err
	}
	gonbui.DisplayMarkdown(text)
	return flush()
}

// MarkdownTable returns a Markdown table: numbers are the caller's text, columns of them
// are set flush right. It panics if a row has not as many cells as the head.
func MarkdownTable(head []string, rows [][]string) string {
	rule := make([]string, len(head))
	for c := range rule {
		rule[c] = "---"
		if numeric(rows, c) {
			rule[c] = "---:"
		}
	}
	var b strings.Builder
	for i, row := range append([][]string{head, rule}, rows...) {
		if len(row) != len(head) {
			panic(fmt.Errorf("figure: row %d of the table has %d cells, its head has %d", i-1, len(row), len(head)))
		}
		cells := make([]string, len(row))
		for c, text := range row {
			cells[c] = literal.Replace(strings.Join(strings.Fields(text), " "))
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}

// literal keeps what Markdown would read as its own: bars, and what stands for emphasis between
// two nuclear norms.
var literal = strings.NewReplacer("|", `\|`, "‖_*", `‖\_\*`)

// numberForm is how the cells of a numeric column begin: a sign, dollars of mathematics, digits.
var numberForm = regexp.MustCompile(`^\$?[-−+]?\d`)

// numeric reports whether all cells of the column are numbers.
func numeric(rows [][]string, c int) bool {
	for _, row := range rows {
		if c >= len(row) || !numberForm.MatchString(row[c]) {
			return false
		}
	}
	return len(rows) > 0
}
