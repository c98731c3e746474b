package delta

import (
	"fmt"
	"math"
)

// Influence has what the distribution of one neuron's output change depends on in
// its moments and bounds.
type Influence struct {
	N    int     // n, the number of inputs
	S    float64 // Σ c_j
	Q    float64 // Σ c_j²
	Var  float64 // σ² = (1/n) Σ (c_j − c̄)², computed from differences
	Most float64 // max |c_j|
}

// Of returns the statistics of influences c_1, ..., c_n.
func Of(c []float64) Influence {
	f := Influence{N: len(c)}
	for _, v := range c {
		f.S += v
		f.Q += v * v
		f.Most = max(f.Most, math.Abs(v))
	}
	for _, v := range c {
		d := v - f.Mean()
		f.Var += d * d / float64(len(c))
	}
	return f
}

// Mean is c̄ = S/n.
func (f Influence) Mean() float64 { return f.S / float64(f.N) }

// Energy is n (c̄² + σ²), which is Q up to round-off (Deng et al. 2025, App. E).
func (f Influence) Energy() float64 { return float64(f.N) * (f.Mean()*f.Mean() + f.Var) }

// Coherence is κ = S²/Q, between 0 and n; NaN if all influences are zero.
func (f Influence) Coherence() float64 { return f.S * f.S / f.Q }

// Bias is E h = (1 − (1−p)/q) S.
func (f Influence) Bias(p, q float64) float64 { return (1 - (1-p)/q) * f.S }

// Spread is Var h = p (1−p) Q / q².
func (f Influence) Spread(p, q float64) float64 { return p * (1 - p) * f.Q / (q * q) }

// MSE is E h² = Bias² + Spread.
func (f Influence) MSE(p, q float64) float64 {
	b := f.Bias(p, q)
	return b*b + f.Spread(p, q)
}

// Best returns the q > 0 of least E h²,
//
//	q* = (1−p) + p/κ = (1−p) + p Q/S²
//
// at which E h²/S² is 1 − (1−p)/q*. It exceeds 1 iff κ < 1, and is +Inf for S = 0.
func (f Influence) Best(p float64) float64 { return (1 - p) + p*f.Q/(f.S*f.S) }

// Layer sums the influences of all neurons of a linear map on all inputs.
type Layer struct {
	S2 float64 // Σ S² = ‖X ΔW‖²
	Q  float64 // Σ Q = Σ_jk ΔW_jk² ‖X_j‖²
}

// OfLayer returns the sums for inputs X [rows, in] and ΔW [in, out], both in row order.
func OfLayer(X, dW []float64, in, out int) (Layer, error) {
	if in < 1 || out < 1 || len(dW) != in*out || len(X) == 0 || len(X)%in != 0 {
		return Layer{}, fmt.Errorf("delta: %d inputs and %d weights for a map from %d to %d dimensions, want rows of %d and %d weights",
			len(X), len(dW), in, out, in, in*out)
	}
	var l Layer
	squares, y := make([]float64, in), make([]float64, out)
	for row := 0; row < len(X); row += in {
		clear(y)
		for j, x := range X[row : row+in] {
			squares[j] += x * x
			if x == 0 {
				continue
			}
			for k, w := range dW[j*out : (j+1)*out] {
				y[k] += x * w
			}
		}
		for _, s := range y {
			l.S2 += s * s
		}
	}
	for j, s := range squares {
		for _, w := range dW[j*out : (j+1)*out] {
			l.Q += w * w * s
		}
	}
	return l, nil
}

// Coherence is κ = ΣS²/ΣQ, between 0 and in.
func (l Layer) Coherence() float64 { return l.S2 / l.Q }

// Best is the q > 0 of least Σ E h² of the layer, (1−p) + p/κ.
func (l Layer) Best(p float64) float64 { return (1 - p) + p*l.Q/l.S2 }

// Relative is Σ E h² over ΣS², the square of the relative error of the layer's
// output: (1 − (1−p)/q)² + p (1−p)/(κ q²). With τ² = p/((1−p)κ) it is τ² for DARE and
// τ²/(1+τ²) at q*.
func (l Layer) Relative(p, q float64) float64 {
	b := 1 - (1-p)/q
	return b*b + p*(1-p)*l.Q/(q*q*l.S2)
}
