// Package metric has the measures by which classifiers and scores are judged, in float64 on
// the host, with what they are where a textbook's formula divides by zero.
//
// A classifier is judged by its [Confusion], the counts C_ij of examples of class i that were
// taken for class j, of which n_i = Σ_j C_ij are of class i, m_j = Σ_i C_ij are taken for j
// and n are all:
//
//	accuracy           Σ_i C_ii / n
//	error of class i   1 - C_ii / n_i
//	balanced error     its mean over the classes that occur
//	F1 of class i      2 C_ii / (n_i + m_i)
//	MCC                (n Σ_i C_ii - Σ_i n_i m_i) / √((n² - Σ_i m_i²)(n² - Σ_i n_i²))
//
// Two lists of numbers are compared by [Pearson], their correlation, and [Spearman], that of
// their ranks.
//
//	c, err := metric.NewConfusion(labels, predicted, 10)
//	errors, counts := c.ClassErrors()
//	fmt.Println(c.Accuracy(), c.MCC(), c.MacroF1(), errors, counts)
//
// What is not defined is NaN, so that it shows: any measure of no examples, the error of a
// class without examples, a correlation with something constant or with a NaN. The one
// exception is [Confusion.MCC], which is zero where a single class occurs or is predicted.
package metric
