package maxmargin

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// readSamples reads features, a column for every sample, and labels.
func readSamples(t *testing.T, path string) (h *mat.Dense, labels [][]int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var plain io.Reader = f
	packed := strings.HasSuffix(path, ".gz")
	if packed {
		if plain, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	r := csv.NewReader(plain)
	r.FieldsPerRecord = -1
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !packed {
		lines = lines[1:] // the head
	}
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
// orders apart, without and with a constant feature, and standardized, and those of wine. ‖W‖² is bounded from both sides; the
// values are those of an active-set method and of another solver.
func TestMeasuredUnits(t *testing.T) {
	h, labels := readSamples(t, "testdata/breast_cancer.csv")
	d, m := h.Dims()
	standard := mat.NewDense(d, m, nil)
	for i := range d {
		mean, deviation := stat.PopMeanStdDev(h.RawRowView(i), nil)
		for j, v := range h.RawRowView(i) {
			standard.Set(i, j, (v-mean)/deviation)
		}
	}
	wine, classes := readSamples(t, "testdata/wine_data.csv")
	for _, c := range []struct {
		name   string
		h      *mat.Dense
		labels [][]int
		tokens int
		square float64 // ‖W‖²
	}{
		{"as measured", h, labels, 2, 305199180.5}, {"with a constant", withConstant(h), labels, 2, 292135028},
		{"standardized", withConstant(standard), labels, 2, 257851.0031}, {"wine", wine, classes, 3, 100.26528362},
	} {
		p, err := NewNextToken(c.h, c.tokens, c.labels)
		if err != nil {
			t.Fatal(err)
		}
		sol, err := p.Solve(background, nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		at := p.marginsOf(sol.W.RawMatrix().Data)
		least := at.at[at.least]
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

// withConstant returns the features and one that is 1.
func withConstant(h *mat.Dense) *mat.Dense {
	d, m := h.Dims()
	out := mat.NewDense(d+1, m, nil)
	out.Slice(0, d, 0, m).(*mat.Dense).Copy(h)
	for j := range m {
		out.Set(d, j, 1)
	}
	return out
}

// TestIrisIsNotSeparable: without a constant the three kinds of iris are not, which the multipliers prove.
func TestIrisIsNotSeparable(t *testing.T) {
	h, labels := readSamples(t, "testdata/iris.csv")
	p, err := NewNextToken(h, 3, labels)
	if err != nil {
		t.Fatal(err)
	}
	sol, err := p.QP().Solve(background, nil)
	if !errors.Is(err, convex.ErrInfeasible) {
		t.Fatalf("%v, %v", sol, err)
	}
	checkFarkas(t, p.QP(), sol.Mu, sol.Lambda)
	// Beside what cancels it is rounding: the centimetres of a flower are below ten.
	if !(sol.Residual <= 1e-14*10) || sol.Iterations > 15 {
		t.Errorf("combination of %v after %d systems", sol.Residual, sol.Iterations)
	}
}

// TestWineInUnits: features in units 2^-60 to 2^60 times as large give the same W in those units, to the last bit.
func TestWineInUnits(t *testing.T) {
	h, classes := readSamples(t, "testdata/wine_data.csv")
	var first []float64
	for _, e := range []int{0, -60, -30, -1, 1, 30, 60} {
		var scaled mat.Dense
		scaled.Scale(math.Ldexp(1, e), h)
		p, err := NewNextToken(&scaled, 3, classes)
		if err != nil {
			t.Fatal(err)
		}
		sol, err := p.Solve(background, nil)
		if err != nil {
			t.Fatalf("2^%d: %v", e, err)
		}
		w := sol.W.RawMatrix().Data
		floats.Scale(math.Ldexp(1, e), w)
		if first == nil {
			first = w
		}
		if !slices.Equal(w, first) {
			t.Errorf("2^%d: off by %g", e, floats.Distance(w, first, math.Inf(1)))
		}
	}
}

// TestDigits separates the ten kinds of digits, 16,173 inequalities of 640 unknowns. W is bounded from above by
// itself, scaled to margins of one, and from below by the dual at U, both from the samples alone.
func TestDigits(t *testing.T) {
	h, labels := readSamples(t, "testdata/digits.csv.gz")
	p, err := NewNextToken(h, 10, labels)
	if err != nil {
		t.Fatal(err)
	}
	sol, err := p.Solve(background, nil)
	if err != nil {
		t.Fatal(err)
	}
	var logits, forces mat.Dense
	logits.Mul(sol.W, h)
	forces.Mul(sol.U, h.T())
	least, multipliers := math.Inf(1), 0.0
	for j, label := range labels {
		column := mat.Col(nil, j, sol.U)
		if sum := floats.Sum(column); !(math.Abs(sum) <= 1e-12*column[label[0]]) {
			t.Errorf("multipliers of sample %d sum to %v", j, sum)
		}
		for v, u := range column {
			if v == label[0] {
				multipliers += u
				continue
			}
			least = min(least, logits.At(label[0], j)-logits.At(v, j))
			if u > 0 {
				t.Errorf("sample %d has the multiplier %v for digit %d", j, -u, v)
			}
		}
	}
	if !(least >= 1-1e-9) {
		t.Errorf("least margin %v", least)
	}
	upper := math.Pow(mat.Norm(sol.W, 2)/least, 2) / 2
	lower := multipliers - math.Pow(mat.Norm(&forces, 2), 2)/2
	if !(upper-lower <= 1e-8*upper) {
		t.Errorf("1/2 ‖W‖² between %.12g and %.12g", lower, upper)
	}
	t.Logf("%v; least margin 1 %+.1g, gap %.1g", sol.Certificate, least-1, (upper-lower)/upper)
}
