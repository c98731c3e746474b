package attention

import "math"

// Finite holds the constants of the finite-time bound of normalized descent from
// W_0 = 0 with steps of length η that (G0) covers (derived here):
//
//	1 - ⟨W̄_t, W̄_mm⟩ ≤ (B_x ω/t) [1 + (C_0 ω/η + 1/2) B_x ω (1 + log t)],   t ≥ 1,
//	C_0 = log(N(T-1) T² max_i Γ_i e_i^max/min_i Γ_i e_i^min).
//
// As φ_{i,opt} ≥ 1/T throughout, e_i lies between its values at φ_{i,opt} = 1 and 1/T,
// and the factors of the key lemma within a ratio of T² of each other.
type Finite struct {
	Diameter, Norm float64 // B_x, ω = ‖W_mm‖
	C0             float64
	Eta            float64
}

// Finite returns the constants.
func (k *Kernel) Finite(diameter, omega, eta float64) Finite {
	f := Finite{Diameter: diameter, Norm: omega, Eta: eta}
	most, least := 0.0, math.Inf(1)
	for i := range k.N {
		away := 1 - 1/float64(k.T)
		most = math.Max(most, k.Gap[i]*sigmoid(k.Gap[i]*away-k.Best[i]))
		least = math.Min(least, k.Gap[i]*sigmoid(-k.Best[i]))
	}
	t := float64(k.T)
	f.C0 = math.Log(float64(k.Rows()) * t * t * most / least)
	return f
}

// Bound returns the bound on 1 - corr at step t ≥ 1.
func (f Finite) Bound(t float64) float64 {
	b := f.Diameter * f.Norm
	return b / t * (1 + (f.C0*f.Norm/f.Eta+0.5)*b*(1+math.Log(t)))
}
