// Package imbalance has what classes of unequal frequency, noise and difficulty ask of training: the margins, weights
// and logit adjustments that each class should be given, in theory and by optimization (X. Zhang, M. Li, J. Chen,
// C. Thrampoulidis, S. Oymak, "Class-attribute Priors", AAAI 2024).
//
// Theory, for two Gaussian classes: [Sample.SVM] is the class-weighted hard-margin SVM with an intercept and
// margin δ for the class +, [SVM.With] its closed form in δ, [Mixture.BestDelta] the δ of least balanced error, and
// [Mixture.Limit] what norm, alignment and intercept become in high dimensions.
//
// Practice, for K classes: a [Strategy] holds weight, additive and multiplicative adjustment of each class's logit, with
// the special cases of the literature; a [Dictionary] maps attributes of the classes to features, by which [Map]
// turns a few coefficients into a strategy; an [Objective] is what is minimized over the errors of the classes.
// [Posthoc] fits the coefficients to fixed logits, [Search] to a network that is trained with them, by
// implicit differentiation.
//
// Classes are numbered from 0; in the binary theory they are called + and −, labels +1 and −1.
package imbalance

import (
	"errors"
	"fmt"
)

// Errors of this package; test for them with errors.Is.
var (
	// ErrInput reports data or settings that make no sense: lengths, values, names.
	ErrInput = errors.New("imbalance: malformed input")
	// ErrEmptyClass reports a class without examples.
	ErrEmptyClass = errors.New("imbalance: a class without examples")
	// ErrSeparable reports data that no hyperplane separates, or a limit in which none does.
	ErrSeparable = errors.New("imbalance: not separable")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInput, fmt.Sprintf(format, args...))
}
