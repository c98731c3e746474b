package claim

import (
	"fmt"
	"slices"
	"strings"
)

// Table returns the named claims, all when none is named, as a Markdown table; see
// Record.Table. It panics for an unknown id.
func (l *Ledger) Table(ids ...string) string {
	for _, id := range ids {
		if _, err := l.paper.find(id); err != nil {
			panic(err)
		}
	}
	r, err := l.Record()
	if r == nil {
		panic(err)
	}
	return r.Table(ids...)
}

// Table returns the named claims as a Markdown table that GitHub, JupyterLab and the site
// show alike: a row for every check with what it measured, what its rule expects, its
// controls, by how much it could move where that is more than a fifth, and why. When none
// is named it is all claims, with their statements.
func (r *Record) Table(ids ...string) string {
	rows, statements := r.Claims, true
	if len(ids) > 0 {
		rows, statements = nil, false
		for _, id := range ids {
			for _, o := range r.Claims {
				if o.ID == id {
					rows = append(rows, o)
				}
			}
		}
	}
	reported := slices.ContainsFunc(rows, func(o Outcome) bool { return o.Reported != nil })
	head := []string{"Claim"}
	if statements {
		head = append(head, "Statement")
	}
	head = append(head, "Measured (expected)", "Control, which must fail")
	if reported {
		head = append(head, "Reported")
	}
	head = append(head, "Verdict")
	var b strings.Builder
	writeRow(&b, head)
	for i := range head {
		head[i] = "---"
	}
	writeRow(&b, head)
	for _, o := range rows {
		for _, row := range o.rows(statements, reported) {
			writeRow(&b, row)
		}
	}
	return b.String()
}

// rows are the claim's checks, a row each; the first has what belongs to the claim.
func (o Outcome) rows(statements, reported bool) [][]string {
	var checks, controls []string
	for _, c := range o.Checks {
		checks = append(checks, c.cell())
		controls = append(controls, c.controlsCell())
	}
	for _, c := range o.CounterExamples {
		checks = append(checks, "as printed: "+Cell(o.Printed))
		controls = append(controls, c.number())
	}
	if len(checks) == 0 {
		checks, controls = []string{""}, []string{""}
	}
	if o.Kept != "" {
		checks[0] = strings.TrimPrefix(checks[0]+"<br>"+Cell(o.Kept), "<br>")
	}
	var rows [][]string
	for i := range checks {
		first := func(text string) string {
			if i == 0 {
				return text
			}
			return ""
		}
		row := []string{first("**" + o.ID + "**")}
		if statements {
			row = append(row, first(fmt.Sprintf("*%s.* %s (%s; %s)", Cell(o.Title), Cell(o.Statement), Cell(o.Source), o.Known.words())))
		}
		row = append(row, dash(checks[i]), dash(controls[i]))
		if reported {
			text := ""
			if o.Reported != nil {
				text = *o.Reported
			}
			row = append(row, first(dash(Cell(text))))
		}
		verdict := string(o.Verdict)
		if o.Verdict.Red() {
			verdict = "**" + verdict + "**: " + Cell(o.Reason)
		}
		rows = append(rows, append(row, first(verdict)))
	}
	return rows
}

// number is the entry's number with its rule.
func (e Entry) number() string {
	expected := e.Expected
	if rule, err := e.rule(); err == nil {
		expected = rule.words(Math)
	}
	if e.Of > 1 {
		expected += fmt.Sprintf("; worst of %d", e.Of)
	}
	return fmt.Sprintf("%s: %s (%s)", Cell(e.Name), measuredCell(e.Measured, e.Contraction), expected)
}

// cell is the entry's number with its rule, its slack where it is large, and why.
func (e Entry) cell() string {
	text := e.number()
	var more []string
	if rule, err := e.rule(); err == nil && !rule.exact() && e.Slack != nil && float64(*e.Slack) > aFifth {
		more = append(more, "slack "+share(float64(*e.Slack)))
	}
	if e.Because != "" {
		more = append(more, "because "+Cell(e.Because))
	}
	if len(more) > 0 {
		text += "<br>" + strings.Join(more, ", ")
	}
	return text
}

