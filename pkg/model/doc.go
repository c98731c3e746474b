// Package model has small networks as graph functions.
//
// A network is a configuration, a plain struct. Its Params method lists names,
// shapes and initial distributions of its parameters, a [Layout]; [Draw] draws them on
// the host, so that every backend starts from the same numbers; Apply builds the graph
// from nodes in the order of the layout:
//
//	net := model.NewDecoder(contexts, words, 2, 64)
//	w0, err := model.Draw(net.Params(), seed, "weights").Tensors(dtypes.Float32)
//	obj := optim.Autodiff(func(params, args []*Node) *Node {
//		_, logits := net.Apply(params, args[0])
//		return loss.SoftCrossEntropy(logits, args[1], args[2])
//	})
//
// All of them run in float32 and in float64, as their parameters are, inside the
// loops of package xla and on both backends. Rows are examples: a linear map is
// x ↦ x W + b with W [in, out].
//
//	Decoder    language model of n layers, without positions (Zhao et al. 2024)
//	Equation4  one attention layer and one hidden layer (Madden et al. 2025, (4))
//	Openings   the same as it was trained there: biases, sinusoidal positions
//	MLP        fully connected
//	ViT        vision transformer (Dosovitskiy et al. 2021), into which prompts can be inserted
//	BERT       bidirectional encoder with a masked head, in Hugging Face's names (Devlin et al. 2019)
//
// Their layers are public: [Linear], [Affine] with the weights of PyTorch, [LayerNorm], [RMSNorm], [Attention] with [Causal] and
// [Ends] for masks, [Embed], [Activation], [Sinusoids]; [LinearParams] and [NormParams] list
// their parameters and [Named] gives nodes their names.
//
// [Params] are the parameters of a network with their values on the host, by name and with
// arithmetic: drawn from a seed and the name of a stream ([Draw]), averaged, subtracted,
// selected, and turned into tensors for a loop and back:
//
//	base := model.Draw(net.Params(), seed, "weights")
//	state, err := base.Tensors(dtypes.Float32)
//	tuned, err := model.FromTensors(net.Params(), state)
//	delta := tuned.Sub(base)
//
// Wrong sizes of a configuration and nodes of wrong shape panic, as everything in
// a graph function does; package xla returns that as an error.
package model
