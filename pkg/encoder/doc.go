// Package encoder has BERT encoders with what they need to read text: a small one that is
// pre-trained here on the Brown corpus as a masked language model, and MiniLM with its
// published weights; four tasks on Brown's sentences; fine-tuning, and judges that score many
// sets of parameters on one set of examples.
//
//	corpus, err := encoder.Brown(ctx)
//	e, run, err := encoder.Pretrain(ctx, backend, corpus, encoder.Pretraining{Steps: 2500, Seed: seed})
//	task, err := corpus.Task("genre", seed)
//	tuned, err := e.Tune(ctx, backend, task, encoder.Adam(600, 1e-3, seed), train.Checkpoint{})
//	judge, err := e.Judge(backend, task, encoder.Test)
//	score, err := judge.Score(tuned.Params)
//	delta := tuned.Delta() // θ_F − θ_P of all but the head
//
// The vocabulary, the split and the pre-training see whole documents: a sentence of a document
// for validation or test is nowhere else.
package encoder
