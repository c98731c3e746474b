// Package softlabel is sparse distributions of the next token: which tokens can follow a
// context, how often each does, and how far logits are from that.
//
// # Patterns
//
// A [Pattern] holds the support S_j ⊂ {0, ..., V-1} of each of m contexts. It decides all
// that is about separation: the support matrix, its centred form (the proxy), the
// projection on
//
//	F = span{ (e_z - e_z') e_jᵀ : z, z' ∈ S_j } ⊂ R^{V×m},
//
// margins, and which contexts share a support. Patterns are given ([NewPattern]), drawn
// ([RandomPattern], [Shared]) or of a kind with known answers ([Fano], [AllSubsets],
// [Blocks], [Nested], [OneHot]).
//
// # Labels
//
// [Labels] add a distribution p_j on each support and frequencies π_j > 0 of the contexts,
// counted ([Counted], [Pattern.Count], [Pool]) or drawn ([Data]). For logits L, V×m,
//
//	CE(L) = - Σ_j π_j Σ_{z∈S_j} p_{j,z} log σ_z(L_j),      σ the softmax,
//	Hent  = - Σ_j π_j Σ_{z∈S_j} p_{j,z} log p_{j,z},
//	CE(L) - Hent = Σ_j π_j KL(p_j ‖ σ(L_j)) ≥ 0.
//
// The excess CE - Hent splits into a part inside the supports and a part outside,
//
//	CE(L) - Hent = Σ_j π_j KL(p_j ‖ σ_{S_j}(L_j)) + Σ_j π_j log(1 + x_j(L)),
//	x_j(L) = Σ_{v∉S_j} exp(L_{v,j}) / Σ_{z∈S_j} exp(L_{z,j}),
//
// both sums of nonnegative terms, which is how [Labels.Excess] and [KL] compute it: the
// excess keeps its relative accuracy when it is 1e-20. Graph functions of the same losses
// are in package loss.
//
// Tokens and contexts are counted from 0, tokens are rows and contexts are columns,
// logarithms natural. What is malformed is an error that wraps [ErrLabels].
package softlabel
