package delta

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// ErrNoBox says that coordinate descent over a box did not settle.
var ErrNoBox = errors.New("delta: coordinate descent over the box did not settle: is H positive definite?")

// InBox minimises ½ (θ−a)ᵀ H (θ−a) over ‖θ‖_∞ ≤ τ for a positive definite H, by
// coordinate descent to a step of 10⁻¹³ τ.
func InBox(H mat.Symmetric, a []float64, tau float64) ([]float64, error) {
	n := H.SymmetricDim()
	if len(a) != n {
		return nil, fmt.Errorf("delta: %d entries of a for an H of %d rows", len(a), n)
	}
	x := make([]float64, n)
	for range 1_000_000 {
		moved := 0.0
		for i := range n {
			g := 0.0
			for j := range n {
				g += H.At(i, j) * (x[j] - a[j])
			}
			to := min(tau, max(-tau, x[i]-g/H.At(i, i)))
			moved = max(moved, math.Abs(to-x[i]))
			x[i] = to
		}
		if moved <= 1e-13*tau {
			return x, nil
		}
	}
	return nil, ErrNoBox
}

// RMSGradient is the root of the mean of the squares of H (θ−a).
func RMSGradient(H mat.Symmetric, theta, a []float64) float64 {
	n, sum := H.SymmetricDim(), 0.0
	for i := range n {
		g := 0.0
		for j := range n {
			g += H.At(i, j) * (theta[j] - a[j])
		}
		sum += g * g
	}
	return math.Sqrt(sum / float64(n))
}

// Box is where AdamR-L2 with exact gradients and a step size that falls to zero ends on
// ½ (θ−a)ᵀ H (θ−a) from θ_P = 0: the minimiser over the box ‖θ‖_∞ ≤ τ with
//
//	λ τ = rms(H (θ−a))
//
// where v̂ = g², so that a coordinate with g_i ≠ 0 rests where |θ_i| = r/λ =: τ and one with
// g_i = 0 anywhere inside. It clips and does not shrink. τ is found by halving; where H is
// diagonal there is one.
func Box(H mat.Symmetric, a []float64, lambda float64) (theta []float64, tau float64, err error) {
	if !(lambda > 0) {
		return nil, 0, fmt.Errorf("delta: λ is %v, want a positive number", lambda)
	}
	low, high := 0.0, 0.0
	for _, v := range a {
		high = max(high, 2*math.Abs(v))
	}
	if high == 0 {
		return make([]float64, len(a)), 0, nil
	}
	for range 100 {
		tau = (low + high) / 2
		if theta, err = InBox(H, a, tau); err != nil {
			return nil, 0, err
		}
		if RMSGradient(H, theta, a) > lambda*tau {
			low = tau
		} else {
			high = tau
		}
	}
	return theta, tau, nil
}
