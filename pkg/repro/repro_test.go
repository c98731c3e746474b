package repro_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

func paper(t *testing.T) claim.Paper {
	t.Helper()
	p, err := claim.ParsePaper([]byte(`{"key": "test-paper", "title": "A test", "authors": ["Nobody"], "venue": "here", "learn": "Nothing.", "read": "all", "statements": [
  {"id": "C1", "kind": "inequality", "title": "Bound", "tex": "$a\\le6$", "source": "(1)", "known": "ours"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// measure records a number for the paper's claim, whose bound is 6.
func measure(l *claim.Ledger, x float64) {
	l.Part("C1").Claim("C1").Check("a", x, claim.AtMost(6)).Because("it is a bound").Control("too large", 7)
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

// fromEnv returns the run that the environment describes.
func fromEnv(t *testing.T) repro.Run {
	t.Helper()
	r, err := repro.FromEnv("test-paper")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// begin starts that run on a machine.
func begin(t *testing.T, m repro.Machine) repro.Run {
	t.Helper()
	r := fromEnv(t)
	if err := r.Begin(m); err != nil {
		t.Fatal(err)
	}
	return r
}

// refused wants an error that says all of the words.
func refused(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("error %v, want it to say %q", err, w)
		}
	}
}

func refusedEnv(t *testing.T, words ...string) {
	t.Helper()
	_, err := repro.FromEnv("test-paper")
	refused(t, err, words...)
}

func TestScale(t *testing.T) {
	checkout(t)
	if s := fromEnv(t).Scale; s != claim.Quick {
		t.Errorf("the default scale is %q", s)
	}
	t.Setenv("MARGINALIA_SCALE", "paper")
	if s := fromEnv(t).Scale; s != claim.PaperSized {
		t.Errorf("scale %q, want paper", s)
	}
	t.Setenv("MARGINALIA_SCALE", "huge")
	refusedEnv(t, `unknown scale "huge"`, `"quick" and "paper"`)
}

func TestSeedAndStreams(t *testing.T) {
	checkout(t)
	run := fromEnv(t)
	if run.Seed != 1 {
		t.Errorf("the default seed is %d", run.Seed)
	}
	a, again, b := run.Stream("a").Uint64(), run.Stream("a").Uint64(), run.Stream("b").Uint64()
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
	if fromEnv(t).Stream("a").Uint64() == a {
		t.Error("another seed gives the same stream")
	}
	for _, bad := range []string{"-1", "x", "1.5", "18446744073709551616"} {
		t.Setenv("MARGINALIA_SEED", bad)
		refusedEnv(t, bad, "whole number")
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
	if got, _ := filepath.EvalSymlinks(fromEnv(t).Code.Root); got != want {
		t.Errorf("the checkout is %q from %q, want %q", got, sub, want)
	}
	t.Chdir(t.TempDir())
	refusedEnv(t, "no checkout", "set MARGINALIA_ROOT")
	t.Setenv("MARGINALIA_ROOT", sub)
	refusedEnv(t, sub, "holds no go.mod")
}

func TestRunDir(t *testing.T) {
	dir := checkout(t)
	if got, want := fromEnv(t).Dir, filepath.Join(dir, "build", "test-paper", "lab"); got != want {
		t.Errorf("the run's folder is %q, want %q", got, want)
	}
	t.Setenv("MARGINALIA_RUN", filepath.Join(dir, "elsewhere"))
	if got, want := fromEnv(t).Dir, filepath.Join(dir, "elsewhere"); got != want {
		t.Errorf("the run's folder is %q, want %q", got, want)
	}
	t.Setenv("MARGINALIA_RUN", "")
	_, err := repro.FromEnv("a/b")
	refused(t, err, "no key of a paper")
}

func TestBeginAndHeader(t *testing.T) {
	dir := checkout(t)
	_, err := fromEnv(t).Ledger(paper(t))
	refused(t, err, "run the set-up cell first")
	run := begin(t, machine)
	header, err := run.Header(repro.Expect{Quick: 3, Paper: 150})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| Backend | xla cpu |", "| Device | a CPU of 2 cores |", "| Scale | quick |", "| Seed | 1 |",
		"gonum 0.17.0", "go " + strings.TrimPrefix(runtime.Version(), "go"), "3 minutes at quick scale on two CPU cores; 150 minutes at",
		"`scripts/run test-paper --scale quick --backend cpu --seed 1`", "| Commit | unknown",
	} {
		if !strings.Contains(header, want) {
			t.Errorf("the header does not say %q:\n%s", want, header)
		}
	}
	if strings.Contains(header, dir) {
		t.Errorf("the header holds a path:\n%s", header)
	}
	l, err := run.Ledger(paper(t))
	if err != nil {
		t.Fatal(err)
	}
	measure(l, 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := claim.Load(filepath.Join(run.Dir, "claims.json"))
	if err != nil {
		t.Fatal(err)
	}
	if r.Run.Backend != "xla cpu" || r.Run.Versions["gonum"] != "0.17.0" || r.Claims[0].Verdict != claim.Holds {
		t.Errorf("claims.json: %+v", r)
	}
	if l, err = begin(t, machine).Ledger(paper(t)); err != nil {
		t.Fatal(err)
	}
	if r, _ := l.Record(); r.Claims[0].Verdict != claim.NotChecked {
		t.Errorf("Begin left records behind: %+v", r.Claims[0])
	}
	t.Setenv("MARGINALIA_SEED", "7")
	_, err = fromEnv(t).Header(repro.Expect{})
	refused(t, err, "with seed 1", "with seed 7", "set-up cell again")
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

// keep recalls the result and returns whether it was computed.
func keep(t *testing.T, c config) (r result, p repro.Provenance, computed bool) {
	t.Helper()
	before := calls
	r, p, err := repro.RecallPlain(fromEnv(t), "run", c, compute)
	if err = errors.Join(err, p.Err); err != nil {
		t.Fatal(err)
	}
	if computed = calls > before; computed == p.Kept {
		t.Errorf("computed: %v, but Provenance.Kept is %v", computed, p.Kept)
	}
	return r, p, computed
}

func TestRecall(t *testing.T) {
	dir := checkout(t)
	begin(t, machine)
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
		"seed":          func() { t.Setenv("MARGINALIA_SEED", "2"); begin(t, machine) },
		"scale":         func() { t.Setenv("MARGINALIA_SCALE", "paper"); begin(t, machine) },
		"backend":       func() { begin(t, repro.Machine{Backend: "go", Device: machine.Device}) },
		"forgotten": func() {
			if err := os.RemoveAll(filepath.Join(fromEnv(t).Dir, "kept")); err != nil {
				t.Error(err)
			}
		},
		"torn file":   func() { truncate(t, dir) },
		"flipped bit": func() { flip(t, dir) },
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

// half keeps how far it came the first time, and ends the second.
func half(ctx context.Context, c config) (result, error) {
	folder := progress.Folder(ctx)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return result{}, err
	}
	path := filepath.Join(folder, "half")
	if _, err := os.Stat(path); err == nil {
		return result{}, nil
	}
	time.Sleep(halfTime)
	return result{}, errors.Join(errors.New("interrupted"), os.WriteFile(path, nil, 0o644))
}

const halfTime = 200 * time.Millisecond

// TestRecallGoesOn: the seconds are those of both runs; the folder of the work goes with the
// result, one that nobody has gone on with for a day, too, one of today does not.
func TestRecallGoesOn(t *testing.T) {
	checkout(t)
	run := begin(t, machine)
	kept := filepath.Join(run.Dir, "kept")
	old, young := filepath.Join(kept, "run-0123456789abcdef.work"), filepath.Join(kept, "run-fedcba9876543210.work")
	for _, folder := range []string{old, young} {
		write(t, filepath.Join(folder, "x.safetensors"), "x")
	}
	yesterday := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(old, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	if _, _, err := repro.Recall(t.Context(), run, "run", config{}, half); !errors.Is(err, repro.ErrBegun) {
		t.Fatal(err)
	}
	begun := time.Now()
	_, p, err := repro.Recall(t.Context(), run, "run", config{}, half)
	if err != nil || p.Seconds < max(halfTime, time.Since(begun)).Seconds() {
		t.Errorf("%g s, %v", p.Seconds, err)
	}
	if left, _ := filepath.Glob(filepath.Join(kept, "*.work")); !slices.Equal(left, []string{young}) {
		t.Errorf("left are %q", left)
	}
}

// TestRecallWithoutRoom: a result that cannot be written is still returned, and said to be
// lost.
func TestRecallWithoutRoom(t *testing.T) {
	dir := checkout(t)
	run := begin(t, machine)
	write(t, filepath.Join(dir, "build", "test-paper", "lab", "kept"), "a file where the folder should be")
	r, p, err := repro.RecallPlain(run, "run", config{Steps: 3}, compute)
	if err != nil || r.Name != "3" || p.Err == nil || p.Kept || !strings.Contains(p.String(), "could not be kept") {
		t.Errorf("result %v, provenance %+v (%s), error %v", r, p, p, err)
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

// recallError is the error of recalling a result of the run of the environment.
func recallError[C, R any](t *testing.T, name string, c C, f func(C) (R, error)) error {
	t.Helper()
	_, _, err := repro.RecallPlain(fromEnv(t), name, c, f)
	return err
}

func TestRecallRefuses(t *testing.T) {
	checkout(t)
	refused(t, recallError(t, "run", config{}, compute), "run the set-up cell first")
	begin(t, machine)
	n := 1
	refused(t, recallError(t, "run", config{}, func(c config) (int, error) { return n, nil }), "closure")
	refused(t, recallError(t, "run", config{}, config{}.method), "method value")
	refused(t, recallError(t, "run", "x", os.ReadFile), "no function of")
	refused(t, recallError[config, int](t, "run", config{}, nil), "no function to compute")
	refused(t, recallError(t, "run", config{}, computeHidden), "field inner", "export it")
	refused(t, recallError(t, "run", hidden{}, computeFromHidden), "the configuration", "field inner")
	refused(t, recallError(t, "run", math.NaN(), computeFromNaN), "cannot be part of a key")
	refused(t, recallError(t, "run", config{}, computeFunc), "holds a func")
	refused(t, recallError(t, "run", config{}, computeAny), "cannot be stored")
	refused(t, recallError(t, "run", config{}, fails), "computing test-paper/run", "diverged at step 7")
	for _, bad := range []string{"b/c", "../x", "B", ""} {
		refused(t, recallError(t, bad, config{}, compute), "want the paper's key, a slash and a name")
	}
}
