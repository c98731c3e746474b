package notebook_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

var machine = repro.Machine{Backend: "go", Device: "any"}

// session makes one of a paper with three claims. The statements need no controls.
func session(t *testing.T, seed uint64, scale string) (*notebook.Session, *notebook.Collector) {
	t.Helper()
	var statements []string
	for _, id := range []string{"C1", "C2", "C3"} {
		statements = append(statements, fmt.Sprintf(`{"id": %q, "kind": "certificate", "title": "A bound", "tex": "$a\\le b$", "source": "here", "known": "ours"}`, id))
	}
	p, err := claim.ParsePaper(fmt.Appendf(nil, `{"key": "test-paper", "title": "A test", "authors": ["Nobody"], "venue": "here",
		"learn": "nothing", "read": "all", "statements": [%s]}`, strings.Join(statements, ",")))
	if err != nil {
		t.Fatal(err)
	}
	shown := new(notebook.Collector)
	return &notebook.Session{Paper: p, Sink: shown, Run: repro.Run{Paper: p.Key, Scale: scale, Seed: seed, Dir: t.TempDir(),
		Code: repro.Code{Source: "x", Versions: map[string]string{}}}}, shown
}

func begin(t *testing.T, s *notebook.Session) {
	t.Helper()
	if err := s.Begin(machine); err != nil {
		t.Fatal(err)
	}
}

type sizes struct{ N int }

var steps = notebook.Sizes[int]{Quick: 3, Paper: 100}

func sum(c sizes) (float64, error) {
	if c.N < 0 {
		return 0, fmt.Errorf("a negative length: %d", c.N)
	}
	return float64(c.N*(c.N+1)) / 2, nil
}

// The cells of the tests.

func C1(cell *notebook.Cell) {
	n := steps.At(cell)
	got := notebook.Keep(cell, "sum", sizes{n}, sum)
	cell.Claim().Check("mean", got/float64(n), claim.Within(float64(n+1)/2, 0.01)).Control("one too many", got/float64(n+1))
	cell.Show(figure.Figure{ID: "f", Alt: "nothing"})
	cell.Table([]string{"n"}, [][]string{{fmt.Sprint(n)}})
}

func Both(cell *notebook.Cell) {
	cell.Claim("C2").Check("seed", float64(cell.Seed()), claim.AtMost(5)).Control("six", 6).Because("a seed is no measurement")
	cell.Report()
	cell.Claim("C3").Check("draw", cell.Stream("x").Float64(), claim.Between(0, 1)).Control("two", 2).Because("any draw will do")
}

func None(cell *notebook.Cell)       { cell.Claim() }
func Unknown(cell *notebook.Cell)    { cell.Claim("C9") }
func Negative(cell *notebook.Cell)   { notebook.Keep(cell, "sum", sizes{-1}, sum) }
func Picture(cell *notebook.Cell)    { cell.Markdown("a picture") }
func OutOfRange(cell *notebook.Cell) { fmt.Println([]int{}[steps.At(cell)]) }
func Waiting(cell *notebook.Cell) {
	notebook.Keep(cell, "sum", sizes{3}, sum)
	notebook.KeepContext(cell, "wait", sizes{3}, wait)
}

func wait(ctx context.Context, _ sizes) (int, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func Long(cell *notebook.Cell) {
	cell.Markdown(fmt.Sprint("seen: ", notebook.KeepContext(cell, "long", sizes{3}, long)))
}

// long keeps how far it came and ends with its context; the next time it comes to its end.
func long(ctx context.Context, _ sizes) (string, error) {
	path := filepath.Join(progress.Folder(ctx), "half")
	if b, err := os.ReadFile(path); err == nil {
		return string(b) + " and whole", nil
	}
	err := os.MkdirAll(progress.Folder(ctx), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte("half"), 0o644)
	}
	if err != nil {
		return "", err
	}
	<-ctx.Done()
	return "", ctx.Err()
}

