package peer

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRecord(t *testing.T) {
	t.Setenv("MARGINALIA_BENCH", "")
	if err := Record(Result{}); err != nil {
		t.Errorf("without a file: %v", err)
	}
	path := filepath.Join(t.TempDir(), "results")
	t.Setenv("MARGINALIA_BENCH", path)
	r := Result{Bench: "loop", What: "a", Against: "JAX", Ours: "2 s"}.Ratios([]float64{1, 2, 4}, []float64{3, 2, 8})
	if r.Ratio != 2 || r.Low != 1 || r.High != 3 {
		t.Errorf("ratios %v [%v, %v], want 2 [1, 3]", r.Ratio, r.Low, r.High)
	}
	for range 2 {
		if err := Record(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := Record(Result{Ratio: math.NaN()}); err == nil {
		t.Error("a ratio that is no number was recorded")
	}
	b, err := os.ReadFile(path)
	if want := `{"bench":"loop","what":"a","against":"JAX","ratio":2,"low":1,"high":3,"ours":"2 s","device":`; err != nil || strings.Count(string(b), want) != 2 || strings.Count(string(b), " cores\",\"rounds\":{\"ours\":[1,2,4],\"theirs\":[3,2,8]}}\n") != 2 {
		t.Errorf("written: %s, %v", b, err)
	}
}
