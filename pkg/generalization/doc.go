// Package generalization is about what gradient descent on a neural network learns, how fast and from
// how many examples (Taheri, Thrampoulidis and Mazumdar, "Sharper Guarantees for Learning Neural
// Network Classifiers with Gradient Methods", ICLR 2025).
//
// # The network
//
// A [Net] has L hidden layers of width m in the scaling of the neural tangent kernel,
//
//	Φ(w, x) = m^{-1/2} aᵀ σ( m^{-1/2} W_L σ( ... m^{-1/2} W_2 σ(W_1 x) ) ),   a ∈ {-1, +1}^m fixed,
//
// with a smooth activation σ, |σ'| ≤ l and |σ”| ≤ s. The weights w = (W_1, ..., W_L) are one vector, W_1
// (m by d) first, then the others (m by m), each row by row. An [Objective] is the logistic loss of a
// [Sample], F̂(w) = Σ_i c_i f(y_i Φ(w, x_i)) with f(u) = log(1 + e^{-u}) and c_i = 1/n.
//
// Two numbers carry the theory: G, the largest ‖∇Φ‖ of a region, and κ, the largest ‖∇²Φ‖. For one hidden layer
// and ‖x‖ ≤ R they are at most lR and sR²/√m ([Net.GradientBound], [Net.CurvatureBound]).
//
// # Runs
//
// [Runs] trains many networks side by side on a device, one leading axis, each with its own start, sample and weights of
// examples: the n + 1 networks of leave-one-out are one such run. Small exact things (Hessians, margins, kernels,
// the enumeration of all 2^d points) are float64 on the host.
//
// # The quadratic network and XOR
//
// A [Quadratic] is the network Φ(W, x) = 1/m Σ_j a_j (w_j·x)² on x ∈ {-1, +1}^d with y = x_1 x_2; a step of gradient
// descent on it is linear in each neuron, which is why it can be followed exactly.
package generalization
