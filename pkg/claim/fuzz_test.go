package claim

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorded returns the two files of a ledger with every kind of line.
func recorded(f *testing.F) (lines, record []byte) {
	f.Helper()
	dir := f.TempDir()
	l := open(f, dir)
	c := l.Part("cell").Claim("C1")
	c.Check("a", 1, Within(1, 0.1)).Control("b", 2)
	c.Check("wide", 0.5, AtMost(1)).Because(why).ControlSome("c", 2, 3)
	c.Bound("sharp", 0.95, AtMost(1), 1.2)
	c.Note("a note")
	for _, s := range loaded(f).Statements[1:] {
		pass(l, "next", s.ID)
	}
	_ = l.Close() // red claims are no matter here
	for name, b := range map[string]*[]byte{ledgerFile: &lines, recordFile: &record} {
		var err error
		if *b, err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			f.Fatal(err)
		}
	}
	return lines, record
}

// Whatever lines lie in a ledger: an error, or verdicts that a judge of the numbers alone finds
// again when what was written is read.
func FuzzLedger(f *testing.F) {
	lines, _ := recorded(f)
	f.Add(lines)
	f.Add(bytes.ReplaceAll(lines, []byte(`"holds":false`), []byte(`"holds":true`)))
	f.Add([]byte("null\n[]\n{}\n"))
	f.Add([]byte(`{"paper":"test-paper","source":"` + quick().source() + `","process":"1","part":"p","claim":"C1","slot":"check","entry":null}`))
	f.Add([]byte(`{"paper":"test-paper","source":"` + quick().source() + `","process":"1","part":"p","claim":"C1","slot":"control","check":"a"}`))
	f.Add(lines[:len(lines)/2])
	p := loaded(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		read, err := parse(content)
		if err != nil {
			return
		}
		for _, some := range [][]line{read, current(read)} {
			r, err := (&Ledger{paper: p, run: quick()}).assemble(some)
			if r == nil || err != nil {
				continue
			}
			b, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parseRecord(b, "it"); err != nil && !strings.Contains(err.Error(), "no ledger") {
				t.Fatalf("the record of lines without an error is refused when it is read: %v", err)
			}
		}
	})
}

// Whatever lies in a claims.json: an error that names the file, or a record that says of every
// claim what its numbers say.
func FuzzRecord(f *testing.F) {
	_, record := recorded(f)
	f.Add(record)
	f.Add(bytes.ReplaceAll(record, []byte(`"holds": true`), []byte(`"holds": false`)))
	f.Add(bytes.ReplaceAll(record, []byte(`"measured": 1`), []byte(`"measured": 7`)))
	f.Add([]byte("null"))
	f.Add([]byte("{}"))
	f.Add([]byte(`{"paper":{},"run":{},"claims":[{}]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		r, err := parseRecord(content, "the file")
		if err != nil {
			if !strings.Contains(err.Error(), "the file") {
				t.Fatalf("the error does not name the file: %v", err)
			}
			return
		}
		for _, o := range r.Claims {
			if v, _ := judge(o, r.Run.Scale); v != o.Verdict {
				t.Fatalf("%s is read as %s, its numbers say %s", o.ID, o.Verdict, v)
			}
		}
		_ = r.Table()
		_ = Diff(r, r, 0)
	})
}

// What says nothing, or of every check that it does not hold, or that all hold where they do
// not, is refused by name.
func TestForgedRecords(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	for _, s := range loaded(t).Statements {
		pass(l, "cell", s.ID)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, recordFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(b)
	for what, c := range map[string]struct{ content, want string }{
		"null":       {"null", "no ledger"},
		"empty":      {"{}", "no ledger"},
		"all false":  {strings.ReplaceAll(whole, `"holds": true`, `"holds": false`), "holds of"},
		"all true":   {strings.ReplaceAll(whole, `"holds": false`, `"holds": true`), "holds of"},
		"a verdict":  {strings.Replace(whole, `"verdict": "holds"`, `"verdict": "evidence"`, 1), "the verdict is"},
		"the number": {strings.Replace(whole, `"measured": 1,`, `"measured": 9,`, 1), "holds of"},
	} {
		if c.content == whole {
			t.Fatalf("%s: nothing was forged", what)
		}
		if err := os.WriteFile(path, []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one with %q and the file", what, err, c.want)
		}
	}
}
