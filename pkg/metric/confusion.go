package metric

import (
	"fmt"
	"math"
)

// Confusion counts examples: c[i][j] of class i were taken for class j. It is square.
type Confusion [][]int

// NewConfusion counts the examples of the classes 0 to classes-1 by what they are and what
// they were taken for. The error names the first example of another class, or lists of
// different lengths.
func NewConfusion(actual, predicted []int, classes int) (Confusion, error) {
	if classes < 1 {
		return nil, fmt.Errorf("metric: %d classes, want at least 1", classes)
	}
	if len(actual) != len(predicted) {
		return nil, fmt.Errorf("metric: %d classes of examples and %d predictions", len(actual), len(predicted))
	}
	c := make(Confusion, classes)
	for i := range c {
		c[i] = make([]int, classes)
	}
	for k, i := range actual {
		j := predicted[k]
		if i < 0 || i >= classes || j < 0 || j >= classes {
			return nil, fmt.Errorf("metric: example %d is of class %d and taken for %d, want 0 to %d", k, i, j, classes-1)
		}
		c[i][j]++
	}
	return c, nil
}

// Predict returns the class of each row of logits, the first of the largest. The error names
// a row with a NaN, or tells that logits are not rows of that many classes.
func Predict(logits []float64, classes int) ([]int, error) {
	if classes < 1 || len(logits)%classes != 0 {
		return nil, fmt.Errorf("metric: %d logits of %d classes, want whole rows", len(logits), classes)
	}
	all := make([]int, len(logits)/classes)
	for i := range all {
		row := logits[i*classes : (i+1)*classes]
		for j, x := range row {
			if math.IsNaN(x) {
				return nil, fmt.Errorf("metric: the logits of example %d are %v: NaN has no class", i, row)
			}
			if x > row[all[i]] {
				all[i] = j
			}
		}
	}
	return all, nil
}

// of returns C_ii, n_i and m_i.
func (c Confusion) of(i int) (right, actual, predicted float64) {
	for j := range c {
		actual += float64(c[i][j])
		predicted += float64(c[j][i])
	}
	return float64(c[i][i]), actual, predicted
}

// Accuracy returns the share of examples that were taken for what they are.
func (c Confusion) Accuracy() float64 {
	sum, n := 0.0, 0.0
	for i := range c {
		right, actual, _ := c.of(i)
		sum, n = sum+right, n+actual
	}
	return sum / n
}

// ClassErrors returns, for each class, the share of its examples that were taken for another,
// NaN if it has none, and their number.
func (c Confusion) ClassErrors() (errors []float64, counts []int) {
	for i := range c {
		right, actual, _ := c.of(i)
		errors, counts = append(errors, (actual-right)/actual), append(counts, int(actual))
	}
	return errors, counts
}

// BalancedError returns the mean of the errors of the classes that have examples: one minus
// the balanced accuracy of Brodersen et al., The Balanced Accuracy and Its Posterior
// Distribution, 2010.
func (c Confusion) BalancedError() float64 {
	errors, _ := c.ClassErrors()
	return meanOfDefined(errors)
}

// MCC returns Matthews' correlation coefficient for any number of classes (Gorodkin, Comparing
// Two K-Category Assignments by a K-Category Correlation Coefficient, 2004): the correlation
// of the indicators of what examples are and of what they were taken for, 1 if all are right.
// For two classes it is the [Pearson] correlation of the two lists, and
//
//	(TP·TN - FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN))
//
// It is zero, by the convention of most libraries, where one class has all examples or all
// predictions: the formula is 0/0 there, and zero is its value for guesses that do not depend
// on the example.
func (c Confusion) MCC() float64 {
	var n, right, both, actuals, predictions float64 // Σ_i n_i m_i, Σ_i n_i², Σ_i m_i²
	for i := range c {
		r, a, p := c.of(i)
		n, right = n+a, right+r
		both, actuals, predictions = both+a*p, actuals+a*a, predictions+p*p
	}
	if n == 0 {
		return math.NaN()
	}
	spread := math.Sqrt(n*n-predictions) * math.Sqrt(n*n-actuals)
	if spread == 0 {
		return 0
	}
	return (n*right - both) / spread
}

// F1 returns the harmonic mean of precision C_ii/m_i and recall C_ii/n_i of a class (van
// Rijsbergen, Information Retrieval, 1979), NaN if no example is of it or taken for it. With
// two classes, F1(1) is what is called the F1 of a binary problem.
func (c Confusion) F1(class int) float64 {
	right, actual, predicted := c.of(class)
	return 2 * right / (actual + predicted)
}

// MacroF1 returns the mean of the F1 of all classes where it is defined.
func (c Confusion) MacroF1() float64 {
	all := make([]float64, len(c))
	for i := range c {
		all[i] = c.F1(i)
	}
	return meanOfDefined(all)
}

// MicroF1 returns the F1 of the counts of several classes together, as where one class is
// "none of these"; of all classes, with no argument, it is the accuracy.
//
//	2 Σ_i C_ii / Σ_i (n_i + m_i)
func (c Confusion) MicroF1(classes ...int) float64 {
	if len(classes) == 0 {
		for i := range c {
			classes = append(classes, i)
		}
	}
	right, all := 0.0, 0.0
	for _, i := range classes {
		r, a, p := c.of(i)
		right, all = right+r, all+a+p
	}
	return 2 * right / all
}

// meanOfDefined is the mean of what is not NaN.
func meanOfDefined(all []float64) float64 {
	sum, n := 0.0, 0.0
	for _, x := range all {
		if !math.IsNaN(x) {
			sum, n = sum+x, n+1
		}
	}
	return sum / n
}
