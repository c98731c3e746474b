package embedding

import (
	"fmt"
	"math"
)

// CommonDistance returns where gradient flow of |k_1 − k_2| ends that moves the two texts and not
// their neutral form: both distances become d* between d_1 and d_2 with
//
//	F(d*) = (F(d_1) + F(d_2))/2,   F(d) = ∫ e^{t²/(2ρ²)} dt/t = ½ Ei(d²/(2ρ²)) + const,
//
// since d_1' = s(d_1) and d_2' = −s(d_2) for d_1 < d_2 with the slope s = 1/(ρ² F'). F is concave in d
// below ρ and convex above: d* is at most the mean of d_1 and d_2 where both are at most ρ, at
// least the mean where both are at least ρ, their geometric mean for ρ → ∞ and the larger one
// for ρ → 0. A distance of zero does not move, and the other falls to it.
//
// Distances beyond 36ρ, where the kernel is nearly gone in float64, are an error.
func CommonDistance(d1, d2, rho float64) (float64, error) {
	if !(d1 >= 0) || !(d2 >= 0) || !(rho > 0) {
		return 0, fmt.Errorf("embedding: distances %v and %v with the radius %v, want none negative and a positive radius", d1, d2, rho)
	}
	low, high := min(d1, d2)/rho, max(d1, d2)/rho
	if high > 36 {
		return 0, fmt.Errorf("embedding: a distance is %v times the radius, want at most 36: take a larger radius", high)
	}
	if low == 0 {
		return 0, nil
	}
	target := (expIntegral(low*low/2) + expIntegral(high*high/2)) / 2
	for range 200 {
		mid := (low + high) / 2
		if mid == low || mid == high {
			break
		}
		if expIntegral(mid*mid/2) < target {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2 * rho, nil
}

// expIntegral is Ei(x) − γ = log x + Σ_k x^k/(k·k!) for x > 0, whose terms are all positive
// (Abramowitz and Stegun, 5.1.10).
func expIntegral(x float64) float64 {
	sum, power := math.Log(x), 1.0
	for k := 1.0; k < 3000; k++ {
		power *= x / k
		term := power / k
		sum += term
		if k > x && term <= 1e-17*math.Abs(sum) {
			break
		}
	}
	return sum
}
