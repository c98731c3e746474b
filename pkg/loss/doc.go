// Package loss has losses that several subjects share, as graph functions. The host
// functions of the same losses are in package softlabel.
//
// The soft-label cross-entropy is that of next-token prediction in its
// compressed form: m distinct contexts j with weights π_j, a distribution p_j
// over V tokens, most of whose entries may be exactly zero, and logits l_j:
//
//	CE = −Σ_j π_j Σ_z p_{j,z} log σ_z(l_j),  σ(l) = softmax of l
//
// Its infimum over the logits is the entropy H = −Σ_j π_j Σ_z p_{j,z} log p_{j,z},
// and what is left, CE − H = Σ_j π_j KL(p_j ‖ σ(l_j)), is the excess. [Excess]
// computes it as a sum of terms that are not negative, so that an excess of
// 1e-12 beside an entropy of 1 is not what a subtraction leaves of it.
//
// A batch of examples of one class each has [CrossEntropy], [Accuracy] and [ClassErrors];
// measures on the host are in package metric.
package loss
