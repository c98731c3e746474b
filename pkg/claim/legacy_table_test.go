package claim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	l := open(t, t.TempDir())
	green(l)
	table := l.Table()
	rows := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	if len(rows) != 2+len(paper().Statements) {
		t.Fatalf("%d lines, want a head, a rule and one a claim:\n%s", len(rows), table)
	}
	for _, row := range rows {
		if n := strings.Count(strings.ReplaceAll(row, `\|`, ""), "|"); n != 7 {
			t.Errorf("%d bars, want those of 6 columns: %s", n, row)
		}
	}
	for i, want := range []string{
		"a: 1.235e−13 (within 1e−12 of 0)",
		"slope: −1 (within 0.02 of −1)",
		"gap: 1e−14 (at most 1e−9)",
		"as printed: b = 1/2: 2 (at most 1)",
		"paper scale",
	} {
		if !strings.Contains(rows[i+2], want) {
			t.Errorf("row %d does not say %q: %s", i, want, rows[i+2])
		}
	}
	if one := l.Table("C3"); strings.Count(one, "\n") != 3 || !strings.Contains(one, "**C3**") || strings.Contains(one, "Reported") {
		t.Errorf("Table of one claim:\n%s", one)
	}
	defer func() {
		if recover() == nil {
			t.Error("Table of an unknown claim does not panic")
		}
	}()
	l.Table("C3", "X")
}

func TestTableSaysWhyRed(t *testing.T) {
	t.Parallel()
	l := open(t, t.TempDir())
	l.Claim("C1").Check("a|b", 7, Within(0, 1)).Control("b", 8, Within(0, 1))
	if table := l.Table("C1"); !strings.Contains(table, `**fails**: a\|b is 7`) {
		t.Errorf("the reason is missing or breaks the table:\n%s", table)
	}
}

func TestCell(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`$\|W\|_F \le |a|$`:       `$\Vert W\Vert _F \le \vert a\vert $`,
		`$\left|x\right|$ a|b`:    `$\left\vert x\right\vert $ a\|b`,
		`$\{x\}$ costs \$3 | $y$`: `$\lbrace x\rbrace $ costs \$3 \| $y$`,
		"two\nlines":              "two lines",
		`$a<b$ <br>`:              `$a\lt b$ <br>`,
		`$\langle a,\,b\rangle$`:  `$\langle a,\thinspace b\rangle$`,
		`already \| escaped`:      `already \| escaped`,
	} {
		if got := Cell(in); got != want {
			t.Errorf("Cell(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	records := make([]*Record, 2)
	for i := range records {
		l := open(t, t.TempDir())
		green(l)
		records[i], _ = l.Record()
	}
	records[1].Claims[1].Verdict = Fails
	records[0].Claims = append(records[0].Claims, Outcome{ID: "C6"})
	records[1].Claims = append(records[1].Claims, Outcome{ID: "C7"})
	got := strings.Join(Diff(records[0], records[1], 0), "; ")
	if want := "C2: holds in the first, fails in the second; C6 is only in the first; C7 is only in the second"; got != want {
		t.Errorf("Diff = %q, want %q", got, want)
	}
	records[1].Paper.Key = "other"
	if len(Diff(records[0], records[1], 0)) != 1 {
		t.Error("Diff does not see that the papers differ")
	}
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "missing.json")); err == nil {
		t.Error("a missing file loads")
	}
	for _, content := range []string{"", "{", `{"papier": {}}`, `{"claims": [{"checks": [{"measured": "x"}]}]}`} {
		path := filepath.Join(dir, "claims.json")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil {
			t.Errorf("%q loads", content)
		}
	}
}

func TestMalformedPapers(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(p *Paper){
		"id C1 is used twice":   func(p *Paper) { p.Statements[1].ID = "C1" },
		"unknown kind":          func(p *Paper) { p.Statements[1].Kind = "guess" },
		"the statement is empt": func(p *Paper) { p.Statements[1].Statement = "" },
		"the source is empty":   func(p *Paper) { p.Statements[1].Source = "" },
		"unknown scale":         func(p *Paper) { p.Statements[1].Scale = "huge" },
		"more than one line":    func(p *Paper) { p.Statements[1].Title = "a\nb" },
		"without its partner":   func(p *Paper) { p.Statements[1].Statement = "$a" },
		"want a letter":         func(p *Paper) { p.Statements[1].ID = "7" },
		"there are no statemen": func(p *Paper) { p.Statements = nil },
		"want lower-case words": func(p *Paper) { p.Key = "Test Paper" },
		"the title is empty":    func(p *Paper) { p.Title = "" },
	} {
		p := paper()
		spoil(&p)
		if _, err := Open(p, t.TempDir(), quick()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to say %q", err, want)
		}
	}
	run := quick()
	run.Scale = "large"
	if _, err := Open(paper(), t.TempDir(), run); err == nil || !strings.Contains(err.Error(), `want "quick" or "paper"`) {
		t.Errorf("unknown scale of a run: %v", err)
	}
}
