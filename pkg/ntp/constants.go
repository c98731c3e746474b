package ntp

import (
	"math"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Constants are the numbers of a run of gradient descent at the ends of its decades, all
// JSON: at k = 10^e they are
//
//	Loss      = η k (CE(W_k) - Hent),           which goes to ‖W^mm‖²,
//	Increment = ‖W_k - W_{k/10}‖ / log 10,      which goes to ‖W^mm‖,
//	Norm      = ‖W_k‖.
type Constants struct {
	K                     []int
	Loss, Increment, Norm []float64
	Wmm, Residual         float64 // ‖W^mm‖ and the residual of its certificate
}

// MeasureConstants trains the experiment and solves its NTP-SVM.
func MeasureConstants(e Experiment) (*Constants, error) {
	in, err := e.Data.Instance()
	if err != nil {
		return nil, err
	}
	svm, err := in.Wmm()
	if err != nil {
		return nil, err
	}
	run, err := Train(e)
	if err != nil {
		return nil, err
	}
	c := &Constants{Wmm: svm.Norm, Residual: svm.Residual}
	for k := 10; k <= e.Training.Steps; k *= 10 {
		W, before := run.At(k), run.At(k/10)
		c.K = append(c.K, k)
		c.Loss = append(c.Loss, e.Training.Rate*float64(k)*in.Excess(W))
		c.Increment = append(c.Increment, matrix.Norm(matrix.Add(W, -1, before))/math.Ln10)
		c.Norm = append(c.Norm, matrix.Norm(W))
	}
	return c, nil
}