// share writes a share of a number: 35 %, 150 %, 12 times.
func share(x float64) string {
	if x < 10 {
		return Math(100*x, 2) + " %"
	}
	return Math(x, 2) + " times"
}

func (e Entry) controlsCell() string {
	lines := make([]string, len(e.Controls))
	for i, k := range e.Controls {
		how := ""
		switch rule, err := e.rule(); {
		case k.Sharp && err == nil && e.Factor != nil:
			how = " (" + rule.sharper(float64(*e.Factor)).words(Math) + ")"
		case k.Some:
			how = fmt.Sprintf(" (some of %d)", max(k.Of, 1))
		case k.Of > 1:
			how = fmt.Sprintf(" (each of %d; the nearest)", k.Of)
		}
		lines[i] = Cell(k.Name) + ": " + measuredCell(k.Measured, k.Contraction) + how
	}
	return strings.Join(lines, "<br>")
}

func measuredCell(x Number, contraction *Number) string {
	text := Math(float64(x), 4)
	if contraction != nil {
		text += ", contraction " + Math(float64(*contraction), 3)
	}
	return text
}

// words says how a statement is known.
func (k Known) words() string {
	switch k {
	case Read:
		return "read in the paper"
	case SecondHand:
		return "known second-hand"
	case Reconstructed:
		return "reconstructed by us"
	}
	return string(k)
}

// Box returns the statement as a block quotation in Markdown: id, title and statement,
// what was printed where that was repaired, and in small type the source and how the
// statement is known.
func (s Statement) Box() string {
	lines := []string{fmt.Sprintf("**Claim %s (%s).** %s", s.ID, Cell(s.Title), Cell(s.Statement))}
	if s.Printed != "" {
		lines = append(lines, fmt.Sprintf("Printed (%s here): %s", s.Repair, Cell(s.Printed)))
	}
	small := Cell(s.Source) + "; " + s.Known.words()
	if s.Evidence {
		small += "; a run can support it, not test it"
	}
	if s.Scale == PaperSized {
		small += "; at the paper's scale"
	}
	lines = append(lines, "<small>"+small+".</small>")
	return "> " + strings.Join(lines, "\n>\n> ") + "\n"
}

func dash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

func writeRow(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// inText keeps what Markdown would read as its own: bars, and what stands for emphasis
// between two nuclear norms.
var inText = strings.NewReplacer("|", `\|`, "‖_*", `‖\_\*`)

// Cell makes one line of text and LaTeX safe inside a Markdown table. A bar would end
// the cell, and some viewers take a backslash before punctuation for Markdown's own:
// within dollars both become commands made of letters.
func Cell(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	var b strings.Builder
	inside := false
	pieces, _ := splitDollars(text)
	for i, piece := range pieces {
		if i > 0 {
			b.WriteByte('$')
			inside = !inside
		}
		if inside {
			b.WriteString(inMath.Replace(piece))
		} else {
			b.WriteString(inText.Replace(strings.ReplaceAll(piece, `\|`, `|`)))
		}
	}
	return b.String()
}

// splitDollars splits at the dollars that open or close mathematics: a backslash takes
// the character behind it with it. It reports whether text ends with a whole pair.
func splitDollars(text string) (pieces []string, whole bool) {
	start, whole := 0, true
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
			whole = i < len(text)
		case '$':
			pieces = append(pieces, text[start:i])
			start = i + 1
		}
	}
	return append(pieces, text[start:]), whole
}

var inMath = strings.NewReplacer(
	`\\`, `\\`, // a line break stays
	`\|`, `\Vert `, `|`, `\vert `, `\{`, `\lbrace `, `\}`, `\rbrace `,
	`\,`, `\thinspace `, `\!`, `\negthinspace `, `\;`, `\enspace `, `\:`, `\thinspace `,
	`<`, `\lt `, `>`, `\gt `,
)
