package delta

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
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
	Q  float64 // Σ Q = Σ_ij ΔW_ij² ‖X_j‖²
}

// OfLayer returns the sums for inputs X [rows, in] and ΔW [out, in], both in row order.
func OfLayer(X, dW []float64, out, in int) (Layer, error) {
	if in < 1 || out < 1 || len(dW) != in*out || len(X) == 0 || len(X)%in != 0 {
		return Layer{}, fmt.Errorf("delta: %d inputs and %d weights for a map from %d to %d dimensions, want rows of %d and %d weights",
			len(X), len(dW), in, out, in, in*out)
	}
	var l Layer
	for row := 0; row < len(X); row += in {
		for k := 0; k < len(dW); k += in {
			s := 0.0
			for j, x := range X[row : row+in] {
				c := x * dW[k+j]
				s += c
				l.Q += c * c
			}
			l.S2 += s * s
		}
	}
	return l, nil
}

// OfGram is [OfLayer] for inputs of which only Gram = Σ x xᵀ [in, in] was kept:
//
//	ΣS² = tr(ΔW Gram ΔWᵀ),   ΣQ = Σ_ij ΔW_ij² Gram_jj
func OfGram(gram, dW []float64, out, in int) (Layer, error) {
	if in < 1 || out < 1 || len(dW) != in*out || len(gram) != in*in {
		return Layer{}, fmt.Errorf("delta: a Gram matrix of %d entries and %d weights for a map from %d to %d dimensions, want %d and %d",
			len(gram), len(dW), in, out, in*in, in*out)
	}
	W, G := mat.NewDense(out, in, dW), mat.NewDense(in, in, gram)
	var WG mat.Dense
	WG.Mul(W, G)
	var l Layer
	for i := range out {
		for j, w := range W.RawRowView(i) {
			l.S2 += WG.At(i, j) * w
			l.Q += w * w * G.At(j, j)
		}
	}
	return l, nil
}

// Rows returns the influences of each neuron of ΔW [out, in] at one input x [in], as a mean
// over texts.
func Rows(dW, x []float64) ([]Influence, error) {
	in := len(x)
	if in == 0 || len(dW) == 0 || len(dW)%in != 0 {
		return nil, fmt.Errorf("delta: %d weights and an input of %d numbers, want rows of as many", len(dW), in)
	}
	rows, c := make([]Influence, len(dW)/in), make([]float64, in)
	for i := range rows {
		for j, w := range dW[i*in : (i+1)*in] {
			c[j] = w * x[j]
		}
		rows[i] = Of(c)
	}
	return rows, nil
}

// WithBias appends the bias b [out] of a map W [out, in] to its rows: [out, in+1], for inputs
// that end in 1.
func WithBias(W, b []float64) ([]float64, error) {
	if len(b) == 0 || len(W)%len(b) != 0 {
		return nil, fmt.Errorf("delta: %d weights and %d biases, want rows for each", len(W), len(b))
	}
	in := len(W) / len(b)
	all := make([]float64, 0, len(W)+len(b))
	for i, v := range b {
		all = append(append(all, W[i*in:(i+1)*in]...), v)
	}
	return all, nil
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
