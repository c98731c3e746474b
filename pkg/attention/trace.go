package attention

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Trace is what was measured along a run, one number a step count.
type Trace struct {
	K         []float64 // step counts
	Norm      []float64 // ‖W‖
	Dist      []float64 // ‖W̄ - W̄_mm‖; NaN at W = 0
	LogOdds   []float64 // mean of log((1 - φ_opt)/φ_opt)
	Worst     []float64 // the largest of them
	LeastPhi  []float64 // min φ_opt
	LogExcess []float64 // log(L - L*)
	LogGrad   []float64 // log ‖∇L‖
	Margin    []float64 // least attention margin
	Stopped   *Stopped  // of a Polyak run that could not go on
}

// OneMinusCorr returns 1 - corr = Dist²/2.
func (tr *Trace) OneMinusCorr() []float64 {
	out := make([]float64, len(tr.Dist))
	for i, d := range tr.Dist {
		out[i] = d * d / 2
	}
	return out
}

// At returns the values of a column at the given step counts. It panics where the
// trace was not taken.
func (tr *Trace) At(column []float64, counts ...int) []float64 {
	var out []float64
	for _, k := range counts {
		i := 0
		for i < len(tr.K) && tr.K[i] != float64(k) {
			i++
		}
		if i == len(tr.K) {
			panic(fmt.Errorf("attention: the trace has no step %d", k))
		}
		out = append(out, column[i])
	}
	return out
}

// add measures a point.
func (tr *Trace) add(k int, pt *Point, svm *SVM) {
	_, logNorm := pt.Direction()
	tr.K = append(tr.K, float64(k))
	tr.Norm = append(tr.Norm, mat.Norm(pt.W, 2))
	tr.Dist = append(tr.Dist, Dist(pt.W, svm.W))
	tr.LogOdds = append(tr.LogOdds, floats.Sum(pt.LogOdds)/float64(pt.N))
	tr.Worst = append(tr.Worst, floats.Max(pt.LogOdds))
	tr.LeastPhi = append(tr.LeastPhi, floats.Min(pt.OptPhi()))
	tr.LogExcess = append(tr.LogExcess, pt.LogExcess())
	tr.LogGrad = append(tr.LogGrad, logNorm)
	tr.Margin = append(tr.Margin, floats.Min(pt.Margins()))
}

// Traces makes the runs as [Observe] does and measures each against the max-margin
// solution of its problem, of which there is one a run.
func Traces(ctx context.Context, spec string, runs []Run, svms []*SVM) ([]*Trace, error) {
	if len(svms) != len(runs) {
		return nil, fmt.Errorf("%w: %d max-margin solutions for %d runs", ErrRun, len(svms), len(runs))
	}
	traces := make([]*Trace, len(runs))
	for i := range traces {
		traces[i] = &Trace{}
	}
	stopped, err := Observe(ctx, spec, runs, func(i, k int, W *mat.Dense) {
		traces[i].add(k, runs[i].Problem.At(W), svms[i])
	})
	for i, s := range stopped {
		traces[i].Stopped = s
	}
	return traces, err
}
