// Package repro makes a run repeatable: it knows the run's scale, seed and folder,
// draws named streams of random numbers, writes the run's header, opens its ledger and
// keeps long results between cells.
//
// A Run is a value: as many of them as one likes stand side by side in one process. In a
// kernel, where cells are processes, FromEnv makes the one that all of them share:
//
//	MARGINALIA_SCALE   quick (the default) or paper
//	MARGINALIA_SEED    master seed, 1 by default
//	MARGINALIA_BACKEND what xla.Open opens, by default the best there is
//	MARGINALIA_RUN     folder of the run, by default build/<paper>/lab in the checkout
//	MARGINALIA_ROOT    the checkout, by default found upwards from the working folder
//
// and Begin leaves the file run.json in the run's folder for the cells after it. Cells
// themselves reach all this through package notebook.
//
// # Randomness
//
// A stream is a PCG generator with the state (seed, FNV-1a(name)). It depends on nothing
// but these two, so that drawing more numbers in one place changes none elsewhere.
//
// # Kept results
//
// Recall computes a result once and reads it from the run's folder afterwards. The file
// is found by a hash of everything that the result may depend on: the function's name,
// the configuration, scale, seed, backend, device, plugin and XLA_FLAGS, Go version and
// architecture, the content of files that a reader gives, go.mod and the files of the
// function's package and of all that it imports from this module (but for tests, and for
// the rooms that show and judge: no number depends on them). The file
// carries a hash of itself: one that is torn or was edited is computed again. Changed code therefore never shows an old number. To keep this true Recall
// refuses functions whose source or inputs it cannot see: those of a notebook cell, and
// closures.
//
// PaperScale does the same for a result of the paper's scale, which is committed beside
// the notebook: at quick scale it is read, and refused when what it was computed by has
// changed, or what lies there is not what was written.
//
// Part keeps a part of such a result as soon as it is there, for work that takes hours.
package repro
