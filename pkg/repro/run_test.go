package repro_test

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
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// begun starts a run of its own folder in the small checkout.
func begun(t *testing.T, root string, seed uint64, scale string) repro.Run {
	t.Helper()
	r := repro.Run{Paper: "test-paper", Scale: scale, Seed: seed, Dir: t.TempDir(), Code: repro.Code{Root: root}}
	if err := r.Begin(machine); err != nil {
		t.Fatal(err)
	}
	return r
}

func draw(_ context.Context, c config) (result, error) {
	return result{Values: []float64{float64(c.Steps) * c.Rate}}, nil
}

// Where nobody runs cells again, a cell that ran until it was green is found out.
func TestOnce(t *testing.T) {
	for _, once := range []bool{false, true} {
		run, p := begun(t, checkout(t), 1, claim.Quick), paper(t)
		run.Once = once
		var last *claim.Ledger
		for _, x := range []float64{9, 1} { // each ledger as a process of its own
			l, err := run.Ledger(p)
			if err != nil {
				t.Fatal(err)
			}
			measure(l, x)
			last = l
		}
		_, err := last.Record()
		if (err != nil) != once || once && !strings.Contains(err.Error(), "recorded twice, by two processes") {
			t.Errorf("once %t: error %v", once, err)
		}
	}
	t.Setenv("MARGINALIA_ROOT", checkout(t))
	for value, want := range map[string]bool{"": false, "1": true} {
		t.Setenv("MARGINALIA_ONCE", value)
		if run, err := repro.FromEnv("test-paper"); err != nil || run.Once != want {
			t.Errorf("MARGINALIA_ONCE=%q: %+v, %v", value, run, err)
		}
	}
}

// Runs of one process with seeds of their own do not meet: the environment has no part in them.
func TestRunsSideBySide(t *testing.T) {
	root := checkout(t)
	t.Setenv("MARGINALIA_SEED", "nonsense")
	var wait sync.WaitGroup
	for seed := range uint64(8) {
		run, p := begun(t, root, seed, claim.Quick), paper(t)
		wait.Go(func() {
			ledger, err := run.Ledger(p)
			if err != nil {
				t.Error(err)
				return
			}
			r, p, err := repro.Recall(t.Context(), run, "run", config{Steps: int(seed), Rate: 2}, draw)
			if err != nil || p.Kept || r.Values[0] != float64(2*seed) {
				t.Errorf("seed %d: %v, %+v, %v", seed, r, p, err)
			}
			measure(ledger, r.Values[0])
			if err := ledger.Close(); (err == nil) != (seed <= 3) {
				t.Errorf("seed %d: %v", seed, err)
			}
			if facts, err := run.Facts(); err != nil || facts.Seed != seed {
				t.Errorf("seed %d: facts %+v, %v", seed, facts, err)
			}
		})
	}
	wait.Wait()
	if begun(t, root, 3, claim.Quick).Stream("x").Uint64() == begun(t, root, 4, claim.Quick).Stream("x").Uint64() {
		t.Error("two seeds draw the same stream")
	}
}

// A program without a checkout brings hash and versions along.
func TestRunWithoutCheckout(t *testing.T) {
	run := repro.Run{Paper: "test-paper", Scale: claim.Quick, Dir: t.TempDir(),
		Code: repro.Code{Source: "abc", Versions: repro.Versions([]byte("require gonum.org/v1/gonum v0.17.0\n")), Commit: "c0ffee"}}
	if _, err := run.Facts(); !errors.Is(err, repro.ErrNotBegun) {
		t.Errorf("a run that has not begun: %v", err)
	}
	if err := run.Begin(machine); err != nil {
		t.Fatal(err)
	}
	if facts, err := run.Facts(); err != nil || facts.Versions["gonum"] != "0.17.0" {
		t.Errorf("facts %+v, %v", facts, err)
	}
	for _, want := range []bool{false, true} {
		if _, p, err := repro.Recall(t.Context(), run, "run", config{}, draw); err != nil || p.Kept != want || p.Err != nil {
			t.Errorf("kept %v, want %v: %v, %v", p.Kept, want, err, p.Err)
		}
	}
	run.Code.Source = "other"
	if _, p, _ := repro.Recall(t.Context(), run, "run", config{}, draw); p.Kept {
		t.Error("other code shows the old result")
	}
	if h, err := run.Header(repro.Expect{}); err != nil || !strings.Contains(h, "c0ffee") {
		t.Errorf("header %q, %v", h, err)
	}
}

func TestPaperScale(t *testing.T) {
	root := checkout(t)
	quick, full := begun(t, root, 1, claim.Quick), begun(t, root, 1, claim.PaperSized)
	c := config{Steps: 3, Rate: 0.1}
	if _, _, err := repro.PaperScale(t.Context(), quick, "draws", c, draw); !errors.Is(err, repro.ErrNotPublished) || !strings.Contains(err.Error(), "scripts/run test-paper --scale paper --write") {
		t.Errorf("nothing kept: %v", err)
	}
	first, _, err := repro.PaperScale(t.Context(), full, "draws", c, draw)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(full.Dir, "results", "draws.json"))
	if err != nil {
		t.Fatal(err)
	}
	committed := filepath.Join(root, "notebooks", "test-paper", "results", "draws.json")
	write(t, committed, string(b))
	again, p, err := repro.PaperScale(t.Context(), quick, "draws", c, draw)
	if err != nil || again.Values[0] != first.Values[0] || !strings.Contains(p.String(), "a CPU of 2 cores") {
		t.Errorf("read back %v, %v, %v", again, p, err)
	}
	if _, _, err := repro.PaperScale(t.Context(), quick, "draws", config{Steps: 4}, draw); !errors.Is(err, repro.ErrStale) {
		t.Errorf("another configuration: %v", err)
	}
	other := checkout(t)
	write(t, filepath.Join(other, "pkg/repro_test", "a.go"), "package a // changed\n")
	write(t, filepath.Join(other, "notebooks", "test-paper", "results", "draws.json"), string(b))
	if v, _, err := repro.PaperScale(t.Context(), begun(t, other, 1, claim.Quick), "draws", c, draw); !errors.Is(err, repro.ErrStale) || v.Values != nil {
		t.Errorf("another source: %v, %v", v, err)
	}
	write(t, committed, "{")
	if _, _, err := repro.PaperScale(t.Context(), quick, "draws", c, draw); err == nil || errors.Is(err, repro.ErrStale) {
		t.Errorf("a damaged file: %v", err)
	}
}

func TestRecallStops(t *testing.T) {
	root := checkout(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(fmt.Errorf("enough"))
	_, _, err := repro.Recall(ctx, begun(t, root, 1, claim.Quick), "run", config{}, waits)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context: %v", err)
	}
}

func waits(ctx context.Context, _ config) (result, error) {
	<-ctx.Done()
	return result{}, ctx.Err()
}