// What was interrupted goes on where it stood, and says so.
func TestGoesOn(t *testing.T) {
	s, shown := session(t, 1, claim.Quick)
	begin(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Do(ctx, Long)
	if !errors.Is(err, notebook.ErrInterrupted) || err.Error() != "Long: interrupted: what was being computed goes on where it stood when the cell is run again" {
		t.Fatalf("interrupted: %v", err)
	}
	if err := s.Do(t.Context(), Long); err != nil {
		t.Fatal(err)
	}
	if texts := shown.Texts(); texts[len(texts)-1] != "seen: half and whole" {
		t.Errorf("shown: %q", texts)
	}
	left, err := filepath.Glob(filepath.Join(s.Run.Dir, "kept", "long-*"))
	if err != nil || len(left) != 1 || filepath.Ext(left[0]) != ".gob" {
		t.Errorf("left: %v, %v; want the result alone", left, err)
	}
}

func TestCells(t *testing.T) {
	s, shown := session(t, 1, claim.Quick)
	begin(t, s)
	for _, f := range []func(*notebook.Cell){C1, Both} {
		if err := s.Do(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := shown.Figures(); len(got) != 1 || got[0].ID != "f" {
		t.Errorf("figures %v", got)
	}
	// Header, table of the cell, claims of C1; C2 by Report, then C2 and C3; all.
	var firsts []string
	for _, text := range shown.Texts() {
		var ids []string
		for _, id := range []string{"| This run", "| n |", "**C1**", "**C2**", "**C3**"} {
			if strings.Contains(text, id) {
				ids = append(ids, strings.Trim(id, "*| "))
			}
		}
		firsts = append(firsts, strings.Join(ids, "+"))
	}
	if got, want := strings.Join(firsts, ", "), "This run, n, C1, C2, C2+C3, C1+C2+C3"; got != want {
		t.Errorf("shown: %s, want %s", got, want)
	}
	if _, err := claim.Load(filepath.Join(s.Run.Dir, "claims.json")); err != nil {
		t.Error(err)
	}
}

// Twenty seeds side by side in one process, each with its own ledger.
func TestSeedsSideBySide(t *testing.T) {
	var wait sync.WaitGroup
	first := make([]float64, 20)
	for i := range first {
		s, _ := session(t, uint64(i), claim.Quick)
		begin(t, s)
		wait.Go(func() {
			for _, f := range []func(*notebook.Cell){C1, Both} {
				if err := s.Do(t.Context(), f); err != nil {
					t.Error(err)
				}
			}
			r, err := s.Record()
			if err != nil {
				t.Error(err)
				return
			}
			if want := map[bool]claim.Verdict{true: claim.Holds, false: claim.Fails}[i <= 5]; r.Claims[1].Verdict != want {
				t.Errorf("seed %d: C2 %s, want %s", i, r.Claims[1].Verdict, want)
			}
			first[i] = float64(r.Claims[2].Checks[0].Measured)
			if err := s.Close(); (err == nil) != (i <= 5) {
				t.Errorf("seed %d: %v", i, err)
			}
		})
	}
	wait.Wait()
	seen := map[float64]bool{}
	for i, x := range first {
		if seen[x] {
			t.Errorf("seed %d draws what another seed drew", i)
		}
		seen[x] = true
	}
}

func TestFaults(t *testing.T) {
	s, _ := session(t, 1, claim.Quick)
	for _, f := range []func(*notebook.Cell){C1, Both} { // the first one keeps, the second one measures
		err := s.Do(t.Context(), f)
		if err == nil || !strings.Contains(err.Error(), "run the set-up cells first") || !strings.Contains(err.Error(), "paper.Begin") {
			t.Errorf("before the set-up: %v", err)
		}
	}
	if err := s.Do(t.Context(), Picture); err != nil {
		t.Errorf("a cell that measures nothing, before the set-up: %v", err)
	}
	begin(t, s)
	for _, c := range []struct {
		f     func(*notebook.Cell)
		stack bool
		said  string
	}{
		{None, false, `None: the cell's function is None, which is no claim of test-paper: name the claim, as in cell.Claim("C1")`},
		{Unknown, false, `C9`},
		{Negative, false, `a negative length: -1`},
		{OutOfRange, true, `index out of range`},
		{func(*notebook.Cell) {}, false, "is no function of its own"},
	} {
		err := s.Do(t.Context(), c.f)
		if err == nil || !strings.Contains(err.Error(), c.said) {
			t.Errorf("error %v, want it to say %q", err, c.said)
		}
		var fault *notebook.Fault
		if errors.As(err, &fault) && (fault.Stack != "") != c.stack {
			t.Errorf("%v: stack %q", err, fault.Stack)
		}
		if c.stack && !strings.Contains(fault.Stack, "session_test.go") {
			t.Errorf("the stack does not name the line: %s", fault.Stack)
		}
	}
}

func TestInterrupted(t *testing.T) {
	s, _ := session(t, 1, claim.Quick)
	begin(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Do(ctx, Waiting)
	if !errors.Is(err, notebook.ErrInterrupted) || !strings.Contains(err.Error(), `kept "sum"`) {
		t.Errorf("error %v, want an interruption that names what was kept", err)
	}
	if kept, _ := filepath.Glob(filepath.Join(s.Run.Dir, "kept", "*.gob")); len(kept) != 1 {
		t.Errorf("kept: %v", kept)
	}
}

func Other(cell *notebook.Cell) { notebook.Keep(cell, "sum", sizes{steps.At(cell) + 10}, sum) }
func Again(cell *notebook.Cell) { notebook.Keep(cell, "sum", sizes{steps.At(cell)}, sum) }

// Twice asks for two results of one name, of which the first is also C1's.
func Twice(cell *notebook.Cell) {
	notebook.Keep(cell, "sum", sizes{steps.At(cell)}, sum)
	notebook.Keep(cell, "sum", sizes{steps.At(cell) + 20}, sum)
}

// A cell that computes another result than an earlier cell was given names that cell.
func TestOutdated(t *testing.T) {
	s, shown := session(t, 1, claim.Quick)
	begin(t, s)
	do := func(f func(*notebook.Cell)) string {
		before := len(shown.Texts())
		if err := s.Do(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		return strings.Join(shown.Texts()[before:], "\n")
	}
	defer func(old notebook.Sizes[int]) { steps = old }(steps)
	do(C1)
	if said := do(Again); said != "" {
		t.Errorf("the same result: %q", said)
	}
	steps.Quick++
	if said := do(Again); !strings.Contains(said, "`sum` was computed afresh here. What C1 last showed belongs to another one: run it again.") {
		t.Errorf("another result: %q", said)
	}
	if said := do(Twice); said != "" {
		t.Errorf("two results in one cell: %q", said)
	}
	for _, f := range []func(*notebook.Cell){C1, Other} { // all is new; a result of the same name that is another one by intent
		if said := do(f); strings.Contains(said, "afresh") {
			t.Errorf("said %q", said)
		}
	}
	steps.Quick++
	if said := do(Twice); !strings.Contains(said, "What Again, C1 last showed belongs to another one: run them again.") {
		t.Errorf("the first of two results is another one: %q", said)
	}
}

var large = sizes{100}

func Large(cell *notebook.Cell) {
	v, ok := notebook.PaperScale(cell, "large", large, sum)
	if ok {
		cell.Claim("C1").Check("sum", v, claim.Within(5050, 1)).Control("one more", v+5)
	}
}

// At quick scale a claim of the paper's scale shows what is kept, or that nothing is.
func TestPaperScale(t *testing.T) {
	root := t.TempDir()
	put := func(name, content string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("go.mod", "module x\n")
	put("pkg/notebook_test/a.go", "package a\n") // where the functions of this file are
	run := func(scale string) (*notebook.Session, string) {
		s, shown := session(t, 1, scale)
		s.Run.Code = repro.Code{Root: root}
		begin(t, s)
		if err := s.Do(t.Context(), Large); err != nil {
			t.Fatal(err)
		}
		return s, strings.Join(shown.Texts(), "\n")
	}
	if _, said := run(claim.Quick); !strings.Contains(said, "**Not reproduced here.**") || strings.Contains(said, "**C1**") {
		t.Errorf("nothing is kept: %s", said)
	}
	s, _ := run(claim.PaperSized)
	b, err := os.ReadFile(filepath.Join(s.Run.Dir, "results", "large.json"))
	if err != nil {
		t.Fatal(err)
	}
	put("notebooks/test-paper/results/large.json", string(b))
	s, said := run(claim.Quick)
	r, err := s.Record()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said, "Kept result of the paper's scale, computed on any") || !strings.Contains(r.Claims[0].Kept, "computed on any") {
		t.Errorf("a kept result: %s, %+v", said, r.Claims[0])
	}
	large.N++ // what was kept is of another configuration
	defer func() { large.N-- }()
	if _, said := run(claim.Quick); !strings.Contains(said, "has changed since") || strings.Contains(said, "**C1**") {
		t.Errorf("the source has changed: %s", said)
	}
}
