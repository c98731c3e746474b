package attention

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// StepInequality holds both sides of
//
//	s_i(W⁺) - s_i(W) ≥ η [ν'_i c_i - max_t Σ_{j≠i} κ'_{(i,t),j} c_j],   W⁺ = W - η ∇L(W),
//
// for a step of length l = η ‖∇L‖, with ν' = ν_i - l D_i o_ii/8 and
// κ' = κ_{(i,t),j} + l D_i o_ij/8 (derived here).
//
// It holds because s_i⁺ - s_i = -log Σ_t π_{i,t} e^{-x_t}, x the increments of the
// margins, is at least E_π[x] - (max x - min x)²/8 by Hoeffding's lemma, and
// max x - min x is at most both l D_i and η Σ_j c_j o_ij.
type StepInequality struct {
	Left, Right []float64 // of each sequence
	// Bare is the right side without the corrections in l, which holds for the flow.
	Bare []float64
	// Least is the right side with k_i = min K_ii for ν_i and without the corrections,
	// which holds for steps of every length.
	Least []float64
}

// Step evaluates the inequality for one step of the given length from margins a, and
// returns the margins after it.
func (c *Coupling) Step(a []float64, length float64) (StepInequality, []float64) {
	p := c.At(a)
	w, M := p.weights()
	n := c.Rows()
	dir := make([]float64, n) // e^{-M} K (c π)
	for r := range n {
		for s := range n {
			dir[r] += c.K.At(r, s) * w[s]
		}
	}
	norm := math.Sqrt(floats.Dot(w, dir))
	after := make([]float64, n)
	floats.AddScaledTo(after, a, length/norm, dir)
	q := StepInequality{Left: floats.SubTo(make([]float64, c.N), c.At(after).S, p.S)}
	impulse := make([]float64, c.N) // η c_j = l c_j/‖∇L‖
	for j := range impulse {
		impulse[j] = length / norm * math.Exp(p.LogC[j]-M)
	}
	for i := range c.N {
		q.Right = append(q.Right, c.gain(i, length, impulse))
		q.Bare = append(q.Bare, c.gain(i, 0, impulse))
		q.Least = append(q.Least, q.Bare[i]+(c.Least[i]-c.Own[i])*impulse[i])
	}
	return q, after
}

// gain is ν'_i U_i - max_t Σ κ' U_j for impulses U.
func (c *Coupling) gain(i int, length float64, impulse []float64) float64 {
	t := c.terms(i, length, 0, false)
	loss := 0.0
	for row := range c.T - 1 {
		loss = math.Max(loss, floats.Dot(t.cross.RawRowView(row), impulse))
	}
	return t.own*impulse[i] - loss
}
