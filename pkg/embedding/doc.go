// Package embedding has encoders of text lie equally far from the neutral form of a text in
// which only a sensitive attribute differs: triples of texts, losses and fine-tuning, what is
// removed from vectors without training, and measures of bias and of use.
//
// A content C has a text for each group, x^1, ..., x^K, and a neutral one, x^n. Of an embedding f
//
//	d_i = ‖f(x^i) − f(x^n)‖,  k_i = exp(−d_i²/(2ρ²)),
//
// and content-conditional debiasing (Deng et al. 2024, CCD) makes
//
//	L = Σ_{i≠j} |k_i − k_j| + β ‖f(x^n) − f₀(x^n)‖
//
// small, f₀ being the embedding before:
//
//	triples, err := embedding.Gender.Triples(documents)
//	sets, err := embedding.Parts(triples, corpus)
//	e := embedding.Words(encoder)
//	examples, err := e.Examples(backend, sets)
//	tuned, err := e.DebiasAll(ctx, spec, examples, []embedding.Debiasing{
//		{Loss: embedding.Loss{Method: embedding.CCD, Beta: 0.1}, Steps: 150, Rate: 3e-4, Seed: seed}})
//	reader, err := e.TripleReader(backend, sets[encoder.Test])
//	before, err := reader.Read(e.Params)
//	after, err := reader.Read(tuned[0].Params)
//
// The loss alone says nothing about bias: it is zero, too, where all k_i vanish. Measure
// has what is to be reported beside it.
package embedding
