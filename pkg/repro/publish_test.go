package repro_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

func norms(config) ([]float64, error)     { return []float64{1.0 / 3, math.Pi, 5e-324}, nil }
func notFinite(config) ([]float64, error) { return []float64{math.NaN()}, nil }

// A result of the paper's scale is the same to the last bit when it is read again, says where
// it comes from, and is written at that scale only.
func TestPaperScaleOfTheEnvironment(t *testing.T) {
	dir := checkout(t)
	results := filepath.Join(dir, "build", "test-paper", "lab", "results")
	if _, _, err := repro.PaperScalePlain(begin(t, machine), "norms", config{}, norms); err == nil {
		t.Error("a quick run computes a result of the paper's scale")
	}
	if _, err := os.Stat(results); err == nil {
		t.Error("a quick run wrote a result of the paper's scale")
	}
	t.Setenv("MARGINALIA_SCALE", claim.PaperSized)
	want, _, err := repro.PaperScalePlain(begin(t, machine), "norms", config{}, norms)
	if err != nil {
		t.Fatal(err)
	}
	committed := filepath.Join(dir, "notebooks", "test-paper", "results")
	if err := os.MkdirAll(filepath.Dir(committed), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(results, committed); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MARGINALIA_SCALE", "")
	got, p, err := repro.PaperScalePlain(fromEnv(t), "norms", config{}, norms)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("value %d: read %v, computed %v", i, got[i], want[i])
		}
	}
	for _, word := range []string{"a CPU of 2 cores", "seed 1", " s. To compute", "scripts/run test-paper --scale paper --write"} {
		if !strings.Contains(p.String(), word) {
			t.Errorf("provenance %q does not say %q", p, word)
		}
	}
}

func TestPaperScaleRefuses(t *testing.T) {
	checkout(t)
	t.Setenv("MARGINALIA_SCALE", claim.PaperSized)
	run := begin(t, machine)
	_, _, err := repro.PaperScalePlain(run, "Norms", config{}, norms)
	refused(t, err, "want the paper's key, a slash and a name")
	_, _, err = repro.PaperScalePlain(run, "norms", config{}, notFinite)
	refused(t, err, "publishing test-paper/norms", "NaN")
	_, _, err = repro.PaperScalePlain(run, "norms", config{}, computeHidden)
	refused(t, err, "field inner")
	if left, _ := filepath.Glob(filepath.Join(run.Dir, "results", "*")); len(left) > 0 {
		t.Errorf("a refused result left %v", left)
	}
}
