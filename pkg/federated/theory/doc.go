// Package theory has what can be said exactly of one model that serves many clients.
//
// Client i of M has a distribution D_i and weight p_i, the federation D = Σ_i p_i D_i. Three
// models of it, each with closed forms for everything that is asked:
//
//	Class      finitely many hypotheses on finitely many examples: risks, empirical
//	           minimisers, discrepancies, and the gap between a global and a local model
//	Mixture    clients that are mixtures of G groups, D_i = Σ_g α_ig P_g, with a linear
//	           model each: what one model must lose, what a selector may lose
//	Design     linear models w_g = u + v_g of groups with a shared part: the best linear
//	           unbiased predictor, and alternating minimisation over the two parts
//
// The statements are derived here; the paper that they accompany (Deng, Thrampoulidis, Li,
// Unlocking the Potential of Prompt-Tuning in Bridging Generalized and Personalized
// Federated Learning, CVPR 2024) says in its abstract that it bounds the gap by
// generalization and distribution discrepancy.
package theory
