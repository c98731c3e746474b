// Package train trains networks on data sets.
//
// A [Task] is what a run is about: named parameters, the loss on a batch, and the
// looks that are taken at it. A [Set] is a table of examples in columns. A
// [Config] is all that can be said about a run in JSON: optimizer, batch, steps,
// when to look, the order of the examples. [Fit] makes a run of them:
//
//	net := model.MLP{Widths: []int{2, 32, 2}, Activation: "relu"}
//	apply := func(params, columns []*Node) *Node { return net.Apply(params, columns[0]) }
//	task := train.Task{
//		Name: "mlp", Layout: net.Params(), Classes: map[int]int{1: 2},
//		Loss: func(params, batch []*Node) *Node { return loss.CrossEntropy(apply(params, batch), batch[1]) },
//		Looks: []train.Look{{Names: []string{"accuracy"}, Set: "test", At: func(params, set []*Node) []*Node {
//			return []*Node{loss.Accuracy(apply(params, set), set[1])}
//		}}},
//	}
//	run, err := train.Fit(ctx, backend, task, map[string]train.Set{"train": {x, y}, "test": {u, v}},
//		model.Draw(net.Params(), seed, "start"), train.Config{
//			Optimizer: optim.Spec{Method: "adam", Rate: 1e-3}, Batch: 64, Steps: 2000, At: xla.LogSteps(2000, 5), Seed: seed})
//	accuracies := run.Seen["accuracy"]
//
// [FitAll] makes many runs at once: a core each, and equal programs, which differ
// in rates, seeds and data alone, are compiled once a worker. On a GPU equal programs
// of tasks that have a Together are one, on a leading axis of runs:
//
//	task.Together = func(params, batch []*Node) *Node { // [R, ...] and [R, B, ...]: a loss for each of R runs
//		logits := net.Together(params, batch[0]) // [R, B, C]
//		...
//	}
//
// # On the device
//
// All steps between two looks are one device call. The sets lie on the device, and
// so does a table of the examples of each step, from which a step gathers its
// batch: the order of the examples is drawn on the host, from the run's seed and
// stream, as every random number is. Parameters are float32 unless the task says
// otherwise.
//
// # Interruption
//
// A run with a [Checkpoint] writes its state to a file from time to time and when
// its context ends, and goes on from there the next time, in this or in another
// process, to the bits of a run that was not interrupted; one without does so where its
// context has a folder for it, as that of notebook.KeepContext (progress.Folder). The file is a whole one,
// hashed, in the safetensors format; one that is torn, or of another task, graph, layout,
// looks, configuration, order, data or backend, is an error that names it. [Job.KeptIn]
// names a file by all of these.
//
// # Mistakes
//
// Sets whose columns disagree, a batch larger than the set, unknown methods, masks
// that name no parameter, labels beyond their classes, columns of integers of which
// nothing is said, misspelt names in JSON and the like are errors before anything is compiled. A loss that is not finite, or a
// parameter at the end, ends a run with a [NotFinite] that says where.
package train
