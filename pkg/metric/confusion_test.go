package metric

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

// rounding bounds what some hundred operations on numbers of order one lose.
const rounding = 1e-13

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= rounding) && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("%s is %.17g, want %.17g", what, got, want)
	}
}

// labels draws classes and guesses of which about a third are right by more than chance.
func labels(stream string, n, classes int) (actual, predicted []int) {
	rng := random.Stream(1, stream)
	for range n {
		i := rng.IntN(classes)
		j := rng.IntN(classes)
		if rng.IntN(3) == 0 {
			j = i
		}
		actual, predicted = append(actual, i), append(predicted, j)
	}
	return actual, predicted
}

func confusion(t *testing.T, actual, predicted []int, classes int) Confusion {
	t.Helper()
	c, err := NewConfusion(actual, predicted, classes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// From the definitions, example by example.
func TestByDefinition(t *testing.T) {
	const n, classes = 200, 4
	actual, predicted := labels("definition", n, classes)
	c := confusion(t, actual, predicted, classes)
	right, wrong, of := 0.0, make([]float64, classes), make([]float64, classes)
	for k, i := range actual {
		of[i]++
		if predicted[k] == i {
			right++
		} else {
			wrong[i]++
		}
	}
	near(t, "accuracy", c.Accuracy(), right/n)
	errors, counts := c.ClassErrors()
	balanced, weighted := 0.0, 0.0
	for i := range classes {
		near(t, fmt.Sprint("error of class ", i), errors[i], wrong[i]/of[i])
		balanced += errors[i] / classes
		weighted += errors[i] * float64(counts[i]) / n
	}
	near(t, "balanced error", c.BalancedError(), balanced)
	near(t, "the errors' mean by counts", weighted, 1-c.Accuracy())
	near(t, "micro F1 of all", c.MicroF1(), c.Accuracy())
	near(t, "micro F1 of one", c.MicroF1(2), c.F1(2))
	precision, recall := 0.0, float64(c[1][1])/of[1]
	for i := range classes {
		precision += float64(c[i][1])
	}
	precision = float64(c[1][1]) / precision
	near(t, "F1", c.F1(1), 2*precision*recall/(precision+recall))
}

// MCC is the Pearson correlation for two classes; for more, the covariance of indicators,
// summed over classes, by the roots of their variances. It does not change if actual and
// predicted, or two classes, change places.
func TestMCC(t *testing.T) {
	for _, classes := range []int{2, 3, 7} {
		actual, predicted := labels("mcc", 150, classes)
		c := confusion(t, actual, predicted, classes)
		var both, first, second float64
		for class := range classes {
			x, y := make([]float64, len(actual)), make([]float64, len(actual))
			meanX, meanY := 0.0, 0.0
			for k := range actual {
				if actual[k] == class {
					x[k] = 1
				}
				if predicted[k] == class {
					y[k] = 1
				}
				meanX, meanY = meanX+x[k]/150, meanY+y[k]/150
			}
			for k := range x {
				both += (x[k] - meanX) * (y[k] - meanY)
				first += (x[k] - meanX) * (x[k] - meanX)
				second += (y[k] - meanY) * (y[k] - meanY)
			}
			if classes == 2 && class == 1 {
				near(t, "MCC of two classes", c.MCC(), Pearson(x, y))
			}
		}
		near(t, fmt.Sprint("MCC of ", classes), c.MCC(), both/math.Sqrt(first*second))
		near(t, "MCC turned round", confusion(t, predicted, actual, classes).MCC(), c.MCC())
		for k := range actual {
			actual[k], predicted[k] = (actual[k]+1)%classes, (predicted[k]+1)%classes
		}
		near(t, "MCC of other names", confusion(t, actual, predicted, classes).MCC(), c.MCC())
	}
	actual, _ := labels("mcc", 50, 3)
	near(t, "MCC if all are right", confusion(t, actual, actual, 3).MCC(), 1)
	near(t, "MCC if all are wrong", Confusion{{0, 5}, {4, 0}}.MCC(), -1)
}

// Values of scikit-learn; see testdata/make.py.
func TestGoldenClasses(t *testing.T) {
	for _, g := range golden(t).Classes {
		c := confusion(t, g.Actual, g.Predicted, g.Classes)
		near(t, "accuracy", c.Accuracy(), g.Accuracy)
		near(t, "balanced error", c.BalancedError(), g.Balanced)
		near(t, "MCC", c.MCC(), g.MCC)
		near(t, "macro F1", c.MacroF1(), g.Macro)
		var some []int
		for i, want := range g.F1 {
			near(t, "F1", c.F1(i), want)
			if i > 0 {
				some = append(some, i)
			}
		}
		near(t, "micro F1 without class 0", c.MicroF1(some...), g.Micro)
	}
}

type goldens struct {
	Classes []struct {
		Classes           int
		Actual, Predicted []int
		Accuracy, MCC     float64
		F1                []float64
		Balanced          float64 `json:"balanced_error"`
		Macro             float64 `json:"macro_f1"`
		Micro             float64 `json:"micro_f1"`
	}
	Numbers []struct {
		X, Y              []float64
		Pearson, Spearman float64
	}
}

func golden(t *testing.T) (g goldens) {
	t.Helper()
	b, err := os.ReadFile("testdata/golden.json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil || len(g.Classes) == 0 || len(g.Numbers) == 0 {
		t.Fatalf("golden.json: %d and %d cases, %v", len(g.Classes), len(g.Numbers), err)
	}
	return g
}

// What is not defined is NaN, or for MCC zero.
func TestDegenerateClasses(t *testing.T) {
	nan := math.NaN()
	for _, d := range []struct {
		what                               string
		c                                  Confusion
		accuracy, balanced, mcc, f1, macro float64
	}{
		{"empty", Confusion{{0, 0}, {0, 0}}, nan, nan, nan, nan, nan},
		{"one class, right", Confusion{{3, 0}, {0, 0}}, 1, 0, 0, nan, 1},
		{"one class, wrong", Confusion{{0, 3}, {0, 0}}, 0, 1, 0, 0, 0},
		{"one prediction", Confusion{{0, 3}, {0, 1}}, 0.25, 0.5, 0, 0.4, 0.2},
		{"a third class that nothing is", Confusion{{1, 1, 0}, {0, 2, 0}, {0, 0, 0}}, 0.75, 0.25, 1 / math.Sqrt(3), 0.8, (2./3 + 0.8) / 2},
		{"a single class", Confusion{{4}}, 1, 0, 0, nan, 1},
	} {
		near(t, d.what+": accuracy", d.c.Accuracy(), d.accuracy)
		near(t, d.what+": balanced error", d.c.BalancedError(), d.balanced)
		near(t, d.what+": MCC", d.c.MCC(), d.mcc)
		if len(d.c) > 1 {
			near(t, d.what+": F1", d.c.F1(1), d.f1)
		}
		near(t, d.what+": macro F1", d.c.MacroF1(), d.macro)
	}
	errors, counts := Confusion{{3, 1}, {0, 0}}.ClassErrors()
	near(t, "error", errors[0], 0.25)
	near(t, "error of no examples", errors[1], nan)
	if !slices.Equal(counts, []int{4, 0}) {
		t.Errorf("counts %v", counts)
	}
}

func TestBadClasses(t *testing.T) {
	says := func(err error, words ...string) {
		t.Helper()
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("error %v, want one with %q", err, w)
			}
		}
	}
	_, err := NewConfusion([]int{0, 2}, []int{0, 1}, 2)
	says(err, "example 1", "class 2", "0 to 1")
	_, err = NewConfusion([]int{0, 1}, []int{-1, 1}, 2)
	says(err, "example 0", "-1")
	_, err = NewConfusion([]int{0}, []int{0, 1}, 2)
	says(err, "1 classes", "2 predictions")
	_, err = NewConfusion(nil, nil, 0)
	says(err, "0 classes")
	_, err = Predict([]float64{1, 2, 3}, 2)
	says(err, "3 logits")
	_, err = Predict([]float64{1, 2, math.NaN(), 1}, 2)
	says(err, "example 1", "NaN")
	got, err := Predict([]float64{1, 2, 1, 3, 3, 0, math.Inf(-1), math.Inf(-1), math.Inf(-1)}, 3)
	if err != nil || !slices.Equal(got, []int{1, 0, 0}) {
		t.Errorf("classes %v, %v", got, err)
	}
}

func ExampleConfusion() {
	actual := []int{0, 0, 0, 0, 0, 0, 1, 1, 2, 2}
	predicted := []int{0, 0, 0, 0, 0, 1, 1, 1, 2, 0}
	c, err := NewConfusion(actual, predicted, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	errors, counts := c.ClassErrors()
	fmt.Printf("accuracy %.2f, MCC %.3f, macro F1 %.3f, balanced error %.3f\n", c.Accuracy(), c.MCC(), c.MacroF1(), c.BalancedError())
	fmt.Printf("errors %.2f of %d\n", errors, counts)
	// Output:
	// accuracy 0.80, MCC 0.655, macro F1 0.767, balanced error 0.222
	// errors [0.17 0.00 0.50] of [6 2 2]
}
