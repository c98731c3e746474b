package figure

// The functions of this file are those of notebooks whose cells take no *notebook.Cell:
// they panic with the error. The file goes with the last of these notebooks.

// Show displays the figure in the cell.
func Show(f Figure) {
	if err := Display(f); err != nil {
		panic(err)
	}
}

// Markdown displays Markdown in the cell.
func Markdown(text string) {
	if err := DisplayMarkdown(text); err != nil {
		panic(err)
	}
}

// Table displays a Markdown table.
func Table(head []string, rows [][]string) { Markdown(MarkdownTable(head, rows)) }
