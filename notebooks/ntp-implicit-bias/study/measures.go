package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/ntp"
)

// LogOver is the logarithm of the excess at W* + R·D over C·e^{−R}.
func LogOver(b *ntp.Bias, D *mat.Dense, R []float64, logC float64) (over []float64) {
	for _, r := range R { // the part on the supports is zero, and 10⁻³² by round-off
		over = append(over, math.Log(b.In.OffSupportExcess(matrix.Add(b.Wstar, r, D)))+r-logC)
	}
	return over
}

// Curvature is how far the excess at W* + R·W^mm falls below Σπ_j x_j(R), by log(1+x) < x,
// relative to it.
func Curvature(b *ntp.Bias, R float64) float64 {
	W := matrix.Add(b.Wstar, R, b.Wmm)
	return b.In.OffSupportExcess(W)/b.In.RayConstant(W) - 1
}

// Lemma5Along is the logarithm of left over right side of Lemma 5 with D in the place of W^mm.
func Lemma5Along(b *ntp.Bias, W mat.Matrix, D *mat.Dense, alpha float64) float64 {
	WF := b.F.Project(W)
	ideal := matrix.Add(WF, (1+alpha)*matrix.Norm(matrix.Add(W, -1, WF)), matrix.Unit(D))
	return math.Log(b.In.Excess(ideal) / b.In.Excess(W))
}

// Lemma5Since says from which recorded step on Lemma 5 holds for good.
func Lemma5Since(b *ntp.Bias, run *ntp.Trace, alpha float64) string {
	if k, ok := run.HoldsFrom(func(W mat.Matrix) bool { return b.Lemma5Gap(W, alpha) <= 0 }); ok {
		return fmt.Sprintf("k = %d", k)
	}
	return "beyond the run"
}

// Bounded is a run beside the bound (M5).
type Bounded struct {
	K, Excess, Bound []float64
	Over             []float64 // the excess over the bound
	Near             []float64 // over its first term alone
}

// BoundedBy evaluates (M5) along a run of gradient descent with step eta.
func BoundedBy(b *ntp.Bias, run *ntp.Trace, eta float64) Bounded {
	C, W0, x := b.In.RayConstant(b.Wstar), run.W[0], Bounded{}
	later := run.From(1)
	x.K, x.Excess = later.Steps(), later.Column(b.In.Excess)
	for i, k := range x.K {
		d := matrix.Norm(matrix.Add(matrix.Add(b.Wstar, math.Log(k), b.Wmm), -1, W0))
		x.Bound = append(x.Bound, C/k+d*d/(2*eta*k))
		x.Over, x.Near = append(x.Over, x.Excess[i]/x.Bound[i]), append(x.Near, x.Excess[i]/(C/k))
	}
	return x
}

// Growth is what ‖W_k‖ gains for a factor e in k, over the last decade.
func Growth(run *ntp.Trace) float64 {
	end := run.K[len(run.K)-1]
	return (matrix.Norm(run.Last()) - matrix.Norm(run.At(end/10))) / math.Ln10
}

// LossConstant is ηk(CE − H)/‖W^mm‖², whose limit is one by D2.
func LossConstant(b *ntp.Bias, W mat.Matrix, clock float64) float64 {
	return clock * b.In.Excess(W) / matrix.Inner(b.Wmm, b.Wmm)
}

// Converged are the points of a ridge path at which the solver met its tolerance, and the
// number of the others, which are shown but are no evidence of stationarity.
func Converged(path []ntp.RidgePoint) (good []ntp.RidgePoint, stalled int) {
	for _, p := range path {
		if p.Converged {
			good = append(good, p)
		}
	}
	return good, len(path) - len(good)
}

// NotParallel is 1 - cosine of −∇CE(Ŵ) and Ŵ at each point of a ridge path.
func NotParallel(in *ntp.Instance, path []ntp.RidgePoint) []float64 {
	return Over(path, func(p ntp.RidgePoint) float64 { return 1 + matrix.Corr(in.Gradient(p.W), p.W) })
}

// Cosines are those of Ŵ - W* with a target, at each point of a ridge path.
func Cosines(b *ntp.Bias, path []ntp.RidgePoint, target *mat.Dense) []float64 {
	return Over(path, func(p ntp.RidgePoint) float64 { return matrix.Corr(matrix.Add(p.W, -1, b.Wstar), target) })
}

// Finites are ‖P_F Ŵ - target‖/‖target‖ at each point of a ridge path.
func Finites(b *ntp.Bias, path []ntp.RidgePoint, target *mat.Dense) []float64 {
	return Over(path, func(p ntp.RidgePoint) float64 { return Relative(b.F.Project(p.W), target) })
}

// Genies is the logarithm of the excess of the genie point (M4) of a multiple of the norm of
// each point, over that of the point.
func Genies(b *ntp.Bias, path []ntp.RidgePoint, times float64) (over []float64) {
	for _, p := range path {
		if p.Norm < matrix.Norm(b.Wstar) { // it has no genie point
			continue
		}
		if g, err := b.Genie(times * p.Norm); err == nil {
			over = append(over, math.Log(b.In.Excess(g)/p.Excess))
		}
	}
	return over
}

// GenieNorms is the norm of the genie point of each point of a path over the norm of that, less
// one; or of the wrong point whose length along W^mm is the difference of the norms.
func GenieNorms(b *ntp.Bias, path []ntp.RidgePoint, difference bool) (over []float64) {
	for _, p := range path {
		g, err := b.Genie(p.Norm)
		if err != nil { // shorter than W*
			continue
		}
		if difference {
			g = matrix.Add(b.Wstar, (p.Norm-matrix.Norm(b.Wstar))/matrix.Norm(b.Wmm), b.Wmm)
		}
		over = append(over, matrix.Norm(g)/p.Norm-1)
	}
	return over
}
