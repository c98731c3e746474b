package repro_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/repro"
)

func TestPublish(t *testing.T) {
	dir := checkout(t)
	const key = "test-paper/norms"
	value := []float64{1.0 / 3, math.Pi, 5e-324}
	results := filepath.Join(dir, "build", "test-paper", "lab", "results")
	repro.Begin(paper(), machine, repro.Expect{})
	if err := repro.Publish(key, value, time.Second); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(results); err == nil {
		t.Error("a quick run published a result of the paper's scale")
	}
	if _, _, err := repro.Published[[]float64](key); !errors.Is(err, repro.ErrNotPublished) || !strings.Contains(err.Error(), "scripts/run test-paper --scale paper --write") {
		t.Errorf("nothing published: error %v", err)
	}
	t.Setenv("MARGINALIA_SCALE", "paper")
	repro.Begin(paper(), machine, repro.Expect{})
	if err := repro.Publish(key, value, 90*time.Second); err != nil {
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
	got, p, err := repro.Published[[]float64](key)
	if err != nil {
		t.Fatal(err)
	}
	for i := range value {
		if got[i] != value[i] {
			t.Errorf("value %d: read %v, published %v", i, got[i], value[i])
		}
	}
	for _, want := range []string{"a CPU of 2 cores", "seed 1", "in 90 s", "scripts/run test-paper --scale paper --write"} {
		if !strings.Contains(p.String(), want) {
			t.Errorf("provenance %q does not say %q", p, want)
		}
	}
	write(t, filepath.Join(committed, "norms.json"), "{")
	if _, _, err := repro.Published[[]float64](key); err == nil || errors.Is(err, repro.ErrNotPublished) {
		t.Errorf("a damaged file: error %v", err)
	}
	if _, _, err := repro.Published[int]("x"); err == nil {
		t.Error("a malformed key is accepted")
	}
	t.Setenv("MARGINALIA_SCALE", "paper")
	if err := repro.Publish(key, []float64{math.NaN()}, 0); err == nil {
		t.Error("NaN is published")
	}
	if err := repro.Publish(key, hidden{}, 0); err == nil || !strings.Contains(err.Error(), "field inner") {
		t.Errorf("a hidden field: error %v", err)
	}
}
