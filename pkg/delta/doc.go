// Package delta prunes what fine-tuning has added to a network, and knows how far
// its outputs move.
//
// The delta of a network is Δ = θ_F − θ_P, fine-tuned minus pre-trained parameters.
// At the pruning rate p, 0 < p < 1, each of its entries is dropped with probability
// p, and what is left is divided by q > 0:
//
//	Δ' = δ ∘ Δ / q,   δ ~ Bernoulli(1−p) independently
//
// DARE (Yu et al., Language Models are Super Mario, 2024) has q = 1−p; DAREx-q (Deng
// et al., DARE the Extreme, ICLR 2025) has a larger one. For one output neuron with
// the influences c_j = ΔW_ij x_j of its n inputs, the output changes by
//
//	h = Σ_j c_j (1 − δ_j/q)
//
// All that its distribution is asked for here follows from an [Influence],
//
//	S = Σ c_j,   Q = Σ c_j²,   κ = S²/Q ≤ n
//
// its coherence κ among them: 1 for random signs, n for equal influences. A layer has
// many neurons and inputs; its [Layer] has ΣS² and ΣQ over all of them.
//
//	moments        Influence.Bias, Var, MSE: exact, for every q
//	bounds         Phi, KearnsSaul, Bound, Tail; Printed and Hoeffding beside them
//	enumeration    Enumerate, Exact, Equal: the distribution itself, for small n and for equal influences
//	rescaling      Influence.Best, Layer.Best, ByBound, ByChernoff, ByRows, Search
//	masks          Bernoulli, FixedCount, Inputs: by name of the tensor and seed
//	pruning        Drop, DropBy, Structured, Magnitude, Wanda, on named parameters; Merge; LoRA
//	AdamR          Box: where it ends on a quadratic
//
// A linear map is W [out, in] in row order, a row for each neuron, as in the paper and in
// model.BERT.
package delta
