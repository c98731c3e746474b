package repro_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

func paper() claim.Paper {
	return claim.Paper{Key: "test-paper", Title: "A test", Statements: []claim.Statement{
		{ID: "C1", Kind: claim.Certificate, Statement: "$a = b$", Source: "ours"},
	}}
}

var machine = repro.Machine{Backend: "xla cpu", Device: "a CPU of 2 cores"}

// checkout makes a small checkout and points the environment at it.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module github.com/marginalia-ml/marginalia\n\nrequire (\n\tgonum.org/v1/gonum v0.17.0\n)\n")
	for _, room := range []string{"pkg/repro_test", "pkg/a", "xla", "data"} {
		write(t, filepath.Join(dir, room, "a.go"), "package a\n")
	}
	t.Setenv("MARGINALIA_ROOT", dir)
	t.Setenv("MARGINALIA_RUN", "")
	t.Setenv("MARGINALIA_SCALE", "")
	t.Setenv("MARGINALIA_SEED", "")
	return dir
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// mustPanic calls f and wants it to panic with all of the words.
func mustPanic(t *testing.T, f func(), words ...string) {
	t.Helper()
	defer func() {
		t.Helper()
		got := recover()
		for _, w := range words {
			if !strings.Contains(fmt.Sprint(got), w) {
				t.Errorf("panic %v, want it to say %q", got, w)
			}
		}
		if _, isError := got.(error); !isError || strings.Contains(fmt.Sprint(got), "runtime error") {
			t.Errorf("panic %v (%T), want an error for the reader", got, got)
		}
	}()
	f()
}

func TestScale(t *testing.T) {
	checkout(t)
	if repro.Scale() != claim.Quick || repro.Quick(1, 2) != 1 {
		t.Errorf("the default scale is %q", repro.Scale())
	}
	t.Setenv("MARGINALIA_SCALE", "paper")
	if repro.Scale() != claim.PaperSized || repro.Quick("a", "b") != "b" {
		t.Errorf("scale %q, want paper", repro.Scale())
	}
	t.Setenv("MARGINALIA_SCALE", "huge")
	mustPanic(t, func() { repro.Scale() }, `unknown scale "huge"`, `"quick" and "paper"`)
}

func TestSeedAndStreams(t *testing.T) {
	checkout(t)
	if repro.Seed() != 1 {
		t.Errorf("the default seed is %d", repro.Seed())
	}
	a, again, b := repro.Stream("a").Uint64(), repro.Stream("a").Uint64(), repro.Stream("b").Uint64()
	if a != again || a == b {
		t.Errorf("streams a, a, b begin %d, %d, %d, want the first two equal and the third different", a, again, b)
	}
	// The first number of PCG(1, 0xaf63dc4c8601ec8c), the second word being FNV-1a("a").
	// Streams must stay the same from release to release, or a seed means other data.
	const streamA = 18148223410870815460
	if a != streamA {
		t.Errorf("stream a begins %d, want %d", a, uint64(streamA))
	}
	t.Setenv("MARGINALIA_SEED", "2")
	if repro.Stream("a").Uint64() == a {
		t.Error("another seed gives the same stream")
	}
	for _, bad := range []string{"-1", "x", "1.5", "18446744073709551616"} {
		t.Setenv("MARGINALIA_SEED", bad)
		mustPanic(t, func() { repro.Seed() }, bad, "whole number")
	}
}

