package study

import (
	"math"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// Rounded is what rounding its parameters does to a model.
type Rounded struct {
	Sensitivity        float64
	Bits               []int
	All, Hidden, Bound []float64 // by bits
	Step               []float64 // the largest |rounded θ − θ|/|θ| over 2^-p, by bits
	Reached, Aligned   float64   // a logit moved by shares δ of the parameters, over δS: the worst signs, and one sign
}

// Roundings rounds to p bits, from p = log₂ S to 46, where the round-off of float64 itself,
// of 53 bits, is about a hundredth of the error.
func Roundings(task *capacity.Task, p *capacity.Params) Rounded {
	r := Rounded{Sensitivity: p.Sensitivity(task.Contexts)}
	delta := math.Ldexp(1, -14) / r.Sensitivity // the logit moves by 2^-14: its square and 2^-53 S are far below
	r.Reached = p.Worst(task.Contexts, delta) / (delta * r.Sensitivity)
	r.Aligned = moved(task, p, p.Map(func(x float64) float64 { return x + delta*x })) / (delta * r.Sensitivity)
	for b := int(math.Ceil(math.Log2(r.Sensitivity))); b <= 46; b++ {
		fine := p.Map(func(x float64) float64 { return capacity.RoundBits(x, b) })
		coarse := p.Map(func(x float64) float64 { return capacity.RoundBits(x, b) })
		for i := range p.W {
			coarse.W[i] = capacity.RoundBits(p.W[i], 16)
		}
		for i := range p.B {
			coarse.B[i] = capacity.RoundBits(p.B[i], 16)
		}
		r.Bits = append(r.Bits, b)
		r.Step = append(r.Step, math.Ldexp(largest(p.Flat(), fine.Flat()), b))
		r.All, r.Hidden = append(r.All, task.Error(fine.Logits)), append(r.Hidden, task.Error(coarse.Logits))
		r.Bound = append(r.Bound, r.Sensitivity*math.Ldexp(1, -b))
	}
	return r
}

// largest returns the largest |y − x|/|x|.
func largest(x, y []float64) (step float64) {
	for i := range x {
		if x[i] != 0 {
			step = max(step, math.Abs((y[i]-x[i])/x[i]))
		}
	}
	return step
}

// moved returns the largest difference of two models' logits.
func moved(task *capacity.Task, p, q *capacity.Params) (far float64) {
	for _, context := range task.Contexts {
		l := p.Logits(context)
		for z, v := range q.Logits(context) {
			far = max(far, math.Abs(v-l[z]))
		}
	}
	return far
}

// Pooled returns the least-squares slope of log₂ error in p for lines of one slope and a
// height for each model, and three standard errors of it: π/(√8 ln 2) over the root of the
// sum of (p − p̄)² bounds one.
func Pooled(models []Rounded, errors func(Rounded) []float64) (slope, tolerance float64) {
	spread := 0.0
	for _, r := range models {
		k := float64(len(r.Bits))
		own := (k*k*k - k) / 12 // Σ(p − p̄)²
		slope += own * rate.LogLinear(Numbers(r.Bits), errors(r)).Slope / math.Ln2
		spread += own
	}
	return slope / spread, 3 * math.Pi / (math.Sqrt(8) * math.Ln2) / math.Sqrt(spread)
}
