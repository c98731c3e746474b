package maxmargin

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// readSamples reads features, a column for every sample, and labels.
func readSamples(t *testing.T, path string) (h *mat.Dense, labels [][]int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	lines = lines[1:]
	d := len(lines[0]) - 1
	h = mat.NewDense(d, len(lines), nil)
	for j, line := range lines {
		for i, s := range line {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			if i == d {
				labels = append(labels, []int{int(v)})
			} else {
				h.Set(i, j, v)
			}
		}
	}
	return h, labels
}

// TestMeasuredUnits separates the samples of breast_cancer as they were measured, in units six
// orders apart, and standardized with a constant feature. ‖W‖² is bounded from both sides; the
// values are those of an active-set method and of another solver.
func TestMeasuredUnits(t *testing.T) {
	h, labels := readSamples(t, "testdata/breast_cancer.csv")
	d, m := h.Dims()
	standard := mat.NewDense(d+1, m, nil)
	for i := range d {
		mean, deviation := stat.PopMeanStdDev(h.RawRowView(i), nil)
		for j, v := range h.RawRowView(i) {
			standard.Set(i, j, (v-mean)/deviation)
		}
	}
	for j := range m {
		standard.Set(d, j, 1)
	}
	for _, c := range []struct {
		name   string
		h      *mat.Dense
		square float64 // ‖W‖²
	}{{"as measured", h, 305199180.5}, {"standardized", standard, 257851.0031}} {
		p, err := NewNextToken(c.h, 2, labels)
		if err != nil {
			t.Fatal(err)
		}
		sol, err := p.Solve(background, nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var logits mat.Dense
		logits.Mul(sol.W, c.h)
		least := math.Inf(1)
		for j, l := range labels {
			least = min(least, logits.At(l[0], j)-logits.At(1-l[0], j))
		}
		if !(least >= 1-1e-9) {
			t.Errorf("%s: least margin %v", c.name, least)
		}
		for side, v := range map[string]float64{"primal": 2 * sol.Primal, "dual": 2 * sol.Dual} {
			if !(math.Abs(v-c.square) <= 1e-9*c.square) {
				t.Errorf("%s: %s ‖W‖² %.10g, want %.10g", c.name, side, v, c.square)
			}
		}
		t.Logf("%s: %v, least margin %v", c.name, sol.Certificate, least)
	}
}
