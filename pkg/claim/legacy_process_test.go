package claim_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

var zero = claim.Within(0, 1e-12)

func paper() claim.Paper {
	return claim.Paper{Key: "test-paper", Title: "A test", Statements: []claim.Statement{
		{ID: "C1", Kind: claim.Identity, Statement: "$a = b$", Source: "(1)"},
		{ID: "C2", Kind: claim.Certificate, Statement: "$a = b$", Source: "(2)"},
	}}
}

func run() claim.Run { return claim.Run{Scale: claim.Quick, Backend: "go", Seed: 1} }

func open(dir string, p claim.Paper, r claim.Run) *claim.Ledger {
	l, err := claim.Open(p, dir, r)
	if err != nil {
		panic(err)
	}
	return l
}

// The cells of a notebook: each runs as a goroutine of its own, so that it is the
// bottom of its stack as it is in a process of its own.

func cellA(done chan<- any, dir string, x float64) {
	defer func() { done <- recover() }()
	l := open(dir, paper(), run())
	func() { l.Claim("C1").Check("a", x, zero) }() // from a literal, as in a loop's callback
	control(l)
}

func cellB(done chan<- any, dir string) {
	defer func() { done <- recover() }()
	open(dir, paper(), run()).Claim("C1").Check("a", 0, zero)
}

func cellC(done chan<- any, dir, id, name string) {
	defer func() { done <- recover() }()
	open(dir, paper(), run()).Claim(id).Check(name, 0, zero)
}

// control is a helper that records on behalf of its cell.
func control(l *claim.Ledger) { l.Claim("C1").Control("b", 1, zero) }

// wait starts a cell and fails the test if it panics.
func wait(t *testing.T, start func(done chan<- any)) {
	t.Helper()
	done := make(chan any)
	start(done)
	if p := <-done; p != nil {
		t.Fatalf("the cell panicked: %v", p)
	}
}

func outcomes(t *testing.T, dir string) map[string]claim.Outcome {
	t.Helper()
	r, err := open(dir, paper(), run()).Record()
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]claim.Outcome{}
	for _, o := range r.Claims {
		byID[o.ID] = o
	}
	return byID
}

func TestRerunReplaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wait(t, func(done chan<- any) { go cellA(done, dir, 5) })
	wait(t, func(done chan<- any) { go cellC(done, dir, "C2", "z") })
	if o := outcomes(t, dir)["C1"]; o.Verdict != claim.Fails {
		t.Fatalf("first run: verdict %q, want %q", o.Verdict, claim.Fails)
	}
	wait(t, func(done chan<- any) { go cellA(done, dir, 0) })
	o := outcomes(t, dir)["C1"]
	if o.Verdict != claim.Holds || len(o.Checks) != 1 || len(o.Controls) != 1 {
		t.Errorf("after the rerun: %+v, want one check and one control that make it hold", o)
	}
	if o := outcomes(t, dir)["C2"]; len(o.Checks) != 1 {
		t.Errorf("the rerun of one cell touched another: %+v", o)
	}
	// A cell that was edited takes all its earlier records with it.
	wait(t, func(done chan<- any) { go cellC(done, dir, "C1", "other") })
	if o := outcomes(t, dir)["C2"]; o.Verdict != claim.NotChecked {
		t.Errorf("the edited cell's record for C2 is still there: %+v", o)
	}
}

func TestPartIsTheCellsFunction(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wait(t, func(done chan<- any) { go cellA(done, dir, 0) })
	b, err := os.ReadFile(filepath.Join(dir, "ledger.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	for range 2 {
		var rec struct{ Part, Slot string }
		if err := dec.Decode(&rec); err != nil {
			t.Fatal(err)
		}
		if rec.Part != "cellA" {
			t.Errorf("the %s belongs to part %q, want cellA", rec.Slot, rec.Part)
		}
	}
}

func TestTwoCellsOneName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wait(t, func(done chan<- any) { go cellA(done, dir, 0) })
	wait(t, func(done chan<- any) { go cellB(done, dir) })
	l := open(dir, paper(), run())
	if _, err := l.Record(); err == nil || !strings.Contains(err.Error(), `"a" is recorded twice, by cellA and by cellB`) {
		t.Errorf("error %v, want one that names both functions", err)
	}
	if err := l.Close(); err == nil || !strings.Contains(err.Error(), "recorded twice") {
		t.Errorf("Close() = %v, want the misuse", err)
	}
}

func TestOtherRunsAndPapers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wait(t, func(done chan<- any) { go cellB(done, dir) })
	r := run()
	r.Seed = 2
	if err := open(dir, paper(), r).Close(); err == nil || !strings.Contains(err.Error(), "seed 1, but this run is at scale quick, backend go, seed 2") {
		t.Errorf("another seed: %v", err)
	}
	p := paper()
	p.Key = "other"
	if err := open(dir, p, run()).Close(); err == nil || !strings.Contains(err.Error(), "belongs to paper test-paper") {
		t.Errorf("another paper: %v", err)
	}
	p = paper()
	p.Statements = p.Statements[1:]
	if err := open(dir, p, run()).Close(); err == nil || !strings.Contains(err.Error(), "C1, which is no statement") {
		t.Errorf("a statement removed: %v", err)
	}
}

func TestBegin(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	for range 2 {
		if err := claim.Begin(dir); err != nil {
			t.Fatal(err)
		}
		if o := outcomes(t, dir)["C1"]; o.Verdict != claim.NotChecked {
			t.Errorf("after Begin: %+v", o)
		}
		wait(t, func(done chan<- any) { go cellB(done, dir) })
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if claim.Begin(filepath.Join(file, "x")) == nil {
		t.Error("Begin below a file gives no error")
	}
}

func TestTornAndDamagedLines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "ledger.jsonl")
	wait(t, func(done chan<- any) { go cellB(done, dir) })
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// A killed cell leaves the front of a line, wherever it was cut.
	for cut := 1; cut < len(whole)-1; cut++ {
		if err := os.WriteFile(path, append(whole[:len(whole):len(whole)], whole[:cut]...), 0o644); err != nil {
			t.Fatal(err)
		}
		wait(t, func(done chan<- any) { go cellC(done, dir, "C2", "after") })
		if o := outcomes(t, dir); len(o["C1"].Checks) != 1 || len(o["C2"].Checks) != 1 {
			t.Fatalf("cut at %d: a record beside the torn line is lost: %+v", cut, o)
		}
	}
	if err := os.WriteFile(path, []byte("{\"claim\": nonsense}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := open(dir, paper(), run()).Close(); err == nil || !strings.Contains(err.Error(), "line 1 is damaged") {
		t.Errorf("a damaged line: %v", err)
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
	l := open(dir, paper(), run())
	for i := range manyChecks {
		l.Claim("C1").Check(fmt.Sprint(name, i), 0, zero)
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
	whole := 0
	for _, text := range strings.Fields(string(b)) {
		if strings.HasPrefix(text, "{\"paper\"") {
			whole++
		}
	}
	if n := strings.Count(string(b), "\n"); whole != 2*manyChecks || n != 4*manyChecks {
		t.Errorf("%d records and %d line breaks, want %d and twice as many", whole, n, 2*manyChecks)
	}
}
