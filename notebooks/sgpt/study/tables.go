package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// MeanError is the mean of some numbers and its standard error, 0 for one number.
func MeanError(x []float64) (mean, err float64) {
	if len(x) < 2 {
		return stat.Mean(x, nil), 0
	}
	mean, sd := stat.MeanStdDev(x, nil)
	return mean, sd / math.Sqrt(float64(len(x)))
}

// InErrors is the mean of some numbers in its standard errors.
func InErrors(x []float64) float64 {
	mean, err := MeanError(x)
	return mean / err
}

// Difference is x - y, federation by federation, of as many as both have.
func Difference(x, y []float64) (d []float64) {
	for i := range min(len(x), len(y)) {
		d = append(d, x[i]-y[i])
	}
	return d
}

// AccuracyTable has a row for each method, in percent.
func (f Federations) AccuracyTable() string {
	percent := func(x []float64) string {
		mean, err := MeanError(x)
		if len(x) < 2 {
			return fmt.Sprintf("%.1f", 100*mean)
		}
		return fmt.Sprintf("%.1f ± %.1f", 100*mean, 100*err)
	}
	unseen := len(f.Runs) > 0 && len(f.Runs[0].Unseen) > 0
	head := []string{"method", "global", "worst client"}
	if unseen {
		head = append(head, "unseen clients", "of no client's domain")
	}
	var rows [][]string
	for _, name := range f.Methods() {
		runs := f.Of(name)
		row := []string{name, percent(f.Accuracy(name, "global")), percent(f.Accuracy(name, "worst"))}
		if unseen {
			row = append(row, percent(f.Accuracy(name, "unseen")), percent(f.Accuracy(name, "other")))
		}
		t := runs[0].Outcome.Traffic
		rows = append(rows, append(row, fmt.Sprint(t.Numbers), fmt.Sprintf("%.1f", float64(t.Up)/1000), fmt.Sprint(len(runs))))
	}
	return figure.MarkdownTable(append(head, "trained numbers", "kB up a client and round", "federations"), rows)
}