func TestRoot(t *testing.T) {
	dir := checkout(t)
	t.Setenv("MARGINALIA_ROOT", "")
	sub := filepath.Join(dir, "notebooks", "x")
	if err := os.MkdirAll(sub, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(sub)
	want, _ := filepath.EvalSymlinks(dir)
	if got, _ := filepath.EvalSymlinks(repro.Root()); got != want {
		t.Errorf("Root() = %q from %q, want %q", got, sub, want)
	}
	t.Chdir(t.TempDir())
	mustPanic(t, func() { repro.Root() }, "no checkout", "set MARGINALIA_ROOT")
	t.Setenv("MARGINALIA_ROOT", sub)
	mustPanic(t, func() { repro.Root() }, sub, "holds no go.mod")
}

func TestRunDir(t *testing.T) {
	dir := checkout(t)
	if got, want := repro.RunDir("test-paper"), filepath.Join(dir, "build", "test-paper", "lab"); got != want {
		t.Errorf("RunDir = %q, want %q", got, want)
	}
	t.Setenv("MARGINALIA_RUN", filepath.Join(dir, "elsewhere"))
	if got, want := repro.RunDir("test-paper"), filepath.Join(dir, "elsewhere"); got != want {
		t.Errorf("RunDir = %q, want %q", got, want)
	}
	t.Setenv("MARGINALIA_RUN", "")
	mustPanic(t, func() { repro.RunDir("a/b") }, "no key of a paper")
}

func TestBeginAndHeader(t *testing.T) {
	dir := checkout(t)
	mustPanic(t, func() { repro.Ledger(paper()) }, "run the set-up cell first")
	header := repro.Begin(paper(), machine, repro.Expect{Quick: 3, Paper: 40})
	for _, want := range []string{
		"| Backend | xla cpu |", "| Device | a CPU of 2 cores |", "| Scale | quick |", "| Seed | 1 |",
		"gonum 0.17.0", "go " + strings.TrimPrefix(runtime.Version(), "go"), "3 minutes at quick scale on two CPU cores; 40 minutes",
		"`scripts/run test-paper --scale quick --backend cpu --seed 1`", "| Commit | unknown",
	} {
		if !strings.Contains(header, want) {
			t.Errorf("the header does not say %q:\n%s", want, header)
		}
	}
	if strings.Contains(header, dir) {
		t.Errorf("the header holds a path:\n%s", header)
	}
	l := repro.Ledger(paper())
	if repro.Ledger(paper()) != l {
		t.Error("a second call in one process opens another ledger")
	}
	l.Claim("C1").Check("a", 1, claim.AtMost(1))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := claim.Load(filepath.Join(repro.RunDir("test-paper"), "claims.json"))
	if err != nil {
		t.Fatal(err)
	}
	if r.Run.Backend != "xla cpu" || r.Run.Versions["gonum"] != "0.17.0" || r.Claims[0].Verdict != claim.Holds {
		t.Errorf("claims.json: %+v", r)
	}
	repro.Begin(paper(), machine, repro.Expect{})
	if r, _ := repro.Ledger(paper()).Record(); r.Claims[0].Verdict != claim.NotChecked {
		t.Errorf("Begin left records behind: %+v", r.Claims[0])
	}
	t.Setenv("MARGINALIA_SEED", "7")
	mustPanic(t, func() { repro.Header(paper(), repro.Expect{}) }, "with seed 1", "with seed 7", "set-up cell again")
}

// A configuration and a result as a room would have them.

type config struct {
	Steps int
	Rate  float64
}

type result struct {
	Values []float64
	Name   string
}

var calls int

func compute(c config) (result, error) {
	calls++
	return result{Values: []float64{c.Rate, 0.1 + 0.2, math.NaN(), math.Inf(-1), math.SmallestNonzeroFloat64, math.Copysign(0, -1)}, Name: fmt.Sprint(c.Steps)}, nil
}

func fails(config) (result, error) { return result{}, fmt.Errorf("diverged at step 7") }

// keep calls Keep and returns whether it computed.
func keep(t *testing.T, c config) (r result, p repro.Provenance, computed bool) {
	t.Helper()
	before := calls
	r, p = repro.Keep("test-paper/run", c, compute)
	if p.Err != nil {
		t.Fatal(p.Err)
	}
	if computed = calls > before; computed == p.Kept {
		t.Errorf("computed: %v, but Provenance.Kept is %v", computed, p.Kept)
	}
	return r, p, computed
}

func TestKeep(t *testing.T) {
	dir := checkout(t)
	begin := func() { repro.Begin(paper(), machine, repro.Expect{}) }
	begin()
	c := config{Steps: 10, Rate: 1.0 / 3}
	first, p, computed := keep(t, c)
	if !computed || p.String() != "" {
		t.Errorf("the first call: %+v %q", p, p)
	}
	second, p, computed := keep(t, c)
	if computed {
		t.Error("the second call computes again")
	}
	for i := range first.Values {
		if a, b := math.Float64bits(first.Values[i]), math.Float64bits(second.Values[i]); a != b {
			t.Errorf("value %d: kept %v, computed %v: not the same bits", i, second.Values[i], first.Values[i])
		}
	}
	if want := filepath.Join("build", "test-paper", "lab", "kept", "run-*.gob"); !strings.Contains(p.String(), want) {
		t.Errorf("provenance %q does not say how to compute afresh", p)
	}
	for what, change := range map[string]func(){
		"configuration": func() { c.Steps++ },
		"seed":          func() { t.Setenv("MARGINALIA_SEED", "2"); begin() },
		"scale":         func() { t.Setenv("MARGINALIA_SCALE", "paper"); begin() },
		"backend":       func() { machine.Backend = "go"; begin(); machine.Backend = "xla cpu" },
		"forgotten":     func() { repro.Forget("test-paper/run") },
		"torn file":     func() { truncate(t, dir) },
		"flipped bit":   func() { flip(t, dir) },
	} {
		keep(t, c)
		change()
		if _, _, computed := keep(t, c); !computed {
			t.Errorf("%s: the old result is shown", what)
		}
		if _, _, computed := keep(t, c); computed {
			t.Errorf("%s: the new result was not kept", what)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "build/test-paper/lab/kept/.*")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

// TestKeepWithoutRoom: a result that cannot be written is still returned, and said to be
// lost.
func TestKeepWithoutRoom(t *testing.T) {
	dir := checkout(t)
	repro.Begin(paper(), machine, repro.Expect{})
	write(t, filepath.Join(dir, "build", "test-paper", "lab", "kept"), "a file where the folder should be")
	r, p := repro.Keep("test-paper/run", config{Steps: 3}, compute)
	if r.Name != "3" || p.Err == nil || p.Kept || !strings.Contains(p.String(), "could not be kept") {
		t.Errorf("result %v, provenance %+v (%s)", r, p, p)
	}
}

func kept(t *testing.T, dir string) []string {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "build/test-paper/lab/kept/*.gob"))
	if len(files) == 0 {
		t.Fatal("no kept file")
	}
	return files
}

func truncate(t *testing.T, dir string) {
	for _, f := range kept(t, dir) {
		info, err := os.Stat(f)
		if err == nil {
			err = os.Truncate(f, info.Size()-3)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func flip(t *testing.T, dir string) {
	for _, f := range kept(t, dir) {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-2] ^= 1
		write(t, f, string(b))
	}
}

type hidden struct {
	Shown int
	inner int
}

func computeHidden(config) (hidden, error)     { return hidden{inner: 1}, nil }
func computeFromHidden(c hidden) (int, error)  { return c.inner, nil }
func computeFromNaN(c float64) (int, error)    { return 1, nil }
func computeFunc(config) (func(), error)       { return nil, nil }
func computeAny(config) (any, error)           { return struct{ X int }{1}, nil }
func (c config) method(config) (result, error) { return result{}, nil }

func TestKeepRefuses(t *testing.T) {
	checkout(t)
	begin := func() { repro.Begin(paper(), machine, repro.Expect{}) }
	mustPanic(t, func() { repro.Keep("test-paper/run", config{}, compute) }, "run the set-up cell first")
	begin()
	const key = "test-paper/run"
	n := 1
	mustPanic(t, func() { repro.Keep(key, config{}, func(c config) (int, error) { return n, nil }) }, "closure")
	mustPanic(t, func() { repro.Keep(key, config{}, config{}.method) }, "method value")
	mustPanic(t, func() { repro.Keep(key, "x", os.ReadFile) }, "no function of")
	mustPanic(t, func() { repro.Keep[config, int](key, config{}, nil) }, "no function to compute")
	mustPanic(t, func() { repro.Keep(key, config{}, computeHidden) }, "field inner", "export it")
	mustPanic(t, func() { repro.Keep(key, hidden{}, computeFromHidden) }, "the configuration", "field inner")
	mustPanic(t, func() { repro.Keep(key, math.NaN(), computeFromNaN) }, "cannot be part of a key")
	mustPanic(t, func() { repro.Keep(key, config{}, computeFunc) }, "holds a func")
	mustPanic(t, func() { repro.Keep(key, config{}, computeAny) }, "cannot be stored")
	mustPanic(t, func() { repro.Keep(key, config{}, fails) }, "computing test-paper/run", "diverged at step 7")
	for _, bad := range []string{"run", "a/b/c", "../x", "A/b", ""} {
		mustPanic(t, func() { repro.Keep(bad, config{}, compute) }, "want the paper's key, a slash and a name")
	}
}
