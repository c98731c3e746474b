package claim

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The cells of a notebook run in processes of their own: here each opens the ledger anew.

func cellA(t testing.TB, dir string, x float64) {
	open(t, dir).Part("cellA").Claim("C1").Check("a", x, Within(1, 0.1)).Control("b", 2)
}

func cellB(t testing.TB, dir string) {
	open(t, dir).Part("cellB").Claim("C1").Check("a", 1, Within(1, 0.1)).Control("b", 2)
}

func cellC(t testing.TB, dir, id, name string) {
	open(t, dir).Part("cellC").Claim(id).Check(name, 1, Within(1, 0.1)).Control("b", 2)
}

func TestRerunReplaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cellA(t, dir, 5)
	cellC(t, dir, "C2", "z")
	if o := outcome(t, open(t, dir), "C1"); o.Verdict != Fails {
		t.Fatalf("first run: verdict %q, want %q", o.Verdict, Fails)
	}
	cellA(t, dir, 1)
	o := outcome(t, open(t, dir), "C1")
	if o.Verdict != Holds || len(o.Checks) != 1 || len(o.Checks[0].Controls) != 1 {
		t.Errorf("after the rerun: %+v, want one check and one control that make it hold", o)
	}
	if o := outcome(t, open(t, dir), "C2"); len(o.Checks) != 1 {
		t.Errorf("the rerun of one cell touched another: %+v", o)
	}
	// A cell that was edited takes all its earlier records with it.
	cellC(t, dir, "C1", "other")
	if o := outcome(t, open(t, dir), "C2"); o.Verdict != NotChecked {
		t.Errorf("the edited cell's record for C2 is still there: %+v", o)
	}
}

func TestTwoCellsOneName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cellA(t, dir, 1)
	cellB(t, dir)
	l := open(t, dir)
	if _, err := l.Record(); err == nil || !strings.Contains(err.Error(), `"a" is recorded twice, by cellA and by cellB`) {
		t.Errorf("error %v, want one that names both cells", err)
	}
	if err := l.Close(); err == nil || !strings.Contains(err.Error(), "recorded twice") {
		t.Errorf("Close() = %v, want the misuse", err)
	}
}

func TestOtherRunsAndPapers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cellB(t, dir)
	for want, change := range map[string]func(p *Paper, r *Run){
		"seed 1, but this run is at scale quick, backend go, seed 2": func(_ *Paper, r *Run) { r.Seed = 2 },
		"belongs to paper test-paper":                                func(p *Paper, _ *Run) { p.Key = "other" },
		"C1, which is no statement":                                  func(p *Paper, _ *Run) { p.Statements = p.Statements[1:] },
	} {
		p, r := loaded(t), quick()
		change(&p, &r)
		l, err := Open(p, dir, r)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to say %q", err, want)
		}
	}
}

func TestBegin(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	for range 2 {
		if err := Begin(dir); err != nil {
			t.Fatal(err)
		}
		if o := outcome(t, open(t, dir), "C1"); o.Verdict != NotChecked {
			t.Errorf("after Begin: %+v", o)
		}
		cellB(t, dir)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if Begin(filepath.Join(file, "x")) == nil {
		t.Error("Begin below a file gives no error")
	}
}

func TestTornAndDamagedLines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "ledger.jsonl")
	cellB(t, dir)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := whole[strings.LastIndex(strings.TrimSpace(string(whole)), "\n"):]
	// A killed cell leaves the front of a line, wherever it was cut.
	for cut := 1; cut < len(last)-1; cut++ {
		if err := os.WriteFile(path, append(whole[:len(whole):len(whole)], last[:cut]...), 0o644); err != nil {
			t.Fatal(err)
		}
		cellC(t, dir, "C2", "after")
		for _, id := range []string{"C1", "C2"} {
			if o := outcome(t, open(t, dir), id); len(o.Checks) != 1 || len(o.Checks[0].Controls) != 1 {
				t.Fatalf("cut at %d: a record beside the torn line is lost: %+v", cut, o)
			}
		}
	}
	for content, want := range map[string]string{
		"{\"claim\": nonsense}\n":                                 "line 1 is damaged",
		strings.Replace(string(whole), `"control":`, `"con":`, 1): "a control of the check \"a\" without its number",
	} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := open(t, dir).Close(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to say %q", err, want)
		}
	}
}

const (
	childDir   = "MARGINALIA_CLAIM_TEST_DIR"
	childName  = "MARGINALIA_CLAIM_TEST_NAME"
	manyChecks = 400
)

// TestChild is one of the processes of TestProcessesAtOnce.
func TestChild(t *testing.T) {
	dir, name := os.Getenv(childDir), os.Getenv(childName)
	if dir == "" {
		return // an ordinary run of the tests
	}
	c := open(t, dir).Part(name).Claim("C1")
	for i := range manyChecks {
		c.Check(fmt.Sprint(name, i), 1, Within(1, 0.1))
	}
}

func TestProcessesAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var group sync.WaitGroup
	for _, name := range []string{"one", "two"} {
		group.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
			cmd.Env = append(os.Environ(), childDir+"="+dir, childName+"="+name)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		})
	}
	group.Wait()
	b, err := os.ReadFile(filepath.Join(dir, "ledger.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := parse(b)
	if n := strings.Count(string(b), "\n"); err != nil || len(lines) != 2*manyChecks || n != 4*manyChecks {
		t.Errorf("%d records and %d line breaks (%v), want %d and twice as many", len(lines), n, err, 2*manyChecks)
	}
	if o := outcome(t, open(t, dir), "C1"); len(o.Checks) != 2*manyChecks {
		t.Errorf("%d checks, want %d", len(o.Checks), 2*manyChecks)
	}
}
