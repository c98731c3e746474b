package attention

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Stability says how long the steps of normalized descent towards W_mm may be
// (derived here).
//
// Where margins stay together, normalized steps of length η lower the log-odds by
// η/ω, ω = ‖W_mm‖: the weights p of the constraints in the gradient rest at
// p* = α/ω². That point is stable if and only if
//
//	η < η* = 2/(ω λ),   λ = λ_max of K(diag p* - p* p*ᵀ),
//
// λ being the largest variance of ⟨V, M⟩ under p* over matrices M of norm 1; beyond it
// steps overshoot for ever, and the slope is -(η/ω) times the mean cosine between a
// step and W_mm. The Polyak step with factor c has length c ω at the end, so that it is
// stable if and only if c < η*/ω.
type Stability struct {
	Longest float64 // η*, +Inf if all V of active constraints are equal
	// Sufficient is 8/(ω max ‖V - V'‖²) over active constraints, at most η*: a
	// variance is at most a quarter of the squared range.
	Sufficient float64
}

// Stability evaluates the border for the max-margin solution of all sequences.
func (k *Kernel) Stability(all *Subset) (Stability, error) {
	if len(all.Of) != k.N {
		return Stability{}, malformed("a max-margin solution of %d of %d sequences, want that of all", len(all.Of), k.N)
	}
	var rows []int
	largest := 0.0
	for _, a := range all.Alpha {
		largest = math.Max(largest, a)
	}
	for r, a := range all.Alpha {
		if a > activeTol*largest {
			rows = append(rows, r)
		}
	}
	n := len(rows)
	p, mean := make([]float64, n), make([]float64, n) // p*, and K p*, for which ⟨V_r, Σ p V⟩
	total, wide := 0.0, 0.0
	for a, r := range rows {
		p[a] = all.Alpha[r]
		total += p[a]
		for _, s := range rows {
			wide = math.Max(wide, k.K.At(r, r)+k.K.At(s, s)-2*k.K.At(r, s))
		}
	}
	square := 0.0 // ‖Σ p V‖²
	for a := range p {
		p[a] /= total
	}
	for a, r := range rows {
		for b, s := range rows {
			mean[a] += k.K.At(r, s) * p[b]
		}
		square += p[a] * mean[a]
	}
	C := mat.NewSymDense(n, nil) // √p_a ⟨V_a - V̄, V_b - V̄⟩ √p_b
	for a, r := range rows {
		for b := a; b < n; b++ {
			C.SetSym(a, b, math.Sqrt(p[a]*p[b])*(k.K.At(r, rows[b])-mean[a]-mean[b]+square))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(C, false) {
		return Stability{}, errors.New("attention: the variance of the active constraints has no eigenvalues: are the tokens finite and not huge?")
	}
	lambda := eigen.Values(nil)[n-1]
	if lambda <= rankTol*square {
		return Stability{Longest: math.Inf(1), Sufficient: 8 / (all.Norm * wide)}, nil
	}
	return Stability{Longest: 2 / (all.Norm * lambda), Sufficient: 8 / (all.Norm * wide)}, nil
}
