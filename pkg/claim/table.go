package claim

import (
	"fmt"
	"regexp"
	"strings"
)

// Table returns the named claims, all when none is named, as a Markdown table that
// GitHub, JupyterLab and the site show alike: statement, measured against expected,
// control, verdict. It panics for an unknown id.
func (l *Ledger) Table(ids ...string) string {
	for _, id := range ids {
		l.Claim(id)
	}
	r, err := l.Record()
	if r == nil {
		panic(err)
	}
	return r.Table(ids...)
}

// Table returns the named claims, all when none is named, as a Markdown table.
func (r *Record) Table(ids ...string) string {
	rows := r.Claims
	if len(ids) > 0 {
		rows = nil
		for _, id := range ids {
			for _, o := range r.Claims {
				if o.ID == id {
					rows = append(rows, o)
				}
			}
		}
	}
	reported := false
	for _, o := range rows {
		reported = reported || o.Reported != nil
	}
	var b strings.Builder
	head := []string{"Claim", "Statement", "Measured (expected)", "Control, which must fail"}
	if reported {
		head = append(head, "Reported")
	}
	head = append(head, "Verdict")
	writeRow(&b, head)
	for i := range head {
		head[i] = "---"
	}
	writeRow(&b, head)
	for _, o := range rows {
		writeRow(&b, o.row(reported))
	}
	return b.String()
}

func (o Outcome) row(reported bool) []string {
	name := "**" + o.ID + "**"
	statement := Cell(o.Statement)
	if o.Title != "" {
		statement = "*" + Cell(o.Title) + ".* " + statement
	}
	statement += " (" + Cell(o.Source) + ")"
	measured := entries(o.Checks)
	if o.Kept != "" {
		measured += "<br>" + Cell(o.Kept)
	}
	controls := entries(o.Controls)
	if len(o.CounterExamples) > 0 {
		statement += "<br>Printed: " + Cell(o.Printed)
		if controls != "" {
			controls += "<br>"
		}
		controls += "as printed: " + entries(o.CounterExamples)
	}
	row := []string{name, statement, dash(measured), dash(controls)}
	if reported {
		text := ""
		if o.Reported != nil {
			text = Cell(*o.Reported)
		}
		row = append(row, dash(text))
	}
	verdict := string(o.Verdict)
	if o.Verdict.Red() {
		verdict = "**" + verdict + "**: " + Cell(o.Reason)
	}
	return append(row, verdict)
}

func entries(es []Entry) string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = fmt.Sprintf("%s: %s (%s)", Cell(e.Name), signed(digits(float64(e.Measured), 4)), signed(e.Expected))
	}
	return strings.Join(lines, "<br>")
}

// signed sets a hyphen in front of a digit as a minus sign, which does not break from
// its number at the end of a line.
func signed(text string) string { return minus.ReplaceAllString(text, "−$1") }

var minus = regexp.MustCompile(`-(\d|Inf)`)

func dash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

func writeRow(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

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
			b.WriteString(strings.ReplaceAll(strings.ReplaceAll(piece, `\|`, `|`), `|`, `\|`))
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

// Summary counts the verdicts: "20 claims: 17 hold, 2 corrected, 1 paper scale".
func (r *Record) Summary() string {
	counts := map[Verdict]int{}
	for _, o := range r.Claims {
		counts[o.Verdict]++
	}
	var parts []string
	for _, v := range []Verdict{Holds, Corrected, PaperScale, Fails, Vacuous, NotChecked} {
		n := counts[v]
		if n == 0 {
			continue
		}
		word := string(v)
		if n != 1 {
			word = map[Verdict]string{Holds: "hold", Fails: "fail"}[v]
			if word == "" {
				word = string(v)
			}
		}
		parts = append(parts, fmt.Sprintf("%d %s", n, word))
	}
	noun := "claims"
	if len(r.Claims) == 1 {
		noun = "claim"
	}
	return fmt.Sprintf("%d %s: %s", len(r.Claims), noun, strings.Join(parts, ", "))
}

// Diff lists in words where the verdicts of two records differ; it is empty when they
// agree.
func Diff(a, b *Record) []string {
	var out []string
	if a.Paper.Key != b.Paper.Key {
		return []string{fmt.Sprintf("the first is of paper %s, the second of %s", a.Paper.Key, b.Paper.Key)}
	}
	second := map[string]Verdict{}
	for _, o := range b.Claims {
		second[o.ID] = o.Verdict
	}
	for _, o := range a.Claims {
		v, both := second[o.ID]
		delete(second, o.ID)
		switch {
		case !both:
			out = append(out, o.ID+" is only in the first")
		case v != o.Verdict:
			out = append(out, fmt.Sprintf("%s: %s in the first, %s in the second", o.ID, o.Verdict, v))
		}
	}
	for _, o := range b.Claims {
		if _, extra := second[o.ID]; extra {
			out = append(out, o.ID+" is only in the second")
		}
	}
	return out
}
