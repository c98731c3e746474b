package imbalance

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// Objective is a functional of the K classes' errors, or of their losses in training:
//
//	Kind        value
//	balanced    1/K Σ e_k
//	weighted    Σ w_k e_k, the weights scaled to the sum 1
//	deviation   (1/K Σ (e_k − mean)²)^½
//	quantile    the ⌈aK⌉-th largest
//	cvar        the mean of the ⌈aK⌉ largest
//	aggregate   λ mean + (1−λ) deviation
type Objective struct {
	Kind   string
	A      float64   // share a of the classes, of quantile and cvar
	Weight []float64 // of weighted
	Lambda float64   // of aggregate
}

var objectives = []string{"balanced", "weighted", "deviation", "quantile", "cvar", "aggregate"}

// Check returns an error unless the objective can be asked of K classes.
func (o Objective) Check(classes int) error {
	if classes < 1 {
		return malformed("an objective of no class")
	}
	switch o.Kind {
	case "balanced", "deviation":
	case "weighted":
		if len(o.Weight) != classes || floats.Min(o.Weight) < 0 || !(floats.Sum(o.Weight) > 0) || math.IsInf(floats.Sum(o.Weight), 1) {
			return malformed("the weights %v of an objective for %d classes: as many are expected, finite, none negative and not all zero", o.Weight, classes)
		}
	case "quantile", "cvar":
		if !(o.A > 0 && o.A <= 1) {
			return malformed("the share a = %g of the classes in %s: 0 < a ≤ 1 is expected", o.A, o.Kind)
		}
	case "aggregate":
		if !(o.Lambda >= 0 && o.Lambda <= 1) {
			return malformed("λ = %g of an aggregate: 0 ≤ λ ≤ 1 is expected", o.Lambda)
		}
	default:
		return malformed("unknown objective %q: known are %s", o.Kind, strings.Join(objectives, ", "))
	}
	return nil
}

// String returns the name of the objective.
func (o Objective) String() string {
	if o.Kind == "quantile" || o.Kind == "cvar" {
		return fmt.Sprintf("%s %g", o.Kind, o.A)
	}
	return o.Kind
}

// Worst returns ⌈aK⌉, exact where the product aK is a whole number that floats miss by a unit in the last place, as
// 0.07·100 = 7.000000000000001 is.
func Worst(a float64, classes int) int {
	const slack = 1e-9
	return min(max(int(math.Ceil(a*float64(classes)-slack)), 1), classes)
}

// Value returns the objective of the classes' errors.
func (o Objective) Value(e []float64) float64 {
	switch o.Kind {
	case "balanced":
		return stat.Mean(e, nil)
	case "weighted":
		return stat.Mean(e, o.Weight)
	case "deviation":
		return deviation(e)
	case "quantile":
		return e[order(e)[Worst(o.A, len(e))-1]]
	case "cvar":
		var sum float64
		m := Worst(o.A, len(e))
		for _, k := range order(e)[:m] {
			sum += e[k]
		}
		return sum / float64(m)
	case "aggregate":
		return o.Lambda*stat.Mean(e, nil) + (1-o.Lambda)*deviation(e)
	}
	panic(o.Check(len(e)))
}

// Gradient returns the derivatives in the errors, a subgradient where there are ties.
func (o Objective) Gradient(e []float64) []float64 {
	n := float64(len(e))
	g := make([]float64, len(e))
	switch o.Kind {
	case "balanced":
		floats.AddConst(1/n, g)
	case "weighted":
		floats.AddScaled(g, 1/floats.Sum(o.Weight), o.Weight)
	case "deviation":
		addDeviation(g, e, 1)
	case "quantile":
		g[order(e)[Worst(o.A, len(e))-1]] = 1
	case "cvar":
		m := Worst(o.A, len(e))
		for _, k := range order(e)[:m] {
			g[k] = 1 / float64(m)
		}
	case "aggregate":
		floats.AddConst(o.Lambda/n, g)
		addDeviation(g, e, 1-o.Lambda)
	default:
		panic(o.Check(len(e)))
	}
	return g
}

func deviation(e []float64) float64 { return stat.PopStdDev(e, nil) }

func addDeviation(g, e []float64, c float64) {
	mean, sd := stat.Mean(e, nil), deviation(e)
	if sd == 0 {
		return // a minimum: zero is a subgradient
	}
	for k, v := range e {
		g[k] += c * (v - mean) / (float64(len(e)) * sd)
	}
}

// order returns the classes by falling error, ties by number.
func order(e []float64) []int {
	k := make([]int, len(e))
	for i := range k {
		k[i] = i
	}
	sort.SliceStable(k, func(a, b int) bool { return e[k[a]] > e[k[b]] })
	return k
}

// Errors returns the share of each class's examples whose first largest score is another class's. Scores are n rows of K,
// one after the other. A class without examples is an error that wraps [ErrEmptyClass].
func Errors(scores []float64, y []int, classes int) ([]float64, error) {
	if err := checkLabels(scores, y, classes); err != nil {
		return nil, err
	}
	wrong, n := make([]float64, classes), make([]float64, classes)
	for i, c := range y {
		n[c]++
		if floats.MaxIdx(scores[i*classes:(i+1)*classes]) != c {
			wrong[c]++
		}
	}
	for k := range wrong {
		wrong[k] /= n[k]
	}
	return wrong, nil
}

func checkLabels(scores []float64, y []int, classes int) error {
	if len(scores) != len(y)*classes || classes < 2 {
		return malformed("%d scores for %d examples of %d classes", len(scores), len(y), classes)
	}
	n := make([]int, classes)
	for i, c := range y {
		if c < 0 || c >= classes {
			return malformed("example %d is of class %d, of %d classes", i, c, classes)
		}
		n[c]++
	}
	if k := slices.Index(n, 0); k >= 0 {
		return emptyClass(k, 0)
	}
	return nil
}

func emptyClass(k, n int) error {
	return fmt.Errorf("%w: class %d has %d; leave the class out, or sample at least one example of it", ErrEmptyClass, k, n)
}
