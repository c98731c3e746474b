package geometry

import (
	"math"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// ProxyBound returns an upper bound of ‖S̃‖_*/‖L^mm‖_* that needs S̃ alone,
//
//	1 ≤ ‖S̃‖_*/‖L^mm‖_* ≤ ‖S̃‖_* ‖S̃‖₂/‖S̃‖² = Σ_i σ_i σ_1/Σ_i σ_i²,
//
// with equality on the right where all positive singular values of S̃ are one number
// (derived here). A = S̃/‖S̃‖₂ is a dual point of the program of L^mm: its columns sum to
// zero, it is -k_j/(V ‖S̃‖₂) < 0 off the supports, and ‖A‖₂ = 1. Its value
// -Σ_{v∉S_j} A[v,j] = Σ_j k_j (V-k_j)/(V ‖S̃‖₂) = ‖S̃‖²/‖S̃‖₂ is at most ‖L^mm‖_*.
func ProxyBound(p *softlabel.Pattern) float64 {
	proxy := p.Proxy()
	return matrix.Nuclear(proxy) * matrix.Spectral(proxy) / math.Pow(matrix.Norm(proxy), 2)
}
